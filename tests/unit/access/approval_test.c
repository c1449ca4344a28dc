// SPDX-License-Identifier: Apache-2.0
#include "access/ratchet.h"
#include "unit/access/trusted.h"

enum { DAY_MS = RATCHET_WAIT_MS };

static const struct slice analyst = {(const uint8_t *)"analyst", 7};
static const struct slice admin = {(const uint8_t *)"admin", 5};
static const struct access_by ann = {"ann", "", {(const uint8_t *)"::1", 3}};
static const struct access_by bob = {"bob", "", {(const uint8_t *)"::1", 3}};
static const struct access_by key = {"bob", "k1", {(const uint8_t *)"::1", 3}};

static void guarded_make(struct trusted *t)
{
    trusted_make(t);
    const struct access_rule rule = {.begin_ms = trusted_now_ms};
    access_set_rule(t->access, &rule);
    access_entered(t->access);
}

// The number of the approval it waits for.
static int64_t give(struct trusted *t, const struct access_by *by, const char *name,
                    struct slice role)
{
    struct access_outcome done = {0};
    const struct access_user user = {.name = slice_text(name), .roles = &role, .role_count = 1};
    EXPECT_EQ(access_user_put(t->access, by, &user, &done, NULL), OK);
    return done.waits;
}

static uint32_t roles_of(struct trusted *t, const char *name)
{
    struct catalog_user user = {0};
    EXPECT_EQ(catalog_user_get(t->access->catalog, slice_text(name), &user, NULL), OK);
    return user.roles;
}

static bool is_admin(struct trusted *t, const char *name)
{
    return roles_of(t, name) >> ROLE_ADMIN & 1;
}

