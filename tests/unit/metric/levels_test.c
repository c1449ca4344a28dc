// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "metric/levels.h"
#include "test.h"
#include "unit/store/fixture.h"

static void expect_steps(int64_t every_ms, uint32_t count, const int64_t *per)
{
    struct levels l;
    levels_init(&l, 0, every_ms);
    EXPECT_EQ(l.count, count);
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(l.per[i], per[i]);
    levels_done(&l);
}

TEST(levels_are_the_hour_and_the_day_where_the_metric_s_own_step_divides_them)
{
    expect_steps(5 * MS_PER_MINUTE, 4, (int64_t[]){1, 12, 288, 0});
    expect_steps(MS_PER_HOUR, 3, (int64_t[]){1, 24, 0});
    expect_steps(90 * MS_PER_MINUTE, 3, (int64_t[]){1, 16, 0});
    expect_steps(7 * MS_PER_MINUTE, 2, (int64_t[]){1, 0});
    expect_steps(MS_PER_DAY, 2, (int64_t[]){1, 0});
    expect_steps(7 * (int64_t)MS_PER_DAY, 2, (int64_t[]){1, 0});
}

enum { KINDS = 6, ITEMS = 400, SPAN = 6 * 288 };

struct heap {
    struct levels levels;
    struct levels_item items[ITEMS]; // those that are there
    uint32_t codes[ITEMS];
    uint32_t count;
};

struct seen {
    const struct levels *levels;
    int64_t unit, from, to; // of the question
    int64_t counts[KINDS];  // of the unit under way
    int64_t at;
    uint32_t buckets;
    const struct heap *model;
};

static void expect_unit(const struct seen *s, int64_t at)
{
    int64_t counts[KINDS] = {0};
    for (uint32_t i = 0; i < s->model->count; i++) {
        const struct levels_item *item = &s->model->items[i];
        bool is_in = item->at >= s->from && item->at < s->to;
        if (is_in && (s->unit == 0 || levels_floor(item->at, s->unit) == at))
            counts[s->model->codes[i]] += item->by.count;
    }
    for (uint32_t k = 0; k < KINDS; k++)
        EXPECT_EQ(s->counts[k], counts[k]);
}

static bool see(void *context, int64_t at, const struct level_bucket *b)
{
    struct seen *s = context;
    EXPECT(s->buckets == 0 || at >= s->at);
    if (s->buckets && at != s->at) {
        expect_unit(s, s->at);
        memset(s->counts, 0, sizeof s->counts);
    }
    s->at = at;
    s->buckets++;
    const struct level_cell *cells = bucket_cells(b);
    for (uint32_t i = 0; i < b->cap; i++)
        if (cells[i].combo != CODE_NONE)
            s->counts[combos_codes(&s->levels->combos, cells[i].combo)[0]] += cells[i].by.count;
    return true;
}

static uint32_t walk(const struct heap *m, int64_t unit, int64_t from, int64_t to)
{
    struct seen s = {.levels = &m->levels, .unit = unit, .from = from, .to = to, .model = m};
    struct levels_walk w = {
        .levels = &m->levels, .from = from, .to = to, .unit = unit, .each = see, .context = &s};
    levels_walk(&w);
    expect_unit(&s, s.at);
    return s.buckets;
}

static void come(struct heap *m, struct test_random *r)
{
    if (m->count == ITEMS)
        return;
    uint32_t i = m->count++;
    m->codes[i] = test_random(r, KINDS);
    m->items[i] = (struct levels_item){.at = (int64_t)test_random(r, SPAN) - SPAN / 3,
                                       .codes = &m->codes[i],
                                       .by = {1 + test_random(r, 3), 0}};
    EXPECT(levels_add(&m->levels, &m->items[i], 1));
}

