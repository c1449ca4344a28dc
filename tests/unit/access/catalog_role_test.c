// SPDX-License-Identifier: Apache-2.0
#include "access/catalog.h"
#include "test.h"
#include "unit/access/gate.h"

#include <stdio.h>

static void count_one(void *context, const char *name, const char *body)
{
    EXPECT(name[0] && body[0]);
    ++*(int *)context;
}

TEST(catalog_role_is_put_listed_and_removed)
{
    struct gate g = gate_open();
    struct catalog *c = g.access->catalog;
    EXPECT_EQ(catalog_role_put(c, slice_text("a"), slice_text("{}"), 1, NULL), OK);
    EXPECT_EQ(catalog_role_put(c, slice_text("a"), slice_text("{\"cluster\":[]}"), 2, NULL), OK);
    EXPECT_EQ(catalog_role_put(c, slice_text("b"), slice_text("{}"), 2, NULL), OK);
    int count = 0;
    EXPECT_EQ(catalog_role_list(c, count_one, &count, NULL), OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(catalog_role_remove(c, slice_text("a"), NULL), OK);
    EXPECT_EQ(catalog_role_remove(c, slice_text("a"), NULL), ERR_NOT_FOUND);
    gate_close(&g);
}

TEST(catalog_role_bodies_of_one_user_are_one_list_of_bounded_length)
{
    struct gate g = gate_open();
    struct catalog *c = g.access->catalog;
    struct catalog_user user = {.name = "ada", .password_hash = "none"};
    EXPECT_EQ(catalog_user_add(c, &user, 1, NULL), OK);
    char grants[GRANTS_BYTES];
    EXPECT_EQ(catalog_user_grants(c, slice_text("ada"), grants, NULL), OK);
    EXPECT(grants[0] == '\0');
    char name[16];
    enum err e = OK;
    int count = 0;
    for (; e == OK && count < 100; count++) {
        int len = snprintf(name, sizeof name, "r%d", count);
        struct slice role = slice_of(name, (size_t)len);
        char body[200];
        snprintf(body, sizeof body, "{\"metadata\":\"%0150d\"}", count);
        EXPECT_EQ(catalog_role_put(c, role, slice_text(body), 1, NULL), OK);
        EXPECT_EQ(catalog_user_role_add(c, slice_text("ada"), role, NULL), OK);
        e = catalog_user_grants(c, slice_text("ada"), grants, NULL);
        if (e == OK)
            EXPECT(grants[0] == '[' && grants[strlen(grants) - 1] == ']');
    }
    EXPECT_EQ(e, ERR_LIMIT);
    EXPECT(count > 15 && count < 30);
    EXPECT_EQ(catalog_user_roles_clear(c, slice_text("ada"), NULL), OK);
    EXPECT_EQ(catalog_user_grants(c, slice_text("ada"), grants, NULL), OK);
    EXPECT(grants[0] == '\0');
    gate_close(&g);
}
