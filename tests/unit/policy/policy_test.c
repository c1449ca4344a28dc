// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"
#include "test.h"
#include "unit/policy/fleet.h"

TEST(policy_makes_the_schema)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct schema *s = fleet_policy(a)->schema;
    EXPECT_EQ(s->table_count, 2);
    const struct table *devices = &s->tables[0];
    const struct table *connections = &s->tables[1];
    EXPECT_EQ(devices->field_count, 4);
    EXPECT_EQ(devices->key_field, 0);
    EXPECT_EQ(devices->subject_field, 1);
    EXPECT_EQ(devices->time_field, 3);
    EXPECT_EQ(devices->fields[3].type, FIELD_DATE);
    EXPECT_EQ(devices->fields[0].lookup_table, -1);
    EXPECT_EQ(connections->key_field, -1);
    EXPECT_EQ(connections->subject_field, -1);
    const struct field *device = &connections->fields[2];
    EXPECT_EQ(device->lookup_table, 0);
    EXPECT(strcmp(device->lookup_prefix, "device") == 0);
    EXPECT(strcmp(device->subject, "device") == 0);
    EXPECT_EQ(connections->fields[4].type, FIELD_INTEGER);
    EXPECT_EQ(connections->fields[5].type, FIELD_DOUBLE);
    EXPECT_EQ(s->subject_count, 2);
    EXPECT_EQ(s->floor_subjects, 5);
    EXPECT(s->fingerprint != 0);
}

TEST(policy_names_the_line_of_unknown_keys)
{
    expect_edit_refused(
        "floor:", "flour:",
        "30: flour is no key of a policy; there are: sources, push, metrics, floor");
    expect_edit_refused(
        "copy:", "copies:",
        "5: copies is no key of a source; there are: postgres, replication, copy, tables");
    expect_edit_refused("key: id", "keys: id",
                        "8: keys is no key of a table; there are: key, time, columns");
    expect_edit_refused(
        "count: true", "sum: true",
        "28: sum is no key of a metric; there are: of, time, count, ratio, by, every");
    expect_edit_refused("as: keyword", "to: 1h",
                        "13: column model: to is no key of treatment keep");
    expect_edit_refused("{user: tamis_copy}", "{user: a, password: b}",
                        "5: password is no key of copy; there are: user, password_file");
}

TEST(policy_refuses_what_is_not_there_yet)
{
    expect_refused("push:\n  \"app-*\": {}\n",
                   "2: push: app-*: patterns are not there yet; name each index");
    expect_refused("metrics: {}\n", "1: sources: is missing");
    expect_refused("- a\n", "1: a policy must be a map of keys and values");
}

TEST(policy_without_sources_admits_nothing)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    EXPECT_EQ(policy_parse(slice_text("sources: {}\n"), a, &p, NULL), OK);
    EXPECT_EQ(p->source_count, 0);
    EXPECT_EQ(p->schema->table_count, 0);
}
