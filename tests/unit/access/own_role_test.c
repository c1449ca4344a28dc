// SPDX-License-Identifier: Apache-2.0
#include "access/permit.h"
#include "test.h"
#include "unit/access/gate.h"

#include <stdio.h>

#define EU                                                                                 \
    "{\"indices\":[{\"names\":[\"log-*\"],\"privileges\":[\"read\"],\"query\":{\"term\":{" \
    "\"region\":\"eu\"}}}]}"

static const struct slice eu = {(const uint8_t *)"eu", 2};

static enum err put(struct gate *g, const char *name, const struct slice *roles, uint32_t count)
{
    const struct access_user user = {.name = slice_text(name),
                                     .password = slice_text("a good long one"),
                                     .roles = roles,
                                     .role_count = count};
    struct access_outcome done = {0};
    return access_user_put(g->access, NULL, &user, &done, NULL);
}

static void put_user(struct gate *g, const char *name, const struct slice *roles, uint32_t count)
{
    EXPECT_EQ(put(g, name, roles, count), OK);
}

TEST(own_role_reaches_whoever_has_it_and_goes_with_it)
{
    struct gate g = gate_open();
    struct access_outcome done = {0};
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text(EU), &done, NULL), OK);
    EXPECT(done.is_new);
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text(EU), &done, NULL), OK);
    EXPECT(!done.is_new);
    put_user(&g, "ada", &eu, 1);
    struct principal who;
    EXPECT_EQ(gate_check(&g, gate_basic("ada", "a good long one"), &who), OK);
    EXPECT(who.roles == 0 && strstr(who.grants, "\"region\":\"eu\""));
    EXPECT_EQ(access_role_remove(g.access, NULL, eu, NULL), OK);
    EXPECT_EQ(gate_check(&g, gate_basic("ada", "a good long one"), &who), OK);
    EXPECT(who.grants[0] == '\0');
    EXPECT_EQ(access_role_remove(g.access, NULL, eu, NULL), ERR_NOT_FOUND);
    gate_close(&g);
}

TEST(own_role_names_are_plain_and_not_the_built_in_ones)
{
    struct gate g = gate_open();
    static const char *const bad[] = {"", "admin", "metrics", "a b", "a,b", "x\"y", "a/b"};
    struct access_outcome done;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(access_role_put(g.access, NULL, slice_text(bad[i]), slice_text(EU), &done, NULL),
                  ERR_INVALID);
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text("{\"indices\":7}"), &done, NULL),
              ERR_INVALID);
    const struct slice nobody = slice_text("nosuch");
    EXPECT_EQ(put(&g, "eve", &nobody, 1), ERR_INVALID);
    gate_close(&g);
}

static enum err never(void *context, const struct access_change *change, struct fault *why)
{
    *(const char **)context = change->action;
    return fail(why, ERR_DENIED, "a second person must agree");
}

TEST(own_role_changes_wait_for_whoever_holds_them_back)
{
    struct gate g = gate_open();
    const char *asked = "";
    access_on_change(g.access, never, &asked);
    struct access_outcome done;
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text(EU), &done, NULL), ERR_DENIED);
    EXPECT(strcmp(asked, "role.put") == 0);
    EXPECT_EQ(access_role_remove(g.access, NULL, eu, NULL), ERR_NOT_FOUND); // it was not made
    const struct slice analyst = slice_text("analyst");
    EXPECT_EQ(put(&g, "eve", &analyst, 1), ERR_DENIED);
    struct principal who;
    EXPECT_EQ(gate_check(&g, gate_basic("eve", "a good long one"), &who), ERR_DENIED);
    gate_close(&g);
}

TEST(own_role_keys_narrow_what_their_owner_may)
{
    struct gate g = gate_open();
    struct access_outcome done;
    EXPECT_EQ(access_role_put(g.access, NULL, eu, slice_text(EU), &done, NULL), OK);
    put_user(&g, "ada", &eu, 1);
    struct principal ada;
    EXPECT_EQ(gate_check(&g, gate_basic("ada", "a good long one"), &ada), OK);
    const struct key_wish wish = {
        .name = slice_text("k"),
        .limit = "[{\"indices\":[{\"names\":[\"*\"],\"privileges\":[\"all\"]}]}]",
        .metadata = "{\"for\":\"tests\"}"};
    struct api_key k;
    EXPECT_EQ(access_key_make(g.access, &ada, &wish, &k, NULL), OK);
    char pair[96];
    int len = snprintf(pair, sizeof pair, "%s:%s", k.id, k.secret);
    struct buf b AUTO(buf_donep) = buf_init(160);
    buf_text(&b, "ApiKey ");
    base64url_print(slice_of(pair, (size_t)len), &b);
    buf_u8(&b, 0);
    struct principal who;
    EXPECT_EQ(gate_check(&g, (const char *)b.at, &who), OK);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct permit *p;
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_text("log-1"), arena, &p, NULL), OK);
    EXPECT(permit_filter(p, "log-1", arena) != NULL);
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_text("other"), arena, &p, NULL), ERR_DENIED);
    EXPECT_EQ(permit_make(&who, ACTION_WRITE, slice_text("log-1"), arena, &p, NULL), ERR_DENIED);
    gate_close(&g);
}

TEST(own_role_of_two_makes_different_permits_for_what_is_kept)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct principal a = {.name = "ada", .grants = "[" EU "]"};
    struct principal b = a;
    b.grants[strlen(b.grants) - 8] = 'x'; // another region
    struct principal c = a;
    memcpy(c.limit, a.grants, sizeof c.limit);
    struct buf keys[3];
    const struct principal *who[3] = {&a, &b, &c};
    for (int i = 0; i < 3; i++) {
        const struct permit *p;
        EXPECT_EQ(permit_make(who[i], ACTION_READ, slice_text(""), arena, &p, NULL), OK);
        keys[i] = buf_init(1 << 16);
        permit_key(p, &keys[i]);
    }
    EXPECT(!slice_equal(buf_slice(&keys[0]), buf_slice(&keys[1])));
    EXPECT(!slice_equal(buf_slice(&keys[0]), buf_slice(&keys[2])));
    for (int i = 0; i < 3; i++)
        buf_done(&keys[i]);
}
