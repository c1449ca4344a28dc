// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "faulty_world.h"
#include "metric/cube_private.h"
#include "store/store_private.h"
#include "unit/search/town.h"
#include "unit/store/fixture.h"

#include <stdio.h>

enum { HOUR = 3600000, KEYS = 200, DEVICES_ALL = 8, STEPS = 40 };

struct life {
    struct town town;
    struct cubes *cubes;
    struct test_random random;
};

static enum err open_in(struct life *l, const struct world *w)
{
    EXPECT_EQ(cubes_new(town_schema(0), &l->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(l->cubes);
    struct store_options options = {.seal_rows = 20, .merge_fan_in = 2, .listener = &listener};
    enum err e = store_open(w, town_schema(0), &options, &l->town.store, &l->town.why);
    if (e)
        l->town.store = NULL;
    return e;
}

static void close_store(struct life *l)
{
    store_close(l->town.store);
    cubes_free(l->cubes);
    l->town.store = NULL;
    l->cubes = NULL;
}

static void begin_life(struct life *l, uint64_t seed)
{
    *l = (struct life){.random = {seed}};
    l->town.world = fixture_world();
    l->town.request = arena_new(LIMIT_REQUEST_ARENA_BYTES);
}

static void end_life(struct life *l)
{
    close_store(l);
    arena_free(l->town.request);
    fixture_world_drop(&l->town.world);
}

static void reopen(struct life *l)
{
    close_store(l);
    EXPECT_EQ(open_in(l, &l->town.world), OK);
}

// ---- rows ----

static const char *const ids[DEVICES_ALL] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const char *const texts[] = {"x", "y", "z", NULL};

static struct town_row event(struct test_random *r)
{
    struct town_row e = {.op = ROW_PUT, .key = test_random(r, KEYS)};
    if (test_random(r, 5) == 0)
        e.op = ROW_DELETE;
    if (test_random(r, 150) == 0)
        return (struct town_row){.op = ROW_TRUNCATE};
    if (e.op != ROW_PUT)
        return e;
    e.cells[E_DEVICE] = T(test_random(r, 6) ? ids[test_random(r, DEVICES_ALL)] : NULL);
    e.cells[E_HOST] = T(texts[test_random(r, 4)]);
    e.cells[E_OUTCOME] = T(test_random(r, 3) ? "ok" : "bad");
    if (test_random(r, 8))
        e.cells[E_AT] = N((double)test_random(r, 9) * HOUR - 4.0 * HOUR);
    if (test_random(r, 3))
        e.cells[E_OK] = N(test_random(r, 2));
    return e;
}

static struct town_row device(struct test_random *r)
{
    uint32_t key = test_random(r, DEVICES_ALL);
    struct town_row d = {.op = ROW_PUT, .key = key};
    if (test_random(r, 6) == 0)
        d.op = ROW_DELETE;
    if (test_random(r, 40) == 0)
        return (struct town_row){.op = ROW_TRUNCATE};
    if (d.op != ROW_PUT)
        return d;
    d.cells[D_ID] = T(ids[key]);
    d.cells[D_MODEL] = T(texts[test_random(r, 4)]);
    if (test_random(r, 3))
        d.cells[D_YEAR] = N(2000 + test_random(r, 5));
    return d;
}

static enum err one_step(struct life *l)
{
    struct town_row rows[24];
    struct test_random *r = &l->random;
    bool is_device = test_random(r, 3) == 0;
    uint32_t count = 1 + test_random(r, is_device ? 4 : 24);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = is_device ? device(r) : event(r);
    return town_try_put(&l->town, is_device ? TOWN_DEVICES : TOWN_EVENTS, rows, count);
}

static void step(struct life *l)
{
    EXPECT_EQ(one_step(l), OK);
}

// ---- what is right ----

static void expect_same_value(const struct value *a, const struct value *b)
{
    EXPECT_EQ(a->type, b->type);
    if (a->type == VALUE_TEXT)
        EXPECT(slice_equal(a->text, b->text));
    else if (a->type != VALUE_NONE)
        EXPECT_EQ(a->i64, b->i64);
}

static void expect_same_answer(const struct metric_answer *a, const struct metric_answer *b)
{
    EXPECT_EQ(a->row_count, b->row_count);
    for (uint32_t i = 0; i < a->row_count; i++) {
        EXPECT_EQ(a->rows[i].time_ms, b->rows[i].time_ms);
        EXPECT_EQ(a->rows[i].count, b->rows[i].count);
        EXPECT_EQ(a->rows[i].matched, b->rows[i].matched);
        for (uint32_t d = 0; d < a->metric->by_count; d++)
            expect_same_value(&a->rows[i].by[d], &b->rows[i].by[d]);
    }
}

static void ask(struct life *l, struct cubes *cs, const struct metric_question *q,
                struct metric_answer *out)
{
    struct snapshot *now = store_snapshot(l->town.store);
    EXPECT_EQ(cubes_ask(cs, now, q, l->town.request, out, &l->town.why), OK);
    snapshot_free(now);
}

// Every cell of the cubes is what counting all rows gives.
static void expect_exact(struct life *l)
{
    const struct schema *s = town_schema(0);
    struct cubes *anew;
    EXPECT_EQ(cubes_new(s, &anew, NULL), OK);
    struct snapshot *now = store_snapshot(l->town.store);
    cubes_build(anew, now);
    snapshot_free(now);
    for (uint32_t m = 0; m < s->metric_count; m++) {
        struct slice by[METRIC_DIMS_MAX];
        for (uint32_t d = 0; d < s->metrics[m].by_count; d++)
            by[d] = slice_text(s->metrics[m].by[d].name);
        const int64_t everys[] = {s->metrics[m].every_ms, 24LL * HOUR, 0};
        for (int i = 0; i < 3; i++) {
            struct metric_question q = {.metric = slice_text(s->metrics[m].name),
                                        .by = by,
                                        .by_count = s->metrics[m].by_count,
                                        .every_ms = everys[i]};
            struct metric_answer a;
            struct metric_answer b;
            ask(l, l->cubes, &q, &a);
            ask(l, anew, &q, &b);
            expect_same_answer(&a, &b);
        }
        EXPECT_EQ(l->cubes->all[m].untimed, anew->all[m].untimed);
    }
    cubes_free(anew);
    arena_reset(l->town.request);
}

// ---- tests ----

static void live(uint64_t seed)
{
    struct life l;
    begin_life(&l, seed);
    EXPECT_EQ(open_in(&l, &l.town.world), OK);
    uint32_t read = 0;
    for (int i = 0; i < STEPS; i++) {
        step(&l);
        if (test_random(&l.random, 4) == 0) {
            reopen(&l);
            read += cubes_begun(l.cubes).read;
        }
        if (test_random(&l.random, 4) == 0)
            expect_exact(&l);
    }
    EXPECT(read > 4);
    expect_exact(&l);
    end_life(&l);
}

TEST(cubes_kept_with_the_segments_say_what_a_recount_says)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        live(seed);
}

static void fill(struct life *l, uint64_t seed)
{
    begin_life(l, seed);
    EXPECT_EQ(open_in(l, &l->town.world), OK);
    for (int i = 0; i < 12; i++)
        step(l);
    EXPECT(l->town.store->image->kept.file != 0);
}

TEST(cubes_are_read_back_without_a_look_at_rows)
{
    struct life l;
    fill(&l, 5);
    reopen(&l);
    struct cubes_begun begun = cubes_begun(l.cubes);
    EXPECT_EQ(begun.read, town_schema(0)->metric_count);
    EXPECT_EQ(begun.counted, 0);
    EXPECT(begun.why[0] == '\0');
    expect_exact(&l);
    end_life(&l);
}

static void expect_counted_anew(struct life *l, const char *why)
{
    EXPECT_EQ(open_in(l, &l->town.world), OK);
    struct cubes_begun begun = cubes_begun(l->cubes);
    EXPECT_EQ(begun.read, 0);
    EXPECT_EQ(begun.counted, town_schema(0)->metric_count);
    EXPECT(strstr(begun.why, why) != NULL);
    expect_exact(l);
}

TEST(cubes_whose_file_is_lost_or_broken_are_counted_anew_and_say_so)
{
    struct life l;
    char name[SEGMENT_FILE_NAME_BYTES];
    for (int broken = 0; broken < 3; broken++) {
        fill(&l, 6);
        kept_file_name(l.town.store->image->kept.file, name);
        close_store(&l);
        const struct world *w = &l.town.world;
        struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
        EXPECT_EQ(world_read_file(w, name, &bytes, NULL), OK);
        EXPECT_EQ(w->ops->remove(w, name, NULL), OK);
        bytes.at[bytes.len / 2] ^= broken == 1;
        bytes.len -= broken == 2;
        if (broken)
            EXPECT_EQ(world_write_file(w, name, buf_slice(&bytes), NULL), OK);
        expect_counted_anew(&l, broken ? "checksum" : "not what the manifest says");
        end_life(&l);
    }
}

// An older file under the name of the one that the manifest means.
TEST(cubes_of_an_older_manifest_are_not_taken)
{
    struct life l;
    char name[SEGMENT_FILE_NAME_BYTES];
    fill(&l, 7);
    uint64_t older = l.town.store->image->kept.file;
    kept_file_name(older, name);
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(world_read_file(&l.town.world, name, &bytes, NULL), OK);
    while (l.town.store->image->kept.file == older)
        step(&l);
    kept_file_name(l.town.store->image->kept.file, name);
    close_store(&l);
    EXPECT_EQ(world_write_file(&l.town.world, name, buf_slice(&bytes), NULL), OK);
    expect_counted_anew(&l, "checksum");
    end_life(&l);
}

TEST(cubes_of_another_declaration_are_counted_anew_the_others_read)
{
    struct life l;
    fill(&l, 8);
    close_store(&l);
    struct schema s = *town_schema(0);
    struct metric_decl metrics[2] = {s.metrics[0], s.metrics[1]};
    metrics[0].ratio_is_not = !metrics[0].ratio_is_not;
    s.metrics = metrics;
    EXPECT_EQ(cubes_new(&s, &l.cubes, NULL), OK);
    struct store_listener listener = cubes_listener(l.cubes);
    struct store_options options = {.seal_rows = 30, .listener = &listener};
    EXPECT_EQ(store_open(&l.town.world, &s, &options, &l.town.store, NULL), OK);
    struct cubes_begun begun = cubes_begun(l.cubes);
    EXPECT_EQ(begun.read, 1);
    EXPECT_EQ(begun.counted, 1);
    EXPECT(strstr(begun.why, metrics[0].name) != NULL);
    end_life(&l);
}

// A short life in a world that breaks; then the store is opened in a sound one.
static bool live_with_fault(uint64_t seed, uint64_t at, enum fault_kind kind)
{
    struct life l;
    begin_life(&l, seed);
    struct world broken = faulty_world(&l.town.world);
    faulty_arm(at, kind);
    bool opened = open_in(&l, &broken) == OK;
    for (int i = 0; i < 8 && opened; i++)
        (void)one_step(&l);
    if (opened && !faulty_fired())
        EXPECT_EQ(cubes_begun(l.cubes).read, 0);
    close_store(&l);
    bool fired = faulty_fired();
    faulty_power_back();
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(open_in(&l, &l.town.world), OK);
        EXPECT(cubes_begun(l.cubes).why[0] == '\0');
        expect_exact(&l);
        step(&l);
        expect_exact(&l);
        close_store(&l);
    }
    EXPECT_EQ(open_in(&l, &l.town.world), OK);
    end_life(&l);
    return fired;
}

enum { FAULT_STEP = SANITIZED ? 13 : 3 }; // from one fault to the next that is tried

TEST(cubes_are_exact_after_any_one_fault_or_a_power_cut_at_any_operation)
{
    for (int kind = FAULT_ONCE; kind <= FAULT_POWER; kind++) {
        uint64_t at = 1;
        while (live_with_fault(21 + (uint64_t)kind, at, (enum fault_kind)kind))
            at += FAULT_STEP;
        EXPECT(at > 50);
    }
}
