// SPDX-License-Identifier: Apache-2.0
#include "unit/access/trusted.h"

static void expect_refused(struct trusted *t, const char *words)
{
    struct fault why = {0};
    EXPECT_EQ(access_verify(t->access, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, words) != NULL);
    EXPECT_EQ(trusted_reopen(t, NULL), ERR_CORRUPT);
}

TEST(catalog_seal_opens_again_after_any_of_our_own_changes)
{
    struct trusted t;
    trusted_make(&t);
    struct catalog *c = t.access->catalog;
    struct slice cy = slice_text("cy");
    struct slice role = slice_text("eu");
    const struct access_note note = {.action = slice_text("x")};
    const struct catalog_key key = {
        .key = {.id = "k1", .name = "k", .owner = "cy", .roles = 1u << ROLE_ANALYST}};
    struct approval wish = {.who = "ann", .action = "user.put", .name = "cy"};
    int64_t id = 0;
    EXPECT_EQ(catalog_role_put(c, role, slice_text("{}"), 1, NULL), OK);
    EXPECT_EQ(catalog_role_put(c, role, slice_text("{ }"), 2, NULL), OK);
    EXPECT_EQ(catalog_user_role_add(c, cy, role, NULL), OK);
    EXPECT_EQ(catalog_key_add(c, &key, NULL), OK);
    EXPECT_EQ(catalog_key_used(c, "k1", 7, NULL), OK);
    EXPECT_EQ(catalog_key_invalidate(c, slice_text("k1"), NULL), OK);
    EXPECT_EQ(catalog_user_password(c, cy, "other", NULL), OK);
    EXPECT_EQ(catalog_user_touch(c, cy, 9, NULL), OK);
    EXPECT_EQ(catalog_user_enable(c, cy, false, NULL), OK);
    EXPECT_EQ(catalog_note_add(c, &note, NULL), OK);
    EXPECT_EQ(catalog_approval_add(c, &wish, &id, NULL), OK);
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    c = t.access->catalog;
    EXPECT_EQ(catalog_approval_decide(c, id, APPROVAL_WITHDRAWN, "bob", 3, NULL), OK);
    EXPECT_EQ(catalog_note_drop(c, 1, NULL), OK);
    EXPECT_EQ(catalog_role_remove(c, role, NULL), OK);
    EXPECT_EQ(catalog_user_remove(c, cy, NULL), OK); // and the key goes with it
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    trusted_drop(&t);
}

// Whatever column of whatever row: the row is named.
TEST(catalog_seal_names_the_row_that_was_changed_by_hand)
{
    static const char *const tries[][2] = {
        {"UPDATE users SET password_hash = 'mine' WHERE name = 'bob'", "'bob' of users"},
        {"UPDATE users SET created_ms = 1 WHERE name = 'bob'", "'bob' of users"},
        {"UPDATE users SET disabled = 1 WHERE name = 'ann'", "'ann' of users"},
        {"UPDATE users SET mac = x'' WHERE name = 'ann'", "'ann' of users"},
        {"UPDATE roles SET role = 'admin' WHERE user = 'cy'", "'cy admin' of roles"},
        {"INSERT INTO roles (user, role) VALUES ('cy', 'admin')", "'cy admin' of roles"},
        {"INSERT INTO users (name, password_hash, created_ms) VALUES ('eve', 'x', 1)",
         "'eve' of users"},
        {"INSERT INTO own_roles (name, body, changed_ms) VALUES ('r', '{}', 1)",
         "'r' of own_roles"},
        {"DELETE FROM users WHERE name = 'bob'", "a row of users is missing"},
        {"DELETE FROM changes; DELETE FROM seal", "its seal was taken away"},
        {"UPDATE seal SET counter = counter + 1", "a row of users is missing"},
        {"UPDATE seal SET tags = x'00'", "its seal is not of"},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct trusted t;
        trusted_make(&t);
        trusted_sql(&t, tries[i][0]);
        expect_refused(&t, tries[i][1]);
        trusted_drop(&t);
    }
}

TEST(catalog_seal_does_not_take_back_a_row_as_it_once_was)
{
    struct trusted t;
    trusted_make(&t);
    trusted_sql(&t, "CREATE TABLE kept AS SELECT * FROM users WHERE name = 'cy'");
    EXPECT_EQ(catalog_user_enable(t.access->catalog, slice_text("cy"), false, NULL), OK);
    EXPECT_EQ(access_verify(t.access, NULL), OK);
    trusted_sql(&t, "REPLACE INTO users SELECT * FROM kept");
    expect_refused(&t, "or one was put back as it once was");
    trusted_drop(&t);
}

TEST(catalog_seal_is_not_written_to_over_a_change_by_hand)
{
    struct trusted t;
    trusted_make(&t);
    trusted_sql(&t, "INSERT INTO roles (user, role) VALUES ('cy', 'admin')");
    EXPECT_EQ(catalog_user_enable(t.access->catalog, slice_text("bob"), false, NULL), ERR_CORRUPT);
    expect_refused(&t, "'cy admin' of roles");
    trusted_drop(&t);
}
