// SPDX-License-Identifier: Apache-2.0
#include "cli/home_access.h"
#include "unit/server/launch.h"

static void count(void *context, const char *name, uint32_t roles)
{
    (void)name;
    (void)roles;
    *(int *)context += 1;
}

TEST(home_access_opens_what_init_made_and_moves_the_head)
{
    struct launched l;
    struct home_access h;
    int users = 0;
    launched_make(&l);
    EXPECT_EQ(home_access_open(l.home, &h, NULL), OK);
    EXPECT_EQ(access_user_list(h.access, count, &users, NULL), OK);
    EXPECT_EQ(users, 1);
    int64_t before = access_counter(h.access);
    EXPECT_EQ(access_user_remove(h.access, slice_text("admin"), NULL), OK);
    EXPECT(access_counter(h.access) > before);
    EXPECT_EQ(home_access_settle(&h, NULL), OK);
    home_access_close(&h);
    EXPECT_EQ(home_access_open(l.home, &h, NULL), OK);
    home_access_close(&h);
    EXPECT_EQ(home_access_open("/no/such/place", &h, NULL), ERR_NOT_FOUND);
    place_drop(&l.place);
}
