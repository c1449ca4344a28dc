// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"
#include "test.h"
#include "unit/access/gate.h"

static struct access_note note_of(const char *name)
{
    return (struct access_note){.at_ms = 7,
                                .who = slice_text("ada"),
                                .via = slice_text("policy.yml"),
                                .action = slice_text("policy.tighten"),
                                .name = slice_text(name),
                                .words = slice_text("version 1 -> version 2")};
}

TEST(catalog_notes_come_back_whole_and_oldest_first)
{
    struct gate g = gate_open();
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 16);
    struct catalog *c = g.access->catalog;
    const struct access_note first = note_of("one");
    const struct access_note second = note_of("two");
    struct access_note back;
    EXPECT_EQ(catalog_note_get(c, arena, &back, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(catalog_note_add(c, &first, NULL), OK);
    EXPECT_EQ(catalog_note_add(c, &second, NULL), OK);
    EXPECT_EQ(catalog_note_get(c, arena, &back, NULL), OK);
    EXPECT(slice_is(back.name, "one") && slice_is(back.who, "ada") && back.at_ms == 7);
    EXPECT(slice_is(back.via, "policy.yml") && slice_is(back.action, "policy.tighten"));
    EXPECT(slice_is(back.words, "version 1 -> version 2"));
    EXPECT_EQ(catalog_note_drop(c, back.id, NULL), OK);
    EXPECT_EQ(catalog_note_get(c, arena, &back, NULL), OK);
    EXPECT(slice_is(back.name, "two"));
    gate_close(&g);
}

TEST(catalog_notes_never_share_a_number)
{
    struct gate g = gate_open();
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 16);
    struct catalog *c = g.access->catalog;
    const struct access_note note = note_of("one");
    struct access_note first;
    struct access_note second;
    EXPECT_EQ(catalog_note_add(c, &note, NULL), OK);
    EXPECT_EQ(catalog_note_get(c, arena, &first, NULL), OK);
    EXPECT_EQ(catalog_note_drop(c, first.id, NULL), OK);
    EXPECT_EQ(catalog_note_add(c, &note, NULL), OK);
    EXPECT_EQ(catalog_note_get(c, arena, &second, NULL), OK);
    EXPECT(second.id > first.id);
    gate_close(&g);
}
