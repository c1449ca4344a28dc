// SPDX-License-Identifier: Apache-2.0
// What a key may become; over the API in tests/unit/api/api_security_test.c.
#include "unit/access/trusted.h"

static const struct access_by cy = {"cy", "", {(const uint8_t *)"::1", 3}};
static const struct access_by ann = {"ann", "", {(const uint8_t *)"::1", 3}};

static struct api_key make(struct trusted *t, const char *indices, const char *limit)
{
    const struct principal owner = {.name = "cy", .roles = 1u << ROLE_ANALYST};
    const struct key_wish wish = {
        .name = slice_text("k"), .roles = owner.roles, .indices = indices, .limit = limit};
    struct api_key k;
    EXPECT_EQ(access_key_make(t->access, &owner, &wish, &k, NULL), OK);
    return k;
}

static enum err become(struct trusted *t, const struct api_key *k, const char *indices,
                       const char *limit)
{
    bool is_new = false;
    const struct key_change c = {
        .changes_rights = true, .roles = 1u << ROLE_ANALYST, .indices = indices, .limit = limit};
    return access_key_change(t->access, &cy, slice_text(k->id), &c, &is_new, NULL);
}

static const char all[] = "[{\"indices\":[{\"names\":[\"*\"],\"privileges\":[\"read\"]}]}]";
static const char logs[] = "[{\"indices\":[{\"names\":[\"log-*\"],\"privileges\":[\"read\"]}]}]";
static const char two[] = "[{\"indices\":[{\"names\":[\"log-*\"],\"privileges\":[\"read\"]}]},"
                          "{\"indices\":[{\"names\":[\"x\"],\"privileges\":[\"read\"]}]}]";

TEST(key_change_takes_away_and_gives_nothing)
{
    struct trusted t;
    trusted_make(&t);
    struct api_key bare = make(&t, NULL, NULL);
    struct api_key patterns = make(&t, "log-* app", NULL);
    struct api_key limited = make(&t, NULL, logs);
    EXPECT_EQ(become(&t, &patterns, "log-a* app", NULL), OK);
    EXPECT_EQ(become(&t, &patterns, "log-*", NULL), ERR_INVALID);
    EXPECT_EQ(become(&t, &patterns, "log-a", NULL), OK);
    EXPECT_EQ(become(&t, &patterns, "", NULL), ERR_INVALID); // none is all
    EXPECT_EQ(become(&t, &patterns, NULL, all), ERR_INVALID);
    EXPECT_EQ(become(&t, &limited, NULL, all), ERR_INVALID);
    EXPECT_EQ(become(&t, &limited, NULL, two), ERR_INVALID);
    EXPECT_EQ(become(&t, &limited, "log-a", NULL), ERR_INVALID);
    EXPECT_EQ(become(&t, &limited, NULL, "nonsense"), ERR_INVALID);
    EXPECT_EQ(become(&t, &limited, NULL, logs), OK);
    EXPECT_EQ(become(&t, &bare, NULL, two), OK);
    EXPECT_EQ(become(&t, &bare, NULL, logs), OK);
    EXPECT_EQ(become(&t, &bare, NULL, two), ERR_INVALID);
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    trusted_drop(&t);
}

TEST(key_change_is_its_owners_and_of_a_key_in_force)
{
    struct trusted t;
    bool is_new = true;
    trusted_make(&t);
    struct api_key k = make(&t, NULL, NULL);
    const struct key_change c = {.metadata = "{\"a\":1}"};
    const struct access_by by_key = {"cy", k.id, {0}};
    EXPECT_EQ(access_key_change(t.access, &ann, slice_text(k.id), &c, &is_new, NULL),
              ERR_NOT_FOUND);
    EXPECT_EQ(access_key_change(t.access, &by_key, slice_text(k.id), &c, &is_new, NULL),
              ERR_DENIED);
    EXPECT_EQ(access_key_change(t.access, &cy, slice_text(k.id), &c, &is_new, NULL), OK);
    EXPECT(is_new);
    EXPECT_EQ(access_key_change(t.access, &cy, slice_text(k.id), &c, &is_new, NULL), OK);
    EXPECT(!is_new);
    EXPECT_EQ(access_key_invalidate(t.access, &cy, slice_text(k.id), NULL), OK);
    EXPECT_EQ(access_key_change(t.access, &cy, slice_text(k.id), &c, &is_new, NULL), ERR_INVALID);
    trusted_drop(&t);
}
