// SPDX-License-Identifier: Apache-2.0
#include "access/trusted.h"
#include "cli/admin.h"
#include "unit/server/place.h"

TEST(admin_is_one_with_the_role_and_the_password)
{
    struct place p = place_make();
    struct access *a = NULL;
    struct world dir;
    struct key_ring *ring = NULL;
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(p.path, &dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    EXPECT_EQ(mkdir(place_name(&p, "access"), 0700), 0);
    EXPECT_EQ(access_open_trusted(place_name(&p, "access"), true, &dir, ring, &a, NULL), OK);
    struct slice password = slice_text("a long password for tests");
    EXPECT_EQ(access_user_add(a, slice_text("ann"), password, 1u << ROLE_ADMIN, NULL), OK);
    EXPECT_EQ(access_user_add(a, slice_text("bob"), password, 1u << ROLE_WRITER, NULL), OK);
    access_close(a);
    key_ring_close(ring);
    world_close(&dir);
    place_write(&p, "right", "a long password for tests\n");
    place_write(&p, "wrong", "another long password\n");
    char right[128];
    snprintf(right, sizeof right, "%s", place_name(&p, "right"));
    EXPECT_EQ(admin_check(p.path, "ann", right, NULL), OK);
    EXPECT_EQ(admin_check(p.path, "bob", right, NULL), ERR_DENIED);
    EXPECT_EQ(admin_check(p.path, "eve", right, NULL), ERR_DENIED);
    EXPECT_EQ(admin_check(p.path, "ann", place_name(&p, "wrong"), NULL), ERR_DENIED);
    EXPECT_EQ(admin_check(p.path, "ann", "/no/such/file", NULL), ERR_INVALID);
    place_drop(&p);
}
