// SPDX-License-Identifier: Apache-2.0
#include "api/field_list.h"
#include "unit/search/town.h"

TEST(field_list_has_own_fields_and_those_of_lookups)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 18);
    const struct schema *s = town_schema(0);
    struct principal who = {.name = "ada", .roles = 1u << ROLE_ANALYST};
    const struct permit *all;
    EXPECT_EQ(permit_make(&who, ACTION_SCHEMA, slice_text(""), request, &all, NULL), OK);
    struct field_list l = field_list_make(s, &s->tables[TOWN_EVENTS], all, request);
    EXPECT_EQ(l.count, 11);
    EXPECT(slice_is(l.at[0].name, "device") && l.at[0].prefix.len == 0);
    EXPECT(slice_is(l.at[8].name, "device.model") && slice_is(l.at[8].prefix, "device"));
    EXPECT_EQ(l.at[8].type, FIELD_KEYWORD);
    l = field_list_make(s, &s->tables[TOWN_CALLS], all, request);
    EXPECT_EQ(l.count, 4);
}

TEST(field_list_leaves_out_what_a_role_may_not_see)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 18);
    const struct schema *s = town_schema(0);
    struct principal who = {
        .name = "ada",
        .grants =
            "[{\"indices\":[{\"names\":[\"ev*\"],\"privileges\":[\"read\"],\"field_security\":"
            "{\"grant\":[\"*\"],\"except\":[\"device*\",\"host\"]}}]}]"};
    const struct permit *p;
    EXPECT_EQ(permit_make(&who, ACTION_SCHEMA, slice_text(""), request, &p, NULL), OK);
    struct field_list l = field_list_make(s, &s->tables[TOWN_EVENTS], p, request);
    EXPECT_EQ(l.count, 5);
    for (uint32_t i = 0; i < l.count; i++)
        EXPECT(!slice_is(l.at[i].name, "host") && l.at[i].prefix.len == 0);
}
