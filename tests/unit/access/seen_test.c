// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"
#include "access/seen.h"
#include "unit/search/town.h"

#include <stdio.h>

// Reads events, which look devices up, and of devices what `query` says.
static const struct permit *reader(struct arena *request, const char *devices)
{
    struct principal who = {.name = "ann"};
    snprintf(who.grants, sizeof who.grants,
             "[{\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\"]}%s]}]", devices);
    const struct permit *p = NULL;
    EXPECT_EQ(permit_make(&who, ACTION_READ, slice_text(""), request, &p, NULL), OK);
    return p;
}

static bool sees(const char *devices, const char *field)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct schema *s = town_schema(0);
    return seen_field(reader(request, devices), s, &s->tables[TOWN_EVENTS], slice_text(field));
}

static bool sees_whole(const char *devices)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 16);
    const struct schema *s = town_schema(0);
    return seen_whole(reader(request, devices), s, &s->tables[TOWN_EVENTS]);
}

static const char all_rows[] = ",{\"names\":[\"devices\"],\"privileges\":[\"read\"]}";
static const char some_rows[] = ",{\"names\":[\"devices\"],\"privileges\":[\"read\"],"
                                "\"query\":{\"term\":{\"model\":\"a\"}}}";
static const char some_groups[] = ",{\"names\":[\"dev*\"],\"privileges\":[\"aggregate\"],"
                                  "\"query\":{\"term\":{\"model\":\"a\"}}}";

TEST(seen_fields_of_a_looked_up_table_go_where_its_rows_are_filtered)
{
    EXPECT(sees("", "device.model") && sees("", "outcome"));
    EXPECT(sees(all_rows, "device.model"));
    EXPECT(!sees(some_rows, "device.model") && !sees(some_groups, "device.model"));
    EXPECT(sees(some_rows, "outcome") && sees(some_rows, "device"));
}

TEST(seen_whole_is_what_nothing_is_hidden_of)
{
    EXPECT(sees_whole("") && sees_whole(all_rows));
    EXPECT(!sees_whole(some_rows) && !sees_whole(some_groups));
}
