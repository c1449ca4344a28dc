// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"
#include "gate.h"
#include "test.h"

TEST(catalog_user_of_a_hostile_name_is_only_a_name)
{
    struct gate f = gate_open();
    struct catalog_user user = {.name = "x'); DROP TABLE users; --", .roles = 1};
    EXPECT_EQ(catalog_user_add(f.access->catalog, &user, 1, NULL), OK);
    struct catalog_user back;
    EXPECT_EQ(catalog_user_get(f.access->catalog, slice_text(user.name), &back, NULL), OK);
    EXPECT(strcmp(back.name, user.name) == 0);
    gate_close(&f);
}

TEST(catalog_user_added_twice_changes_nothing)
{
    struct gate f = gate_open();
    struct catalog_user user = {.name = "ana", .roles = 1};
    EXPECT_EQ(catalog_user_add(f.access->catalog, &user, 1, NULL), OK);
    user.roles = 2;
    EXPECT_EQ(catalog_user_add(f.access->catalog, &user, 1, NULL), ERR_CONFLICT);
    struct catalog_user back;
    EXPECT_EQ(catalog_user_get(f.access->catalog, slice_text("ana"), &back, NULL), OK);
    EXPECT_EQ(back.roles, 1);
    EXPECT_EQ(catalog_user_get(f.access->catalog, slice_text("bob"), &back, NULL), ERR_NOT_FOUND);
    gate_close(&f);
}

TEST(catalog_user_with_a_role_nobody_knows_gets_nothing_from_it)
{
    struct gate f = gate_open();
    struct catalog_user user = {.name = "ana", .roles = 1};
    EXPECT_EQ(catalog_user_add(f.access->catalog, &user, 1, NULL), OK);
    EXPECT_EQ(catalog_do(f.access->catalog, "UPDATE roles SET role = 'anonymous'", NULL), OK);
    struct catalog_user back;
    EXPECT_EQ(catalog_user_get(f.access->catalog, slice_text("ana"), &back, NULL), OK);
    EXPECT_EQ(back.roles, 0);
    gate_close(&f);
}
