// SPDX-License-Identifier: Apache-2.0
#include "access/permit.h"
#include "api/cursor.h"
#include "base/arena.h"
#include "test.h"
#include "unit/api/talk.h"

#include <stdio.h>

static const int64_t minute_us = 60LL * 1000 * 1000;

struct owned { // one caller and his permit
    struct talk talk;
    struct principal who;
    const struct permit *permit;
    uint32_t table;
};

static void owned_open(struct owned *o)
{
    talk_open(&o->talk, 0);
    o->who = (struct principal){.name = "one", .roles = 1U << ROLE_ANALYST};
    o->table = TOWN_EVENTS;
    EXPECT_EQ(
        permit_make(&o->who, ACTION_READ, slice_text("events"), o->talk.request, &o->permit, NULL),
        OK);
}

static struct cursor *open_one(struct owned *o, int64_t now_us)
{
    struct cursor *c = NULL;
    const struct cursor_wish wish = {.kind = CURSOR_SCROLL,
                                     .who = &o->who,
                                     .permit = o->permit,
                                     .tables = {.tables = &o->table, .count = 1},
                                     .wish = {.expression = slice_text("events")},
                                     .body = slice_text("{}"),
                                     .keep_ms = 60 * 1000};
    EXPECT_EQ(cursor_open(o->talk.cursors, &wish, now_us, &c, NULL), OK);
    return c;
}

static enum err take(struct owned *o, const char *id, int64_t now_us, struct cursor **out)
{
    const struct cursor_ask ask = {.kind = CURSOR_SCROLL, .id = slice_text(id), .who = &o->who};
    return cursor_take(o->talk.cursors, &ask, now_us, out, NULL);
}

TEST(cursor_ends_when_nobody_asked_in_time)
{
    struct owned o;
    owned_open(&o);
    struct cursor *c = open_one(&o, 0);
    char id[CURSOR_ID_CHARS + 1];
    snprintf(id, sizeof id, "%s", c->id);
    cursors_sweep(o.talk.cursors, 10 * minute_us); // it is taken
    cursor_give(o.talk.cursors, c);
    EXPECT_EQ(take(&o, id, minute_us / 2, &c), OK); // and from here on has a minute again
    cursor_give(o.talk.cursors, c);
    EXPECT_EQ(take(&o, id, minute_us, &c), OK);
    cursor_give(o.talk.cursors, c);
    cursors_sweep(o.talk.cursors, 3 * minute_us);
    EXPECT_EQ(take(&o, id, 3 * minute_us, &c), ERR_NOT_FOUND);
    talk_close(&o.talk);
}

TEST(cursor_ends_after_its_life_however_often_it_is_asked)
{
    struct owned o;
    owned_open(&o);
    struct cursor *c = open_one(&o, 0);
    char id[CURSOR_ID_CHARS + 1];
    snprintf(id, sizeof id, "%s", c->id);
    cursor_give(o.talk.cursors, c);
    int64_t now = 0;
    while (take(&o, id, now, &c) == OK) {
        cursor_give(o.talk.cursors, c);
        now += minute_us / 2;
    }
    EXPECT_EQ(now, (int64_t)CURSOR_LIFE_MS_MAX * 1000);
    talk_close(&o.talk);
}

TEST(cursor_of_another_is_not_there)
{
    struct owned o;
    owned_open(&o);
    struct cursor *c = open_one(&o, 0);
    struct cursor *got = NULL;
    struct principal mine = o.who;
    snprintf(o.who.name, sizeof o.who.name, "two");
    EXPECT_EQ(take(&o, c->id, 0, &got), ERR_NOT_FOUND);
    EXPECT(!cursor_close(o.talk.cursors, CURSOR_SCROLL, slice_text(c->id), &o.who));
    EXPECT_EQ(cursors_close_all(o.talk.cursors, CURSOR_SCROLL, &o.who), 0);
    o.who = mine;
    snprintf(o.who.key_id, sizeof o.who.key_id, "key");
    EXPECT_EQ(take(&o, c->id, 0, &got), ERR_NOT_FOUND);
    o.who = mine;
    EXPECT(!cursor_close(o.talk.cursors, CURSOR_PIT, slice_text(c->id), &o.who));
    cursor_give(o.talk.cursors, c);
    talk_close(&o.talk);
}

TEST(cursor_that_is_closed_while_it_is_taken_stays_for_its_taker)
{
    struct owned o;
    owned_open(&o);
    struct cursor *c = open_one(&o, 0);
    EXPECT(cursor_close(o.talk.cursors, CURSOR_SCROLL, slice_text(c->id), &o.who));
    EXPECT(slice_is(c->wish.expression, "events"));
    cursor_give(o.talk.cursors, c);
    talk_close(&o.talk);
}

TEST(cursor_gives_back_the_sort_values_it_was_moved_to)
{
    struct owned o;
    owned_open(&o);
    struct cursor *c = open_one(&o, 0);
    const struct value sort[] = {{.type = VALUE_TEXT, .text = slice_text("x")},
                                 {.type = VALUE_NONE},
                                 {.type = VALUE_DOUBLE, .f64 = 0.1},
                                 {.type = VALUE_DATE, .i64 = -5},
                                 {.type = VALUE_BOOLEAN, .i64 = 1}};
    const struct hit hit = {.sort = sort, .doc = 77};
    const struct answer a = {.total = 9, .hits = &hit, .hit_count = 1};
    struct cursor_place at;
    EXPECT(!cursor_place(o.talk.cursors, c, o.talk.request, &at));
    EXPECT_EQ(cursor_move(o.talk.cursors, c, &a, 5, NULL), OK);
    EXPECT(cursor_place(o.talk.cursors, c, o.talk.request, &at));
    EXPECT_EQ(at.total, 9);
    EXPECT_EQ(at.after_doc, 77);
    EXPECT_EQ(at.after_count, 5);
    EXPECT(at.after[0].type == LITERAL_TEXT && slice_is(at.after[0].text, "x"));
    EXPECT(at.after[1].type == LITERAL_NULL);
    EXPECT(slice_is(at.after[2].text, "0.10000000000000001"));
    EXPECT(slice_is(at.after[3].text, "-5"));
    EXPECT(at.after[4].type == LITERAL_BOOL && at.after[4].truth);
    cursor_give(o.talk.cursors, c);
    talk_close(&o.talk);
}

TEST(cursor_keep_names_what_is_wrong)
{
    static const char *const bad[] = {"", "5", "m", "-1m", "0s", "61m", "1d", "1.5h"};
    int64_t ms = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(cursor_keep("scroll", slice_text(bad[i]), &ms, NULL), ERR_INVALID);
    EXPECT_EQ(cursor_keep("scroll", slice_text("60m"), &ms, NULL), OK);
    EXPECT_EQ(ms, CURSOR_KEEP_MS_MAX);
}
