// SPDX-License-Identifier: Apache-2.0
#include "api/field_list.h"
#include "unit/search/town.h"

TEST(field_list_has_own_fields_and_those_of_lookups)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct schema *s = town_schema(0);
    struct field_list l = field_list_make(s, &s->tables[TOWN_EVENTS], request);
    EXPECT_EQ(l.count, 11);
    EXPECT(slice_is(l.at[0].name, "device") && l.at[0].prefix.len == 0);
    EXPECT(slice_is(l.at[8].name, "device.model") && slice_is(l.at[8].prefix, "device"));
    EXPECT_EQ(l.at[8].type, FIELD_KEYWORD);
    l = field_list_make(s, &s->tables[TOWN_CALLS], request);
    EXPECT_EQ(l.count, 4);
}
