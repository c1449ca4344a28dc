// SPDX-License-Identifier: Apache-2.0
#include "metric/cube.h"
#include "unit/search/town.h"
#include "unit/store/fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
    EVENT_KEYS = 60,
    DEVICE_KEYS = 8,
    FIVE_MINUTES = 300000,
    HOUR = 3600000,
    DAY = 24 * HOUR,
    WEEK = 7 * DAY
};

struct ledger { // what must be in the store
    struct town town;
    struct cubes *cubes;
    bool events_live[EVENT_KEYS], devices_live[DEVICE_KEYS];
    struct town_row events[EVENT_KEYS], devices[DEVICE_KEYS];
};

static const char *const device_ids[DEVICE_KEYS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const char *const models[] = {"m0", "m1", NULL};
static const char *const hosts[] = {"h0", "h1", NULL};
static const char *const outcomes[] = {"ok", "bad", NULL};

static void open_ledger(struct ledger *l)
{
    *l = (struct ledger){0};
    EXPECT_EQ(cubes_new(town_schema(0), &l->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(l->cubes);
    town_open(&l->town, 0, &listener);
}

static void close_ledger(struct ledger *l)
{
    town_close(&l->town);
    cubes_free(l->cubes);
}

// Half of all times lie within hours, so that buckets have more than one row.
static int64_t random_time(struct test_random *r)
{
    if (test_random(r, 2))
        return (int64_t)test_random(r, 4 * HOUR) - HOUR;
    return (int64_t)test_random(r, WEEK) - 3 * DAY;
}

static struct town_row random_event(struct test_random *r, uint64_t key)
{
    struct town_row e = {.op = ROW_PUT, .key = key};
    if (test_random(r, 6))
        e.cells[E_DEVICE] = T(device_ids[test_random(r, DEVICE_KEYS)]);
    e.cells[E_OUTCOME] = T(outcomes[test_random(r, 3)]);
    e.cells[E_HOST] = T(hosts[test_random(r, 3)]);
    if (test_random(r, 8))
        e.cells[E_AT] = N((double)random_time(r));
    if (test_random(r, 3))
        e.cells[E_OK] = N(test_random(r, 2));
    return e;
}

static struct town_row random_device(struct test_random *r, uint64_t key)
{
    struct town_row d = {.op = ROW_PUT, .key = key};
    d.cells[D_ID] = T(device_ids[key]);
    d.cells[D_MODEL] = T(models[test_random(r, 3)]);
    if (test_random(r, 3))
        d.cells[D_YEAR] = N(2000 + test_random(r, 2));
    return d;
}

static void change_events(struct ledger *l, struct test_random *r)
{
    struct town_row rows[20];
    uint32_t count = 1 + test_random(r, 20);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = test_random(r, EVENT_KEYS);
        rows[i] = random_event(r, key);
        if (test_random(r, 4) == 0)
            rows[i] = (struct town_row){.op = ROW_DELETE, .key = key};
        if (test_random(r, 200) == 0)
            rows[i] = (struct town_row){.op = ROW_TRUNCATE};
        if (rows[i].op == ROW_TRUNCATE)
            memset(l->events_live, 0, sizeof l->events_live);
        else
            l->events_live[key] = rows[i].op == ROW_PUT;
        l->events[key] = rows[i];
    }
    town_put(&l->town, TOWN_EVENTS, rows, count);
}

static void change_devices(struct ledger *l, struct test_random *r)
{
    struct town_row rows[4];
    uint32_t count = 1 + test_random(r, 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = test_random(r, DEVICE_KEYS);
        rows[i] = random_device(r, key);
        if (test_random(r, 4) == 0)
            rows[i] = (struct town_row){.op = ROW_DELETE, .key = key};
        if (test_random(r, 40) == 0)
            rows[i] = (struct town_row){.op = ROW_TRUNCATE};
        if (rows[i].op == ROW_TRUNCATE)
            memset(l->devices_live, 0, sizeof l->devices_live);
        else
            l->devices_live[key] = rows[i].op == ROW_PUT;
        l->devices[key] = rows[i];
    }
    town_put(&l->town, TOWN_DEVICES, rows, count);
}

static const struct town_row *device(const struct ledger *l, const struct town_row *e)
{
    for (uint32_t i = 0; e->cells[E_DEVICE].text && i < DEVICE_KEYS; i++)
        if (l->devices_live[i] && strcmp(device_ids[i], e->cells[E_DEVICE].text) == 0)
            return &l->devices[i];
    return NULL;
}

static bool same_text(const struct value *v, const char *text)
{
    return text ? v->type == VALUE_TEXT && slice_is(v->text, text) : v->type == VALUE_NONE;
}

static bool same_number(const struct value *v, const struct cell *c)
{
    return c && c->has ? v->type != VALUE_NONE && v->i64 == (int64_t)c->number
                       : v->type == VALUE_NONE;
}

static bool row_has(const struct ledger *l, const struct town_row *e, struct slice by,
                    const struct value *v)
{
    const struct town_row *d = device(l, e);
    if (slice_is(by, "device.model"))
        return same_text(v, d ? d->cells[D_MODEL].text : NULL);
    if (slice_is(by, "device.year"))
        return same_number(v, d ? &d->cells[D_YEAR] : NULL);
    if (slice_is(by, "host"))
        return same_text(v, e->cells[E_HOST].text);
    return same_number(v, &e->cells[E_OK]);
}

static int64_t floor_to(int64_t ms, int64_t every)
{
    return (ms >= 0 ? ms / every : -((-ms + every - 1) / every)) * every;
}

static bool is_asked_for(const struct metric_question *q, int64_t at)
{
    int64_t own = slice_is(q->metric, "failed") ? FIVE_MINUTES : HOUR;
    if (q->has_from && at < floor_to(q->from_ms, own))
        return false;
    return !q->has_to || at < floor_to(q->to_ms + own - 1, own);
}

static bool falls_into(const struct ledger *l, uint32_t key, const struct metric_question *q,
                       const struct metric_row *row)
{
    const struct town_row *e = &l->events[key];
    if (!l->events_live[key] || !e->cells[E_AT].has)
        return false;
    int64_t at = (int64_t)e->cells[E_AT].number;
    if (!is_asked_for(q, at))
        return false;
    if (row && q->every_ms && floor_to(at, q->every_ms) != row->time_ms)
        return false;
    for (uint32_t i = 0; row && i < q->by_count; i++)
        if (!row_has(l, e, q->by[i], &row->by[i]))
            return false;
    return true;
}

static void expect_exact(struct ledger *l, const struct metric_question *q)
{
    struct snapshot *now = store_snapshot(l->town.store);
    struct metric_answer a;
    EXPECT_EQ(cubes_ask(l->cubes, now, q, l->town.request, &a, &l->town.why), OK);
    snapshot_free(now);
    uint64_t total = 0;
    for (uint32_t i = 0; i < a.row_count; i++) {
        uint64_t count = 0;
        uint64_t matched = 0;
        for (uint32_t key = 0; key < EVENT_KEYS; key++) {
            if (!falls_into(l, key, q, &a.rows[i]))
                continue;
            const char *outcome = l->events[key].cells[E_OUTCOME].text;
            count++;
            matched += a.metric->kind == METRIC_RATIO && !(outcome && strcmp(outcome, "ok") == 0);
        }
        EXPECT_EQ(a.rows[i].count, count);
        EXPECT_EQ(a.rows[i].matched, matched);
        EXPECT(i == 0 || a.rows[i - 1].time_ms <= a.rows[i].time_ms);
        total += count;
    }
    for (uint32_t key = 0; key < EVENT_KEYS; key++)
        total -= falls_into(l, key, q, NULL);
    EXPECT_EQ(total, 0);
}

// Any `every`, with bounds that fit into no level, one level or all.
static void ask_at_random(struct ledger *l, struct test_random *r)
{
    static const int64_t everys[] = {0,        FIVE_MINUTES, 3 * FIVE_MINUTES, HOUR,
                                     2 * HOUR, DAY,          36 * HOUR,        WEEK};
    struct slice names[] = {slice_text("host"), slice_text("device.model")};
    struct slice numbers[] = {slice_text("device.year"), slice_text("ok")};
    bool failed = test_random(r, 2);
    struct metric_question q = {.metric = slice_text(failed ? "failed" : "counted"),
                                .by = failed ? names : numbers,
                                .by_count = test_random(r, 3),
                                .every_ms = everys[test_random(r, 8)],
                                .has_from = test_random(r, 3),
                                .has_to = test_random(r, 3),
                                .from_ms = random_time(r),
                                .to_ms = random_time(r)};
    if (!failed)
        q.every_ms = floor_to(q.every_ms, HOUR);
    if (test_random(r, 4) == 0)
        q.from_ms = floor_to(q.from_ms, test_random(r, 2) ? HOUR : DAY);
    if (test_random(r, 4) == 0)
        q.to_ms = floor_to(q.to_ms, test_random(r, 2) ? HOUR : DAY);
    expect_exact(l, &q);
}

static void ask_all(struct ledger *l)
{
    struct slice model = slice_text("device.model");
    struct slice both[] = {slice_text("host"), model};
    struct slice year[] = {slice_text("ok"), slice_text("device.year")};
    struct slice failed = slice_text("failed");
    struct slice counted = slice_text("counted");
    struct metric_question questions[] = {
        {.metric = failed, .by = &model, .by_count = 1},
        {.metric = failed, .by = both, .by_count = 2, .every_ms = 2 * FIVE_MINUTES},
        {.metric = failed,
         .has_from = true,
         .from_ms = -FIVE_MINUTES,
         .has_to = true,
         .to_ms = HOUR,
         .every_ms = FIVE_MINUTES},
        {.metric = counted, .by = year, .by_count = 2, .every_ms = HOUR},
        {.metric = counted, .by = year + 1, .by_count = 1},
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        expect_exact(l, &questions[i]);
}

static void run_ledger(uint64_t seed)
{
    struct test_random r = {.state = seed};
    struct ledger l;
    open_ledger(&l);
    for (int step = 0; step < 120; step++) {
        if (test_random(&r, 3))
            change_events(&l, &r);
        else
            change_devices(&l, &r);
        if (test_random(&r, 3) == 0)
            ask_all(&l);
        for (int i = 0; i < 4; i++)
            ask_at_random(&l, &r);
        arena_reset(l.town.request);
    }
    struct snapshot *now = store_snapshot(l.town.store);
    cubes_build(l.cubes, now);
    snapshot_free(now);
    ask_all(&l);
    for (int i = 0; i < 50; i++)
        ask_at_random(&l, &r);
    change_devices(&l, &r);
    change_events(&l, &r);
    ask_all(&l);
    close_ledger(&l);
}

TEST(cubes_say_what_a_naive_recount_says)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        run_ledger(seed);
}

TEST(cubes_count_facts_that_come_before_their_dimension_row)
{
    struct ledger l;
    open_ledger(&l);
    l.events[3] = (struct town_row){.key = 3, .cells = {[E_DEVICE] = T("b"), [E_AT] = N(5)}};
    l.events_live[3] = true;
    town_put(&l.town, TOWN_EVENTS, &l.events[3], 1);
    ask_all(&l);
    l.devices[1] = (struct town_row){.key = 1, .cells = {T("b"), T("m1")}};
    l.devices_live[1] = true;
    town_put(&l.town, TOWN_DEVICES, &l.devices[1], 1);
    ask_all(&l);
    close_ledger(&l);
}

struct asker {
    struct ledger *ledger;
    atomic_bool is_over;
    uint64_t answers;
};

static void *ask_all_the_time(void *context)
{
    struct asker *a = context;
    struct arena *arena = arena_new(64 << 20);
    struct slice model = slice_text("device.model");
    struct metric_question q = {.metric = slice_text("failed"), .by = &model, .by_count = 1};
    while (!atomic_load(&a->is_over) || a->answers == 0) {
        struct snapshot *now = store_snapshot(a->ledger->town.store);
        struct metric_answer out;
        if (cubes_ask(a->ledger->cubes, now, &q, arena, &out, NULL) == OK)
            a->answers++;
        snapshot_free(now);
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

TEST(cubes_stay_exact_while_somebody_asks_and_somebody_commits)
{
    struct test_random r = {.state = 99};
    struct ledger l;
    open_ledger(&l);
    struct asker asker = {.ledger = &l};
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, ask_all_the_time, &asker), 0);
    for (int step = 0; step < 150; step++) {
        if (test_random(&r, 2))
            change_events(&l, &r);
        else
            change_devices(&l, &r);
    }
    atomic_store(&asker.is_over, true);
    pthread_join(thread, NULL);
    EXPECT(asker.answers > 0);
    ask_all(&l);
    close_ledger(&l);
}
