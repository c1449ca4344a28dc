// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"
#include "unit/search/town.h"

#include <stdio.h>

static const struct permit *permit(struct town *t, uint32_t role, enum action action,
                                   const char *indices)
{
    struct principal who = {.name = "ann", .roles = 1u << role};
    memcpy(who.indices, indices, strlen(indices));
    const struct permit *p = NULL;
    EXPECT_EQ(permit_make(&who, action, slice_text(""), t->request, &p, &t->why), OK);
    return p;
}

struct house {
    struct town town;
    struct engine *engine;
};

static void open_house_with(struct house *h, const struct engine_settings *settings)
{
    town_open(&h->town, 0, NULL);
    struct town_row row = {.key = 5, .cells = {T("a"), T("ok")}};
    town_put(&h->town, TOWN_EVENTS, &row, 1);
    h->engine = engine_local_new(h->town.store, town_schema(0), settings);
}

static void open_house(struct house *h)
{
    open_house_with(h, NULL);
}

static void close_house(struct house *h)
{
    h->engine->ops->close(h->engine);
    town_close(&h->town);
}

static enum err search(struct house *h, const struct permit *p, const struct request *r,
                       struct answer *out, struct fault *why)
{
    static const uint32_t table = TOWN_EVENTS;
    const struct engine_question q = {.permit = p, .in = {&table, 1, NULL}, .request = r};
    return h->engine->ops->search(h->engine, &q, h->town.request, out, why);
}

TEST(engine_answers_whoever_may_read)
{
    struct house h;
    open_house(&h);
    struct request r = town_request(&h.town, "{}");
    uint32_t table = TOWN_EVENTS;
    struct answer a;
    struct hit hit;
    const struct permit *p = permit(&h.town, ROLE_ANALYST, ACTION_READ, "");
    EXPECT_EQ(search(&h, p, &r, &a, NULL), OK);
    EXPECT_EQ(a.total, 1);
    EXPECT_EQ(h.engine->ops->get(h.engine, p, table, (struct row_key){.lo = 5}, h.town.request,
                                 &hit, NULL),
              OK);
    close_house(&h);
}

TEST(engine_refuses_other_actions_and_other_indices)
{
    struct house h;
    open_house(&h);
    struct request r = town_request(&h.town, "{}");
    uint32_t table = TOWN_EVENTS;
    struct answer a;
    struct fault why;
    const struct permit *p = permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, "");
    EXPECT_EQ(search(&h, p, &r, &a, &why), ERR_DENIED);
    p = permit(&h.town, ROLE_ANALYST, ACTION_READ, "calls");
    EXPECT_EQ(search(&h, p, &r, &a, &why), ERR_DENIED);
    EXPECT(strstr(why.words, "on indices [events]") != NULL);
    struct hit hit;
    EXPECT_EQ(h.engine->ops->get(h.engine, p, table, (struct row_key){.lo = 5}, h.town.request,
                                 &hit, NULL),
              ERR_DENIED);
    EXPECT_EQ(h.engine->ops->refresh(h.engine, p, NULL), ERR_DENIED);
    p = permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, "");
    EXPECT_EQ(h.engine->ops->refresh(h.engine, p, NULL), OK);
    close_house(&h);
}

TEST(engine_counts_only_what_a_permit_shows)
{
    struct house h;
    open_house(&h);
    static struct store_stats s;
    h.engine->ops->stats(h.engine, permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, ""), &s);
    EXPECT_EQ(s.tables[TOWN_EVENTS].rows, 1);
    h.engine->ops->stats(h.engine, permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, "calls"), &s);
    EXPECT_EQ(s.tables[TOWN_EVENTS].rows, 0);
    EXPECT(strcmp(s.tables[TOWN_EVENTS].name, "events") == 0);
    close_house(&h);
}

TEST(engine_tells_whoever_sees_groups_only_no_size_of_one)
{
    struct house h;
    town_open(&h.town, 3, NULL);
    static char names[40][8];
    struct town_row rows[40];
    for (uint64_t i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] = (struct town_row){.key = i + 1, .cells = {T(names[i]), T("ok")}};
    }
    town_put(&h.town, TOWN_EVENTS, rows, 40);
    struct town_row few = {.key = 1, .cells = {T("a"), N(4)}};
    town_put(&h.town, TOWN_CALLS, &few, 1);
    h.engine = engine_local_new(h.town.store, town_schema(3), NULL);
    static struct store_stats s;
    h.engine->ops->stats(h.engine, permit(&h.town, ROLE_ANALYST, ACTION_SCHEMA, ""), &s);
    EXPECT_EQ(s.tables[TOWN_EVENTS].rows, 40);
    EXPECT(s.tables[TOWN_EVENTS].bytes_memory > 0 && s.tables[TOWN_EVENTS].changes == 40);
    h.engine->ops->stats(h.engine, permit(&h.town, ROLE_METRICS, ACTION_SCHEMA, ""), &s);
    const struct store_table_stats *t = &s.tables[TOWN_EVENTS];
    EXPECT(t->rows >= 37 && t->rows <= 43);
    EXPECT(t->bytes_disk == 0 && t->bytes_memory == 0 && t->changes == 0 && t->segments == 0);
    EXPECT_EQ(s.tables[TOWN_CALLS].rows, 0); // about nobody
    close_house(&h);
}

