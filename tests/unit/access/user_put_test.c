// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/access/gate.h"

static const char password[] = "a good long one";

static enum err put(struct gate *g, struct access_user user)
{
    struct access_outcome done = {0};
    user.name = slice_text("ada");
    return access_user_put(g->access, NULL, &user, &done, NULL);
}

static enum err comes(struct gate *g)
{
    struct principal who;
    return gate_check(g, gate_basic("ada", password), &who);
}

TEST(user_put_disables_password_and_keys_and_enables_again)
{
    struct gate g = gate_open();
    const struct slice role = slice_text("analyst");
    struct principal who = {0};
    struct api_key k;
    const struct access_user ada = {
        .password = slice_text(password), .roles = &role, .role_count = 1};
    EXPECT_EQ(put(&g, ada), OK);
    EXPECT_EQ(gate_check(&g, gate_basic("ada", password), &who), OK);
    EXPECT_EQ(access_key_add(g.access, &who, slice_text("k"), who.roles, NULL, 0, &k, NULL), OK);
    struct buf pair AUTO(buf_donep) = buf_init(256);
    struct buf header AUTO(buf_donep) = buf_init(256);
    buf_print(&pair, "%s:%s", k.id, k.secret);
    buf_text(&header, "ApiKey ");
    base64url_print(buf_slice(&pair), &header);
    buf_u8(&header, 0);
    EXPECT_EQ(gate_check(&g, (const char *)header.at, &who), OK);
    EXPECT_EQ(put(&g, (struct access_user){.keeps_roles = true, .disables = true}), OK);
    EXPECT_EQ(comes(&g), ERR_DENIED);
    EXPECT_EQ(gate_check(&g, (const char *)header.at, &who), ERR_DENIED);
    EXPECT_EQ(put(&g, (struct access_user){.keeps_roles = true, .enables = true}), OK);
    EXPECT_EQ(comes(&g), OK);
    EXPECT_EQ(gate_check(&g, (const char *)header.at, &who), OK);
    gate_close(&g);
}

TEST(user_put_makes_nobody_without_a_password_and_changes_nobody_who_is_not_there)
{
    struct gate g = gate_open();
    const struct slice role = slice_text("analyst");
    EXPECT_EQ(put(&g, (struct access_user){.roles = &role, .role_count = 1}), ERR_INVALID);
    EXPECT_EQ(put(&g, (struct access_user){.keeps_roles = true, .disables = true}), ERR_NOT_FOUND);
    EXPECT_EQ(put(&g, (struct access_user){.password = slice_text(password)}), ERR_INVALID);
    EXPECT_EQ(comes(&g), ERR_DENIED);
    gate_close(&g);
}
