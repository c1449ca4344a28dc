// SPDX-License-Identifier: Apache-2.0
#include "mirror_fleet.h"
#include "server/mirror_spec.h"
#include "test.h"

TEST(mirror_spec_brings_what_the_policy_wants_and_nothing_else)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct policy *policy = fleet_policy(arena);
    struct source_spec spec;
    mirror_spec_make(&policy->sources[0], arena, &spec);
    EXPECT(strcmp(spec.slot, "tamis_fleet_1") == 0);
    EXPECT(strcmp(spec.publication, "tamis_fleet-1") == 0);
    EXPECT_EQ(spec.table_count, 2);
    const struct source_table *devices = &spec.tables[0], *orders = &spec.tables[1];
    EXPECT(strcmp(devices->schema_name, "public") == 0);
    EXPECT_EQ(devices->column_count, 2);
    for (uint32_t i = 0; i < devices->column_count; i++)
        EXPECT(strcmp(devices->columns[i], "nickname") != 0);
    EXPECT(strcmp(orders->schema_name, "sales") == 0);
    EXPECT_EQ(orders->key_count, 2);
    EXPECT(strcmp(orders->columns[orders->keys[0]], "shop") == 0);
    EXPECT(strcmp(orders->columns[orders->keys[1]], "number") == 0);
}

TEST(mirror_spec_names_stay_within_what_a_slot_may_be_called)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct policy_source source = {
        .name = "a-very-long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on"};
    struct source_spec spec;
    mirror_spec_make(&source, arena, &spec);
    EXPECT_EQ(strlen(spec.slot), 63);
    EXPECT(strncmp(spec.slot, "tamis_a_very_long", 17) == 0);
    EXPECT(strncmp(spec.publication, "tamis_a-very-long", 17) == 0);
}
