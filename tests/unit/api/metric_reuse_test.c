// SPDX-License-Identifier: Apache-2.0
#include "api/metric_reuse.h"
#include "search/agg_cache.h"
#include "unit/api/talk.h"

#include <stdlib.h>

static uint64_t hits(const struct talk *t)
{
    struct agg_cache_stats s;
    agg_cache_stats(t->engine->cache, &s);
    return s.of[CACHE_ANSWERS].hits;
}

// Whether it was answered from what is kept, and what it says.
static bool is_kept(struct talk *t, enum role role, const char *line)
{
    uint64_t before = hits(t);
    EXPECT_EQ(talk_ask(t, role, line, NULL), 200);
    return hits(t) > before;
}

static const char by_model[] = "GET /_tamis/metrics/failed?every=all&by=device.model";

static void put_device(struct talk *t, const char *model)
{
    const struct town_row row = {
        .op = ROW_PUT, .key = 1, .cells = {T("a1"), T(model), N(1), N(2019)}};
    town_put(&t->town, TOWN_DEVICES, &row, 1);
}

static void put_call(struct talk *t)
{
    const struct town_row row = {
        .op = ROW_PUT, .key = 900, .cells = {T("ok"), N(1), N(1575417600000), N(1)}};
    town_put(&t->town, TOWN_CALLS, &row, 1);
}

static void change_event(struct talk *t, enum row_op op)
{
    const struct town_row row = {
        .op = op,
        .key = 900,
        .cells = {T("a1"), T("ok"), N(10), N(1575417600000), N(1), N(1), T("h1")}};
    town_put(&t->town, TOWN_EVENTS, &row, 1);
}

TEST(metric_reuse_gives_the_same_bytes_until_rows_change)
{
    struct talk t;
    talk_open(&t, 0);
    static const char all[] = "GET /_tamis/metrics/failed?every=all&by=";
    EXPECT(!is_kept(&t, ROLE_ANALYST, all));
    char *first = strdup(t.text);
    EXPECT(is_kept(&t, ROLE_ANALYST, all));
    EXPECT(talk_is(&t, first));
    change_event(&t, ROW_PUT);
    EXPECT(!is_kept(&t, ROLE_ANALYST, all));
    talk_expect(&t, "\"count\":6,");
    EXPECT(is_kept(&t, ROLE_ANALYST, all));
    talk_expect(&t, "\"count\":6,");
    change_event(&t, ROW_DELETE);
    EXPECT(!is_kept(&t, ROLE_ANALYST, all));
    EXPECT(talk_is(&t, first));
    free(first);
    talk_close(&t);
}

TEST(metric_reuse_follows_the_rows_looked_up)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT(!is_kept(&t, ROLE_ANALYST, by_model));
    put_call(&t); // of no concern
    EXPECT(is_kept(&t, ROLE_ANALYST, by_model));
    EXPECT(!talk_has(&t, "\"m9\""));
    put_device(&t, "m9");
    EXPECT(!is_kept(&t, ROLE_ANALYST, by_model));
    talk_expect(&t, "\"m9\"");
    EXPECT(is_kept(&t, ROLE_ANALYST, by_model));
    talk_expect(&t, "\"m9\"");
    talk_close(&t);
}

// "now" a moment later is the same step of five minutes, but for once in five minutes.
TEST(metric_reuse_takes_bounds_of_one_step_as_the_same)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?from=2019-12-04T01:01&by="));
    char *first = strdup(t.text);
    EXPECT(is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?from=2019-12-04T01:04&by="));
    EXPECT(talk_is(&t, first));
    EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?to=2019-12-04T01:01&by="));
    EXPECT(is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?to=2019-12-04T01:05&by="));
    EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?to=2019-12-04T01:06&by="));
    EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?from=2019-12-04T01:05&by="));
    free(first);
    talk_close(&t);
}

TEST(metric_reuse_tells_questions_and_askers_apart)
{
    static const char *const lines[] = {
        "GET /_tamis/metrics/failed",
        "GET /_tamis/metrics/counted",
        "GET /_tamis/metrics/failed?by=",
        "GET /_tamis/metrics/failed?by=host",
        "GET /_tamis/metrics/failed?by=device.model",
        "GET /_tamis/metrics/failed?every=1h",
        "GET /_tamis/metrics/failed?by=device.model,host&every=all",
        "GET /_tamis/metrics/failed?by=host,device.model&every=all"};
    struct talk t;
    talk_open(&t, 3);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        EXPECT(!is_kept(&t, ROLE_ANALYST, lines[i]));
        char *first = strdup(t.text);
        EXPECT(is_kept(&t, ROLE_ANALYST, lines[i]));
        EXPECT(talk_is(&t, first));
        free(first);
    }
    EXPECT(!is_kept(&t, ROLE_METRICS, "GET /_tamis/metrics/failed?by=host&every=all"));
    talk_expect(&t, "\"rows\":[]");
    EXPECT(is_kept(&t, ROLE_METRICS, "GET /_tamis/metrics/failed?by=host&every=all"));
    talk_expect(&t, "\"rows\":[]");
    talk_close(&t);
}

TEST(metric_reuse_is_refused)
{
    struct talk t;
    talk_open(&t, 0);
    for (int i = 0; i < 2; i++) {
        EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?request_cache=false"));
        EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?pretty"));
    }
    EXPECT(!is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed"));
    EXPECT(is_kept(&t, ROLE_ANALYST, "GET /_tamis/metrics/failed?filter_path=rows.count"));
    EXPECT(!talk_has(&t, "\"metric\""));
    talk_close(&t);
}
