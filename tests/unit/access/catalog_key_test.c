// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"
#include "gate.h"
#include "test.h"

TEST(catalog_key_reads_back_as_it_was_written)
{
    struct gate f = gate_open();
    struct catalog_user user = {.name = "ana", .roles = 1};
    EXPECT_EQ(catalog_user_add(f.access->catalog, &user, 1, NULL), OK);
    struct catalog_key k = {
        .key =
            {.id = "id", .name = "n", .owner = "ana", .created_ms = 4, .expires_ms = 5, .roles = 9},
        .indices = "a-* b",
        .salt = {1, 2},
        .hash = {3, [31] = 4}};
    EXPECT_EQ(catalog_key_add(f.access->catalog, &k, NULL), OK);
    struct catalog_key back;
    EXPECT_EQ(catalog_key_get(f.access->catalog, slice_text("id"), &back, NULL), OK);
    EXPECT_EQ(back.key.roles, 9);
    EXPECT_EQ(back.key.created_ms, 4);
    EXPECT_EQ(back.key.expires_ms, 5);
    EXPECT(!back.key.is_invalidated);
    EXPECT(strcmp(back.indices, "a-* b") == 0);
    EXPECT(memcmp(back.salt, k.salt, sizeof k.salt) == 0);
    EXPECT(memcmp(back.hash, k.hash, sizeof k.hash) == 0);
    gate_close(&f);
}

TEST(catalog_key_wants_its_owner_to_be_there)
{
    struct gate f = gate_open();
    struct catalog_key k = {.key = {.id = "id", .name = "n", .owner = "nobody", .roles = 1}};
    EXPECT(catalog_key_add(f.access->catalog, &k, NULL) != OK);
    EXPECT_EQ(catalog_key_get(f.access->catalog, slice_text("id"), &k, NULL), ERR_NOT_FOUND);
    gate_close(&f);
}