static void go(struct heap *m, struct test_random *r)
{
    if (m->count == 0)
        return;
    uint32_t i = test_random(r, m->count);
    struct levels_item back = m->items[i];
    back.by.count = -back.by.count;
    EXPECT(levels_add(&m->levels, &back, 1));
    m->count--;
    m->codes[i] = m->codes[m->count];
    m->items[i] = m->items[m->count];
    m->items[i].codes = &m->codes[i];
}

static void build_anew(struct heap *m)
{
    levels_reset(&m->levels);
    for (uint32_t i = 0; i < m->count; i++)
        EXPECT(levels_add_finest(&m->levels, m->items[i].at, m->items[i].codes, m->items[i].by));
    EXPECT(levels_derive(&m->levels));
}

static void walk_at_random(const struct heap *m, struct test_random *r)
{
    static const int64_t units[] = {0, 1, 2, 12, 18, 24, 144, 288, 432, 2016};
    int64_t from = (int64_t)test_random(r, SPAN) - SPAN / 3;
    int64_t to = from + test_random(r, SPAN) - 5;
    if (test_random(r, 3) == 0)
        from = levels_floor(from, test_random(r, 2) ? 12 : 288);
    if (test_random(r, 3) == 0)
        to = levels_floor(to, test_random(r, 2) ? 12 : 288);
    walk(m, units[test_random(r, 10)], test_random(r, 4) ? from : INT64_MIN,
         test_random(r, 4) ? to : INT64_MAX);
}

TEST(levels_say_what_a_naive_sum_says_whatever_the_bounds)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct test_random r = {.state = seed};
        static struct heap m;
        m = (struct heap){0};
        levels_init(&m.levels, 1, 5 * MS_PER_MINUTE);
        for (int step = 0; step < 2000; step++) {
            if (test_random(&r, 1000) < (step % 1000 < 600 ? 700 : 250))
                come(&m, &r);
            else
                go(&m, &r);
            if (step % 700 == 699)
                build_anew(&m);
            levels_settle(&m.levels);
            walk_at_random(&m, &r);
        }
        levels_done(&m.levels);
    }
}

TEST(levels_read_the_longest_buckets_that_fit)
{
    static struct heap m;
    m = (struct heap){0};
    levels_init(&m.levels, 1, 5 * MS_PER_MINUTE);
    m.codes[0] = 2;
    for (int64_t at = 0; at < 10 * 288; at++) {
        struct levels_item item = {.at = at, .codes = m.codes, .by = {1, 0}};
        EXPECT(levels_add(&m.levels, &item, 1));
    }
    levels_settle(&m.levels);
    struct seen s = {.levels = &m.levels};
    struct levels_walk w = {
        .levels = &m.levels, .from = INT64_MIN, .to = INT64_MAX, .each = see, .context = &s};
    levels_walk(&w);
    EXPECT_EQ(s.buckets, 1); // all time
    s.buckets = 0;
    w.from = 0; // no bound, as nothing is before
    levels_walk(&w);
    EXPECT_EQ(s.buckets, 1);
    s.buckets = 0;
    w.from = 288 - 13; // 5 minutes, an hour, 2 days, 2 hours, 10 minutes
    w.to = 3 * 288 + 26;
    levels_walk(&w);
    EXPECT_EQ(s.buckets, 1 + 1 + 2 + 2 + 2);
    EXPECT_EQ(s.counts[2], 2 * 10 * 288 + 2 * 288 + 13 + 26);
    levels_done(&m.levels);
}

TEST(levels_keep_a_combo_only_while_it_counts_something)
{
    struct levels l;
    levels_init(&l, 1, MS_PER_HOUR);
    for (uint32_t i = 0; i < 20000; i++) {
        struct levels_item item = {.at = i % 5, .codes = &i, .by = {1, 1}};
        EXPECT(levels_add(&l, &item, 1));
        item.by = (struct cell_count){-1, -1};
        EXPECT(levels_add(&l, &item, 1));
    }
    EXPECT(l.combos.cap <= 256);
    EXPECT_EQ(l.at[0].live + l.at[1].live + l.at[2].live, 0);
    levels_done(&l);
}
