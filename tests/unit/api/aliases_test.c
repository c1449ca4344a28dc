// SPDX-License-Identifier: Apache-2.0
#include "api/aliases.h"
#include "test.h"
#include "unit/access/gate.h"

static const struct table tables[] = {{.name = "a"}, {.name = "b"}};
static const struct schema schema = {.table_count = 2, .tables = tables};

struct stage {
    struct gate gate;
    struct arena *arena;
    struct alias_list list;
};

static void stage_open(struct stage *s)
{
    s->gate = gate_open();
    s->arena = arena_new(8 << 20);
    EXPECT_EQ(aliases_read(s->gate.access, &schema, s->arena, &s->list, NULL), OK);
}

static void stage_done(struct stage *s)
{
    arena_free(s->arena);
    gate_close(&s->gate);
}

static const struct json *options(struct stage *s, const char *text)
{
    const struct json *v = NULL;
    EXPECT_EQ(json_parse(slice_text(text), s->arena, &v, NULL), OK);
    return v;
}

static enum err change(struct stage *s, const struct alias_edit *edits, uint32_t count,
                       struct fault *why)
{
    const struct alias_edits all = {&schema, &s->list, edits, count};
    enum err e = aliases_change(s->gate.access, NULL, &all, s->arena, why);
    if (e == OK)
        EXPECT_EQ(aliases_read(s->gate.access, &schema, s->arena, &s->list, NULL), OK);
    return e;
}

TEST(aliases_come_and_go_all_or_none)
{
    struct stage s;
    stage_open(&s);
    EXPECT_EQ(s.list.count, 0);
    const struct slice x = slice_text("x");
    const struct alias_edit add[] = {{x, 0, options(&s, "{}")}, {x, 1, options(&s, "{}")}};
    EXPECT_EQ(change(&s, add, 2, NULL), OK);
    EXPECT_EQ(s.list.count, 2);
    EXPECT(aliases_has(&s.list, x) && !aliases_has(&s.list, slice_text("y")));
    const struct alias_edit bad[] = {{x, 0, NULL}, {slice_text("y"), 0, NULL}};
    EXPECT_EQ(change(&s, bad, 2, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(s.list.count, 2);
    EXPECT_EQ(change(&s, bad, 1, NULL), OK);
    EXPECT_EQ(s.list.count, 1);
    EXPECT_EQ(s.list.at[0].table, 1);
    const struct alias_edit rest[] = {{x, 1, NULL}};
    EXPECT_EQ(change(&s, rest, 1, NULL), OK);
    EXPECT_EQ(s.list.count, 0);
    // One that comes and goes in the same request leaves nothing.
    const struct alias_edit both[] = {{x, 1, options(&s, "{}")}, {x, 1, NULL}};
    EXPECT_EQ(change(&s, both, 2, NULL), OK);
    stage_done(&s);
}

TEST(aliases_say_where_is_written)
{
    struct stage s;
    uint32_t table = 9;
    stage_open(&s);
    const struct slice x = slice_text("x");
    const struct alias_edit one[] = {{x, 1, options(&s, "{}")}};
    EXPECT_EQ(aliases_write_index(&s.list, x, &table, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(change(&s, one, 1, NULL), OK);
    EXPECT_EQ(aliases_write_index(&s.list, x, &table, NULL), OK);
    EXPECT_EQ(table, 1);
    const struct alias_edit two[] = {{x, 0, options(&s, "{}")}};
    EXPECT_EQ(change(&s, two, 1, NULL), OK);
    EXPECT_EQ(aliases_write_index(&s.list, x, &table, NULL), ERR_INVALID);
    const struct alias_edit named[] = {{x, 0, options(&s, "{\"is_write_index\":true}")}};
    EXPECT_EQ(change(&s, named, 1, NULL), OK);
    EXPECT_EQ(aliases_write_index(&s.list, x, &table, NULL), OK);
    EXPECT_EQ(table, 0);
    struct fault why = {0};
    const struct alias_edit more[] = {{x, 1, options(&s, "{\"is_write_index\":true}")}};
    EXPECT_EQ(change(&s, more, 1, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "more than one write index"));
    const struct alias_edit off[] = {{x, 0, NULL},
                                     {x, 1, options(&s, "{\"is_write_index\":false}")}};
    EXPECT_EQ(change(&s, off, 2, NULL), OK);
    EXPECT_EQ(aliases_write_index(&s.list, x, &table, NULL), ERR_INVALID);
    stage_done(&s);
}

// The policy may name an index as an alias is called, or no longer have one that an alias is of.
TEST(aliases_stand_below_the_indices_of_the_policy)
{
    static const struct table other[] = {{.name = "x"}, {.name = "b"}};
    static const struct schema later = {.table_count = 2, .tables = other};
    struct stage s;
    struct alias_list list;
    stage_open(&s);
    const struct alias_edit add[] = {
        {slice_text("x"), 1, options(&s, "{}")},
        {slice_text("y"), 0, options(&s, "{}")},
        {slice_text("y"), 1, options(&s, "{\"filter\":{\"term\":{}}}")}};
    EXPECT_EQ(change(&s, add, 3, NULL), OK);
    EXPECT_EQ(aliases_read(s.gate.access, &later, s.arena, &list, NULL), OK);
    EXPECT_EQ(list.count, 1);
    EXPECT(slice_is(list.at[0].name, "y") && alias_filter(&list.at[0]));
    stage_done(&s);
}
