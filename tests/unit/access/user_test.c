// SPDX-License-Identifier: Apache-2.0
#include "gate.h"
#include "test.h"

static enum err add(struct gate *f, const char *name, const char *password, uint32_t roles)
{
    return access_user_add(f->access, slice_text(name), slice_text(password), roles, NULL);
}

TEST(user_with_a_short_password_or_odd_name_or_no_role_is_refused)
{
    struct gate f = gate_open();
    EXPECT_EQ(add(&f, "ana", "elevenbytes", 1), ERR_INVALID);
    EXPECT_EQ(add(&f, "", "long enough one", 1), ERR_INVALID);
    EXPECT_EQ(add(&f, "a:b", "long enough one", 1), ERR_INVALID);
    EXPECT_EQ(add(&f, "a\nb", "long enough one", 1), ERR_INVALID);
    EXPECT_EQ(add(&f, "ana", "long enough one", 0), ERR_INVALID);
    EXPECT_EQ(add(&f, "ana", "long enough one", 1U << ROLE_COUNT), ERR_INVALID);
    gate_close(&f);
}

TEST(user_is_added_once)
{
    struct gate f = gate_open();
    EXPECT_EQ(add(&f, "ana", "long enough one", 1), OK);
    EXPECT_EQ(add(&f, "ana", "long enough two", 2), ERR_CONFLICT);
    struct principal who;
    EXPECT_EQ(gate_check(&f, gate_basic("ana", "long enough one"), &who), OK);
    EXPECT_EQ(who.roles, 1);
    gate_close(&f);
}

TEST(user_changes_the_password)
{
    struct gate f = gate_open();
    EXPECT_EQ(add(&f, "ana", "long enough one", 1), OK);
    struct slice ana = slice_text("ana");
    EXPECT_EQ(access_user_password(f.access, ana, slice_text("short"), NULL), ERR_INVALID);
    EXPECT_EQ(access_user_password(f.access, ana, slice_text("long enough two"), NULL), OK);
    struct principal who;
    EXPECT_EQ(gate_check(&f, gate_basic("ana", "long enough one"), &who), ERR_DENIED);
    EXPECT_EQ(gate_check(&f, gate_basic("ana", "long enough two"), &who), OK);
    gate_close(&f);
}

TEST(user_that_is_not_there_cannot_be_removed_or_changed)
{
    struct gate f = gate_open();
    struct slice bob = slice_text("bob");
    EXPECT_EQ(access_user_remove(f.access, bob, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(access_user_password(f.access, bob, slice_text("long enough one"), NULL),
              ERR_NOT_FOUND);
    gate_close(&f);
}

struct listed {
    int count;
    uint32_t roles;
};

static void count_user(void *context, const char *name, uint32_t roles)
{
    struct listed *l = context;
    l->count++;
    if (strcmp(name, "ana") == 0)
        l->roles = roles;
}

TEST(user_list_tells_names_and_roles)
{
    struct gate f = gate_open();
    EXPECT_EQ(add(&f, "ana", "long enough one", 5), OK);
    EXPECT_EQ(add(&f, "bob", "long enough two", 2), OK);
    struct listed l = {0};
    EXPECT_EQ(access_user_list(f.access, count_user, &l, NULL), OK);
    EXPECT_EQ(l.count, 2);
    EXPECT_EQ(l.roles, 5);
    gate_close(&f);
}
