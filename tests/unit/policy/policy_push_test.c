// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/pushed.h"

static const struct policy *pushed(struct arena *a)
{
    const struct policy *p = NULL;
    struct fault why = {0};
    if (policy_parse(slice_text(PUSHED_POLICY), a, &p, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return p;
}

TEST(pushed_indices_are_tables_behind_those_of_the_sources)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = pushed(a);
    const struct schema *s = p->schema;
    EXPECT_EQ(s->table_count, 3);
    EXPECT_EQ(p->push_count, 2);
    const struct table *events = &s->tables[PUSHED_EVENTS];
    EXPECT(strcmp(events->name, "app-events") == 0);
    EXPECT(strcmp(events->source, "push/app-events") == 0);
    EXPECT(strcmp(p->pushes[0].source, "push/app-events") == 0);
    EXPECT(table_is_pushed(events));
    EXPECT(!table_is_pushed(&s->tables[PUSHED_DEVICES]));
    EXPECT_EQ(events->field_count, 6);
    EXPECT_EQ(events->time_field, EVENT_AT);
    EXPECT_EQ(events->key_field, -1);
    EXPECT_EQ(events->fields[EVENT_DEVICE].lookup_table, PUSHED_DEVICES);
    EXPECT(strcmp(s->tables[PUSHED_LOGS].name, "app.logs") == 0);
}

TEST(pushed_indices_leave_the_fingerprint_of_the_sources_alone)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct schema *with = pushed(a)->schema;
    const struct policy *p = NULL;
    const char *text = PUSHED_POLICY;
    struct slice sources = slice_of(text, (size_t)(strstr(text, "push:\n") - text));
    EXPECT_EQ(policy_parse(sources, a, &p, NULL), OK);
    EXPECT(with->fingerprint == p->schema->fingerprint);
    EXPECT(with->push_fingerprint != 0);
    EXPECT(p->schema->push_fingerprint == 0);
    EXPECT(schema_identity(with) != schema_identity(p->schema));
}

TEST(a_policy_may_have_pushed_indices_alone)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    const char *text = "push: {e: {columns: {m: {treat: keep, as: keyword}}}}\n";
    EXPECT_EQ(policy_parse(slice_text(text), a, &p, NULL), OK);
    EXPECT_EQ(p->source_count, 0);
    EXPECT_EQ(p->push_count, 1);
}

TEST(pushed_indices_are_refused_by_line)
{
    expect_refused("push: [a]\n", "1: push must be a map of indices");
    expect_refused("push:\n  \"app-*\": {columns: {}}\n",
                   "2: push: app-*: patterns are not there yet; name each index");
    expect_refused("push:\n  app:\n    dynamic: true\n",
                   "3: push: app: dynamic is not there yet; declare its columns");
    expect_refused("push:\n  app:\n    key: id\n    columns: {}\n",
                   "3: key is no key of a pushed index; there are: time, columns");
    expect_refused("push:\n  App: {columns: {m: {treat: keep, as: keyword}}}\n",
                   "2: table App: an index name is lower case, without blanks and \\ / * ? \" < > "
                   "| , # :");
    expect_refused("push:\n  a: {columns: {m: {treat: drop}}}\n",
                   "2: table a: no column of it enters");
    expect_refused("push:\n  a: {time: m, columns: {m: {treat: keep, as: keyword}}}\n",
                   "2: table a: time must be one of its columns that enters as a date");
    expect_refused("push:\n"
                   "  a23456789012345678901234567890123456789012345678901234567890:\n"
                   "    columns: {m: {treat: keep, as: keyword}}\n",
                   "2: push: an index's name has at most 58 bytes");
}

TEST(a_pushed_index_has_no_name_of_a_table)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    struct fault why;
    const char *text = PUSHED_POLICY "  devices: {columns: {m: {treat: keep, as: keyword}}}\n";
    EXPECT_EQ(policy_parse(slice_text(text), a, &p, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "table devices is there twice") != NULL);
}
