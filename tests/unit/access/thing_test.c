// SPDX-License-Identifier: Apache-2.0
#include "access/thing.h"
#include "test.h"
#include "unit/access/gate.h"

enum { ARENA_BYTES = 4 << 20 };

static struct thing_change put(const char *name, const char *body)
{
    return (struct thing_change){.thing = {THING_ALIAS, slice_text(name), slice_text(body)},
                                 .words = slice_text("w")};
}

static struct thing_list all(struct gate *g, struct arena *arena)
{
    struct thing_list list;
    EXPECT_EQ(access_things(g->access, THING_ALIAS, arena, &list, NULL), OK);
    return list;
}

static enum err change(struct gate *g, const struct thing_change *changes, uint32_t count,
                       struct fault *why)
{
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    return access_things_change(g->access, NULL, changes, count, all(g, arena).generation, why);
}

TEST(thing_is_put_changed_and_removed)
{
    struct gate g = gate_open();
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    EXPECT_EQ(all(&g, arena).count, 0);
    const struct thing_change two[] = {put("b", "{}"), put("a", "{\"x\":1}")};
    EXPECT_EQ(change(&g, two, 2, NULL), OK);
    struct thing_list list = all(&g, arena);
    EXPECT_EQ(list.count, 2);
    EXPECT(slice_is(list.at[0].name, "a") && slice_is(list.at[0].body, "{\"x\":1}"));
    const struct thing_change next[] = {put("a", "{\"x\":2}"), put("b", "")};
    EXPECT_EQ(change(&g, next, 2, NULL), OK);
    list = all(&g, arena);
    EXPECT_EQ(list.count, 1);
    EXPECT(slice_is(list.at[0].body, "{\"x\":2}"));
    gate_close(&g);
}

TEST(thing_changes_are_done_all_or_none)
{
    struct gate g = gate_open();
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    const struct thing_change bad[] = {put("a", "{}"), put("nosuch", "")};
    EXPECT_EQ(change(&g, bad, 2, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(all(&g, arena).count, 0);
    const struct thing_change nameless = put("", "{}");
    EXPECT_EQ(change(&g, &nameless, 1, NULL), ERR_INVALID);
    gate_close(&g);
}

TEST(thing_change_upon_what_is_no_longer_so_is_refused)
{
    struct gate g = gate_open();
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    const struct thing_change one = put("a", "{}");
    uint64_t before = all(&g, arena).generation;
    EXPECT_EQ(access_things_change(g.access, NULL, &one, 1, before, NULL), OK);
    EXPECT_EQ(access_things_change(g.access, NULL, &one, 1, before, NULL), ERR_CONFLICT);
    gate_close(&g);
}

TEST(thing_kinds_have_names)
{
    EXPECT(strcmp(thing_kind_name(THING_ALIAS), "alias") == 0);
}