static bool has_gone(void *asker)
{
    ++*(_Atomic int *)asker;
    return true;
}

TEST(engine_ends_a_search_that_nobody_waits_for)
{
    struct house h;
    open_house(&h);
    struct request r = town_request(&h.town, "{}");
    uint32_t table = TOWN_EVENTS;
    _Atomic int asked = 0;
    struct answer a;
    struct fault why;
    struct engine_load load;
    const struct engine_question q = {.permit = permit(&h.town, ROLE_ANALYST, ACTION_READ, ""),
                                      .in = {&table, 1, NULL},
                                      .request = &r,
                                      .is_gone = has_gone,
                                      .asker = &asked};
    EXPECT_EQ(h.engine->ops->search(h.engine, &q, h.town.request, &a, &why), ERR_TIMEOUT);
    EXPECT(strstr(why.words, "task_cancelled_exception: ") == why.words);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(search(&h, q.permit, &r, &a, &why), OK);
    engine_local_load(h.engine, &load);
    EXPECT_EQ(load.searches, 2);
    EXPECT_EQ(load.running, 0);
    EXPECT_EQ(load.gone, 1);
    EXPECT_EQ(load.late, 0);
    close_house(&h);
}

static void expect_over(const struct engine_settings *settings, const char *words)
{
    struct house h;
    open_house_with(&h, settings);
    struct request r =
        town_request(&h.town, "{\"size\":0,\"aggs\":{\"a\":{\"terms\":{\"field\":\"outcome\"}}}}");
    struct answer a;
    struct fault why;
    struct engine_load load;
    const struct permit *p = permit(&h.town, ROLE_ANALYST, ACTION_READ, "");
    EXPECT_EQ(search(&h, p, &r, &a, &why), ERR_LIMIT);
    EXPECT(strstr(why.words, words) != NULL);
    engine_local_load(h.engine, &load);
    EXPECT_EQ(load.over, 1);
    EXPECT_EQ(load.memory_bytes, 0);
    close_house(&h);
}

TEST(engine_ends_a_search_that_needs_more_memory_than_it_may_have)
{
    expect_over(&(struct engine_settings){.memory_bytes = 4096},
                "circuit_breaking_exception: [request] Data too large");
    expect_over(&(struct engine_settings){.memory_bytes_all = 4096},
                "which is larger than the limit of [4096/4kb]. This limit can be set by changing "
                "the [search.memory_bytes_all] setting.");
}

TEST(engine_counts_the_memory_of_searches)
{
    struct house h;
    open_house(&h);
    struct request r = town_request(&h.town, "{}");
    struct answer a;
    struct engine_load load;
    EXPECT_EQ(search(&h, permit(&h.town, ROLE_ANALYST, ACTION_READ, ""), &r, &a, NULL), OK);
    engine_local_load(h.engine, &load);
    EXPECT_EQ(load.memory_bytes, 0);
    EXPECT(load.memory_bytes_most > 0 && load.memory_bytes_most < load.memory_bytes_max);
    close_house(&h);
}

TEST(engine_makes_no_more_buckets_than_it_may)
{
    struct house h;
    struct engine_settings settings = {.buckets_max = 2};
    open_house_with(&h, &settings);
    struct town_row row = {.key = 6, .cells = {T("b"), T("failed")}};
    town_put(&h.town, TOWN_EVENTS, &row, 1);
    const char *text = "{\"size\":0,\"aggs\":{\"a\":{\"terms\":{\"field\":\"outcome\"}}}}";
    struct request r = town_request(&h.town, text);
    const struct permit *p = permit(&h.town, ROLE_ANALYST, ACTION_READ, "");
    struct answer a;
    struct fault why;
    EXPECT_EQ(search(&h, p, &r, &a, &why), OK);
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    row = (struct town_row){.key = 7, .cells = {T("b"), T("timeout")}};
    town_put(&h.town, TOWN_EVENTS, &row, 1);
    EXPECT_EQ(search(&h, p, &r, &a, &why), ERR_LIMIT);
    EXPECT(strstr(why.words, "too_many_buckets_exception: ") == why.words);
    EXPECT(strstr(why.words, "or equal to: [2] but") != NULL);
    close_house(&h);
}
