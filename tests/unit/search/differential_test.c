// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "unit/search/differential.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORLDS = 24, CASES = 25 };

// ---- cases ----

static void sort_hits(struct diff *d, struct diff_case *c)
{
    const struct diff_field *f = diff_field(d, DIFF_ANY);
    const char *direction = diff_one_in(d, 2) ? "desc" : "asc";
    bool is_first = diff_one_in(d, 3);
    c->size = 1 + diff_below(d, 40);
    c->from = diff_one_in(d, 3) ? diff_below(d, 100) : 0;
    c->sort_json = diff_print(d, "{\"%s\":{\"order\":\"%s\",\"missing\":\"%s\"}}", f->name,
                              direction, is_first ? "_first" : "_last");
    c->sort_sql = f->sql;
    c->sort_order =
        diff_print(d, "%s IS %sNULL, %s %s", f->sql, is_first ? "NOT " : "", f->sql, direction);
}

static struct diff_case random_case(struct diff *d)
{
    static const uint32_t asks[] = {ASKS_EVENTS,  ASKS_EVENTS, ASKS_EVENTS,
                                    ASKS_EVENTS,  ASKS_EVENTS, ASKS_EVENTS,
                                    ASKS_DEVICES, ASKS_CALLS,  ASKS_BOTH};
    struct diff_case c = {0};
    d->asks = asks[diff_below(d, sizeof asks / sizeof *asks)];
    d->step_count = d->alias_count = 0;
    c.filter = (struct diff_filter){"{\"match_all\":{}}", "1"};
    if (!diff_one_in(d, 3))
        c.filter = diff_filter(d, 2);
    c.agg_count = diff_below(d, DIFF_SUBS_MAX + 1);
    for (uint32_t i = 0; i < c.agg_count; i++) {
        c.aggs[i] = diff_agg(d, 1 + diff_below(d, 3), true);
        c.aggs[i]->name = diff_print(d, "a%u", i);
    }
    if (c.agg_count == 0 || diff_one_in(d, 5))
        sort_hits(d, &c);
    return c;
}

static const char *const indices[] = {[ASKS_EVENTS] = "events",
                                      [ASKS_DEVICES] = "devices",
                                      [ASKS_CALLS] = "calls",
                                      [ASKS_BOTH] = "events,calls"};

// NULL when it is answered as SQLite answers, or too large to be.
static const char *try_case(struct diff *d, const struct diff_case *c, bool *out_too_large)
{
    struct answer a;
    arena_reset(d->town.request);
    enum err e = town_try(&d->town, indices[d->asks], diff_case_json(d, c), &a);
    *out_too_large = e == ERR_LIMIT;
    if (e == ERR_LIMIT)
        return NULL;
    if (e)
        return diff_print(d, "%s: %s", err_name(e), d->town.why.words);
    return diff_check(d, c, &a);
}

// ---- making a failing case smaller ----

static bool still_fails(struct diff *d, const struct diff_case *c, const char **wrong)
{
    bool too_large;
    const char *now = try_case(d, c, &too_large);
    // What cannot be asked is no smaller case of what is answered wrongly.
    if (now && (strncmp(now, "invalid", 7) != 0 || strncmp(*wrong, "invalid", 7) == 0))
        *wrong = now;
    return now == *wrong;
}

// Tries to leave out one aggregation after the other, at every depth.
static bool drop_one(struct diff *d, struct diff_case *c, struct diff_agg **list, uint32_t *count,
                     const char **wrong)
{
    for (uint32_t i = 0; i < *count; i++) {
        struct diff_agg *kept[DIFF_SUBS_MAX];
        memcpy(kept, list, sizeof kept);
        memmove(list + i, list + i + 1, (*count - i - 1) * sizeof *list);
        (*count)--;
        if (still_fails(d, c, wrong))
            return true;
        (*count)++;
        memcpy(list, kept, sizeof kept);
        struct diff_agg *a = list[i];
        if (drop_one(d, c, a->subs, &a->sub_count, wrong))
            return true;
    }
    return false;
}

static void make_smaller(struct diff *d, struct diff_case *c, const char **wrong)
{
    struct diff_filter filter = c->filter;
    c->filter = (struct diff_filter){"{\"match_all\":{}}", "1"};
    if (!still_fails(d, c, wrong))
        c->filter = filter;
    while (drop_one(d, c, c->aggs, &c->agg_count, wrong))
        ;
}

static void tell(struct diff *d, struct diff_case *c, const char *wrong)
{
    const char *whole = diff_case_json(d, c);
    make_smaller(d, c, &wrong);
    const struct diff_shape *s = &d->shape;
    printf("differential: seed %llu: %u rows, %u devices, %u hosts, sealed at %u\n"
           "  asked %s: %s\n  smaller: %s\n  where: %s\n",
           (unsigned long long)d->seed, s->rows, s->devices, s->hosts, s->store.seal_rows,
           indices[d->asks], whole, diff_case_json(d, c), c->filter.sql);
    test_fail(__FILE__, __LINE__, "seed %llu: %s", (unsigned long long)d->seed, wrong);
}

// ---- worlds ----

static void ask_world(uint64_t seed, uint32_t *asked, uint32_t *too_large)
{
    struct diff *d = malloc(sizeof *d);
    diff_open(d, seed);
    for (uint32_t i = 0; i < CASES; i++) {
        arena_reset(d->arena);
        if (diff_one_in(d, 3))
            diff_change(d);
        struct diff_case c = random_case(d);
        bool was_too_large;
        const char *wrong = try_case(d, &c, &was_too_large);
        if (!wrong && diff_one_in(d, 3)) { // of what is kept some is good still
            diff_move(d);
            wrong = try_case(d, &c, &was_too_large);
        }
        if (wrong)
            tell(d, &c, wrong);
        ++*asked;
        *too_large += was_too_large;
    }
    diff_close(d);
    free(d);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    int64_t v;
    return text && parse_i64(slice_text(text), &v) == OK ? (uint64_t)v : otherwise;
}

TEST(differential_answers_are_those_of_sqlite)
{
    uint64_t seed = from_environment("TAMIS_DIFF_SEED", 0);
    uint64_t worlds = from_environment("TAMIS_DIFF_WORLDS", WORLDS);
    uint64_t first = from_environment("TAMIS_DIFF_FIRST", 1);
    uint32_t asked = 0;
    uint32_t too_large = 0;
    if (seed)
        ask_world(seed, &asked, &too_large);
    for (uint64_t i = 0; i < worlds && !seed; i++)
        ask_world(first + i, &asked, &too_large);
    EXPECT(too_large * 10 <= asked);
}
