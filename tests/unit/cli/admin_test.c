// SPDX-License-Identifier: Apache-2.0
#include "access/trusted.h"
#include "cli/admin.h"
#include "unit/server/place.h"

static enum err check(const struct place *p, const char *name, const char *file)
{
    const struct admin_claim claim = {.name = name, .password_file = file};
    return admin_check(p->path, &claim, NULL);
}

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
    EXPECT_EQ(check(&p, "ann", right), OK);
    EXPECT_EQ(check(&p, "bob", right), ERR_DENIED);
    EXPECT_EQ(check(&p, "eve", right), ERR_DENIED);
    EXPECT_EQ(check(&p, "ann", place_name(&p, "wrong")), ERR_DENIED);
    EXPECT_EQ(check(&p, "ann", "/no/such/file"), ERR_INVALID);
    place_drop(&p);
}