TEST(approval_of_a_second_administrator_is_what_loosening_waits_for)
{
    struct trusted t;
    guarded_make(&t);
    int64_t id = give(&t, &ann, "cy", admin);
    EXPECT(id > 0);
    EXPECT(!is_admin(&t, "cy"));
    EXPECT_EQ(access_approve(t.access, &ann, id, NULL), ERR_DENIED);
    EXPECT_EQ(access_approve(t.access, &key, id, NULL), ERR_DENIED);
    EXPECT_EQ(access_approve(t.access, &bob, id + 1, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_approve(t.access, &bob, id, NULL), OK);
    EXPECT(is_admin(&t, "cy"));
    EXPECT_EQ(access_approve(t.access, &bob, id, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    trusted_drop(&t);
}

TEST(approval_is_not_needed_to_tighten_nor_before_anything_entered)
{
    struct trusted t;
    guarded_make(&t);
    struct access_outcome done = {0};
    EXPECT_EQ(give(&t, &ann, "cy", analyst), 0); // the same
    const struct access_user off = {
        .name = slice_text("cy"), .keeps_roles = true, .disables = true};
    const struct access_user on = {.name = slice_text("cy"), .keeps_roles = true, .enables = true};
    EXPECT_EQ(access_user_put(t.access, &ann, &off, &done, NULL), OK);
    EXPECT_EQ(done.waits, 0);
    EXPECT_EQ(access_user_put(t.access, &ann, &on, &done, NULL), OK);
    EXPECT(done.waits > 0);
    EXPECT_EQ(give(&t, NULL, "cy", admin), 0); // the command line's
    EXPECT(is_admin(&t, "cy"));
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    const struct access_rule rule = {.begin_ms = trusted_now_ms};
    access_set_rule(t.access, &rule);
    EXPECT_EQ(give(&t, &ann, "bob", analyst) + give(&t, &ann, "bob", admin), 0);
    trusted_drop(&t);
}

TEST(approval_counts_nobody_second_who_became_so_within_a_day)
{
    struct trusted t;
    guarded_make(&t);
    trusted_now_ms += (int64_t)2 * DAY_MS; // founders are those of the first day
    int64_t made = give(&t, &ann, "cy", admin);
    EXPECT_EQ(access_approve(t.access, &bob, made, NULL), OK);
    const struct access_by cy = {"cy", "", {(const uint8_t *)"::1", 3}};
    int64_t id = give(&t, &ann, "bob", analyst) + give(&t, &ann, "bob", admin);
    EXPECT(id > 0);
    EXPECT_EQ(access_approve(t.access, &cy, id, NULL), ERR_DENIED);
    trusted_now_ms += DAY_MS - 1;
    EXPECT_EQ(access_approve(t.access, &cy, id, NULL), ERR_DENIED);
    trusted_now_ms += 1;
    EXPECT_EQ(access_approve(t.access, &cy, id, NULL), OK);
    trusted_drop(&t);
}

TEST(approval_by_time_is_for_one_administrator_and_lapses)
{
    struct trusted t;
    guarded_make(&t);
    EXPECT_EQ(access_user_drop(t.access, &ann, slice_text("bob"), NULL), OK);
    int64_t id = give(&t, &ann, "cy", admin);
    trusted_now_ms += DAY_MS - 1;
    EXPECT_EQ(access_approve(t.access, &ann, id, NULL), ERR_DENIED);
    trusted_now_ms += 1;
    EXPECT_EQ(access_approve(t.access, &ann, id, NULL), OK);
    EXPECT(is_admin(&t, "cy"));
    int64_t late = give(&t, &ann, "cy", analyst); // two administrators: a day
    trusted_now_ms += DAY_MS + 1;
    EXPECT_EQ(access_approve(t.access, &ann, late, NULL), ERR_NOT_FOUND);
    trusted_drop(&t);
}

TEST(approval_of_what_has_changed_since_is_refused)
{
    struct trusted t;
    guarded_make(&t);
    struct access_outcome done = {0};
    struct slice role = slice_text("r");
    struct slice narrow = slice_text("{\"indices\":[{\"names\":[\"a\"],\"privileges\":"
                                     "[\"aggregate\"]}]}");
    struct slice wide = slice_text("{\"indices\":[{\"names\":[\"*\"],\"privileges\":[\"all\"]}]}");
    EXPECT_EQ(access_role_put(t.access, &ann, role, narrow, &done, NULL), OK);
    EXPECT_EQ(done.waits, 0); // nobody has it
    int64_t id = give(&t, &ann, "cy", role);
    EXPECT_EQ(access_role_put(t.access, &ann, role, wide, &done, NULL), OK);
    EXPECT_EQ(done.waits, 0);
    EXPECT_EQ(access_approve(t.access, &bob, id, NULL), ERR_CONFLICT);
    int64_t first = give(&t, &ann, "cy", role);
    int64_t second = give(&t, &ann, "cy", admin);
    EXPECT_EQ(access_approve(t.access, &bob, first, NULL), ERR_NOT_FOUND); // overtaken
    EXPECT_EQ(access_withdraw(t.access, &bob, second, NULL), OK);
    EXPECT_EQ(access_approve(t.access, &bob, second, NULL), ERR_NOT_FOUND);
    EXPECT(!is_admin(&t, "cy"));
    trusted_drop(&t);
}

TEST(approval_is_needed_for_a_wider_role_that_somebody_has)
{
    struct trusted t;
    guarded_make(&t);
    struct access_outcome done = {0};
    struct slice role = slice_text("r");
    struct slice narrow =
        slice_text("{\"indices\":[{\"names\":[\"a\"],\"privileges\":[\"read\"]}]}");
    struct slice wide =
        slice_text("{\"indices\":[{\"names\":[\"a\",\"b\"],\"privileges\":[\"read\"]}]}");
    EXPECT_EQ(access_role_put(t.access, &ann, role, narrow, &done, NULL), OK);
    EXPECT_EQ(access_approve(t.access, &bob, give(&t, &ann, "cy", role), NULL), OK);
    EXPECT_EQ(access_role_put(t.access, &ann, role, narrow, &done, NULL), OK);
    EXPECT_EQ(done.waits, 0);
    EXPECT_EQ(access_role_put(t.access, &ann, role, wide, &done, NULL), OK);
    EXPECT(done.waits > 0);
    EXPECT_EQ(access_approve(t.access, &bob, done.waits, NULL), OK);
    EXPECT_EQ(access_role_put(t.access, &ann, role, narrow, &done, NULL), OK);
    EXPECT_EQ(done.waits, 0); // back again: tighter
    trusted_drop(&t);
}
