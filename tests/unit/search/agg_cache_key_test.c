// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache_key.h"
#include "search/budget.h"
#include "search/walk.h"
#include "unit/search/town.h"

#include <stdlib.h>

struct key {
    bool is_told;
    uint32_t loose;
    struct buf bytes;
};

static struct key key_of(struct town *t, const uint32_t *tables, uint32_t count, const char *json)
{
    struct key key = {.bytes = buf_init(PLAN_KEY_BYTES_MAX)};
    struct snapshot *now = store_snapshot(t->store);
    const struct search_context context = {.snapshot = now,
                                           .permit = town_permit(t, ACTION_READ),
                                           .tables = tables,
                                           .table_count = count,
                                           .now_ms = 1700000000000};
    const struct request request = town_request(t, json);
    struct walk w = {.s = {.context = &context,
                           .request = &request,
                           .sees_rows = true,
                           .room = room_init(64 << 20)}};
    struct loose_ranges loose;
    w.s.arena = w.s.room.arena;
    EXPECT_EQ(walk_plan(&w, NULL, &t->why), OK);
    loose_ranges_find(&w.s, &loose);
    key.loose = loose.count;
    key.is_told = agg_plan_key(&w.s, &loose, &key.bytes);
    walk_drop(&w);
    snapshot_free(now);
    return key;
}

static const uint32_t events[] = {TOWN_EVENTS, TOWN_CALLS};

// All keys of one town, while its rows do not change.
static bool same_keys(struct town *t, const char *a, const char *b)
{
    struct key x = key_of(t, events, 1, a);
    struct key y = key_of(t, events, 1, b);
    EXPECT(x.is_told && y.is_told);
    bool same = slice_equal(buf_slice(&x.bytes), buf_slice(&y.bytes));
    buf_done(&x.bytes);
    buf_done(&y.bytes);
    return same;
}

static void open(struct town *t)
{
    static const struct town_row rows[] = {
        {.key = 1, .cells = {T("d1"), T("ok"), N(5), N(1000), N(1), N(0.5), T("h1")}},
        {.key = 2, .cells = {T("d2"), T("no"), N(9), N(9000), N(0), N(1.5), T("h2")}}};
    static const struct town_row device = {.key = 1, .cells = {T("d1"), T("m1"), N(1), N(2019)}};
    static const struct town_row call = {.key = 1, .cells = {T("ok"), N(5), N(1000), N(1)}};
    town_open(t, 0, NULL);
    town_put(t, TOWN_EVENTS, rows, 2);
    town_put(t, TOWN_DEVICES, &device, 1);
    town_put(t, TOWN_CALLS, &call, 1);
}

#define SIZE0               "{\"size\":0,"
#define AGG(kind_, params_) SIZE0 "\"aggs\":{\"a\":{\"" kind_ "\":{" params_ "}}}}"
#define QUERY(query_)       SIZE0 "\"query\":" query_ "}"
#define HISTOGRAM(params_)  AGG("date_histogram", "\"field\":\"at\"," params_)

// No two of them collect the same.
static const char *const apart[] = {
    SIZE0 "\"query\":{\"match_all\":{}}}",
    QUERY("{\"term\":{\"outcome\":\"ok\"}}"),
    QUERY("{\"term\":{\"outcome\":\"no\"}}"),
    QUERY("{\"terms\":{\"outcome\":[\"ok\",\"no\"]}}"),
    QUERY("{\"term\":{\"host\":\"h1\"}}"),
    QUERY("{\"term\":{\"latency\":5}}"),
    QUERY("{\"terms\":{\"latency\":[5,9]}}"),
    QUERY("{\"term\":{\"score\":0.5}}"),
    QUERY("{\"range\":{\"score\":{\"gt\":0.5}}}"),
    QUERY("{\"range\":{\"score\":{\"gte\":0.5}}}"),
    QUERY("{\"range\":{\"at\":{\"gte\":5}}}"),
    QUERY("{\"range\":{\"latency\":{\"gte\":5}}}"),
    QUERY("{\"bool\":{\"must_not\":{\"range\":{\"at\":{\"gte\":5}}}}}"),
    QUERY("{\"bool\":{\"must_not\":{\"range\":{\"at\":{\"gte\":6}}}}}"),
    QUERY("{\"bool\":{\"should\":[{\"range\":{\"at\":{\"gte\":5}}},{\"exists\":{\"field\":\"ok\"}}]"
          "}}"),
    QUERY("{\"exists\":{\"field\":\"host\"}}"),
    QUERY("{\"term\":{\"device.model\":\"m1\"}}"),
    AGG("terms", "\"field\":\"host\""),
    AGG("terms", "\"field\":\"outcome\""),
    AGG("terms", "\"field\":\"outcome\",\"missing\":\"ok\""),
    AGG("terms", "\"field\":\"outcome\",\"missing\":\"no\""),
    AGG("terms", "\"field\":\"latency\""),
    AGG("terms", "\"field\":\"latency\",\"missing\":7"),
    AGG("terms", "\"field\":\"device.model\""),
    AGG("terms", "\"field\":\"nothing\",\"missing\":7"),
    HISTOGRAM("\"fixed_interval\":\"1h\""),
    HISTOGRAM("\"fixed_interval\":\"2h\""),
    HISTOGRAM("\"calendar_interval\":\"1h\""),
    HISTOGRAM("\"calendar_interval\":\"day\""),
    HISTOGRAM("\"calendar_interval\":\"day\",\"time_zone\":\"Asia/Kolkata\""),
    HISTOGRAM("\"calendar_interval\":\"day\",\"offset\":\"1h\""),
    HISTOGRAM("\"calendar_interval\":\"day\",\"missing\":1000"),
    HISTOGRAM("\"calendar_interval\":\"day\",\"hard_bounds\":{\"min\":1000}"),
    HISTOGRAM("\"calendar_interval\":\"day\",\"hard_bounds\":{\"max\":1000}"),
    AGG("histogram", "\"field\":\"latency\",\"interval\":5"),
    AGG("histogram", "\"field\":\"latency\",\"interval\":6"),
    AGG("histogram", "\"field\":\"latency\",\"interval\":5,\"offset\":1"),
    AGG("range", "\"field\":\"latency\",\"ranges\":[{\"from\":5}]"),
    AGG("range", "\"field\":\"latency\",\"ranges\":[{\"to\":5}]"),
    AGG("range", "\"field\":\"latency\",\"ranges\":[{\"from\":6}]"),
    AGG("date_range", "\"field\":\"at\",\"ranges\":[{\"from\":\"2020\"}],\"format\":\"yyyy\""),
    AGG("date_range", "\"field\":\"at\",\"ranges\":[{\"from\":\"2020\"}],\"format\":\"yyyy\","
                      "\"time_zone\":\"Asia/Kolkata\""),
    AGG("filter", "\"term\":{\"host\":\"h1\"}"),
    AGG("filter", "\"term\":{\"host\":\"h2\"}"),
    AGG("filters", "\"filters\":[{\"term\":{\"host\":\"h1\"}}]"),
    AGG("filters", "\"filters\":[{\"term\":{\"host\":\"h1\"}}],\"other_bucket\":true"),
    AGG("missing", "\"field\":\"host\""),
    AGG("avg", "\"field\":\"latency\""),
    AGG("avg", "\"field\":\"latency\",\"missing\":3"),
    AGG("max", "\"field\":\"latency\""),
    AGG("stats", "\"field\":\"score\""),
    AGG("cardinality", "\"field\":\"host\""),
    AGG("percentiles", "\"field\":\"latency\""),
    SIZE0 "\"aggs\":{\"a\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"b\":{\"avg\":{\"field\":"
          "\"latency\"}}}}}}",
    SIZE0 "\"aggs\":{\"a\":{\"terms\":{\"field\":\"host\"}},\"b\":{\"avg\":{\"field\":"
          "\"latency\"}}}}",
};

TEST(agg_cache_key_tells_apart_what_collects_differently)
{
    struct town t;
    open(&t);

    enum { COUNT = sizeof apart / sizeof apart[0] };
    static struct key keys[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        keys[i] = key_of(&t, events, 1, apart[i]);
        if (!keys[i].is_told)
            test_fail(__FILE__, __LINE__, "no key: %s", apart[i]);
        for (uint32_t k = 0; k < i; k++)
            if (slice_equal(buf_slice(&keys[i].bytes), buf_slice(&keys[k].bytes)))
                test_fail(__FILE__, __LINE__, "one key:\n%s\n%s", apart[i], apart[k]);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        buf_done(&keys[i].bytes);
    town_close(&t);
}

TEST(agg_cache_key_leaves_out_what_shapes_the_answer_only)
{
    struct town t;
    open(&t);
    EXPECT(same_keys(&t, AGG("terms", "\"field\":\"host\""),
                     SIZE0
                     "\"aggs\":{\"other\":{\"terms\":{\"field\":\"host\",\"size\":3,\"order\":"
                     "{\"_key\":\"asc\"},\"min_doc_count\":2}}}}"));
    EXPECT(same_keys(&t, AGG("percentiles", "\"field\":\"latency\""),
                     AGG("percentiles", "\"field\":\"latency\",\"percents\":[1]")));
    EXPECT(same_keys(&t, HISTOGRAM("\"calendar_interval\":\"day\""),
                     HISTOGRAM("\"calendar_interval\":\"day\",\"extended_bounds\":{\"min\":0}")));
    town_close(&t);
}

TEST(agg_cache_key_leaves_out_the_bounds_that_every_row_must_meet)
{
    struct town t;
    open(&t);
    EXPECT(same_keys(&t, QUERY("{\"range\":{\"at\":{\"gte\":\"now-1h\"}}}"),
                     QUERY("{\"range\":{\"at\":{\"lt\":\"now-2h\"}}}")));
    EXPECT(same_keys(&t,
                     QUERY("{\"bool\":{\"filter\":[{\"range\":{\"at\":{\"gte\":1}}},{\"term\":{"
                           "\"host\":\"h1\"}}]}}"),
                     QUERY("{\"bool\":{\"filter\":[{\"range\":{\"at\":{\"gte\":2}}},{\"term\":{"
                           "\"host\":\"h1\"}}]}}")));
    struct key k = key_of(&t, events, 1, QUERY("{\"range\":{\"at\":{\"gte\":1}}}"));
    EXPECT_EQ(k.loose, 1);
    buf_done(&k.bytes);
    k = key_of(&t, events, 1, QUERY("{\"range\":{\"device.year\":{\"gte\":1}}}"));
    EXPECT_EQ(k.loose, 0); // looked up: no block knows it
    buf_done(&k.bytes);
    town_close(&t);
}

TEST(agg_cache_key_changes_with_the_table_that_is_looked_up)
{
    struct town t;
    open(&t);
    const char *by_model = AGG("terms", "\"field\":\"device.model\"");
    const char *by_host = AGG("terms", "\"field\":\"host\"");
    struct key model = key_of(&t, events, 1, by_model);
    struct key host = key_of(&t, events, 1, by_host);
    const struct town_row device = {.key = 2, .cells = {T("d2"), T("m2"), N(1), N(2019)}};
    town_put(&t, TOWN_DEVICES, &device, 1);
    struct key model_now = key_of(&t, events, 1, by_model);
    struct key host_now = key_of(&t, events, 1, by_host);
    EXPECT(!slice_equal(buf_slice(&model.bytes), buf_slice(&model_now.bytes)));
    EXPECT(slice_equal(buf_slice(&host.bytes), buf_slice(&host_now.bytes)));
    struct key *all[] = {&model, &host, &model_now, &host_now};
    for (int i = 0; i < 4; i++)
        buf_done(&all[i]->bytes);
    town_close(&t);
}

TEST(agg_cache_key_is_refused_where_none_tells_all)
{
    struct town t;
    open(&t);
    const char *const lost[] = {
        "{\"size\":1}",
        SIZE0 "\"post_filter\":{\"term\":{\"host\":\"h1\"}}}",
        QUERY("{\"ids\":{\"values\":[\"AAAAAAAAAAAAAAAAAAAAAA\"]}}"),
        AGG("global", ""),
        AGG("terms", "\"field\":\"host\",\"missing\":\"never seen\""),
        AGG("cardinality", "\"field\":\"host\",\"missing\":\"never seen\""),
        AGG("percentiles", "\"field\":\"score\""),
        AGG("date_range", "\"field\":\"at\",\"ranges\":[{\"from\":\"now-1d\"}]"),
        AGG("composite", "\"sources\":[{\"t\":{\"date_histogram\":{\"field\":\"at\","
                         "\"fixed_interval\":\"1h\"}}}]"),
        AGG("composite",
            "\"sources\":[{\"h\":{\"terms\":{\"field\":\"host\",\"missing_bucket\":true}"
            "}}]"),
    };
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        struct key k = key_of(&t, events, 1, lost[i]);
        if (k.is_told)
            test_fail(__FILE__, __LINE__, "a key: %s", lost[i]);
        buf_done(&k.bytes);
    }
    struct key two = key_of(&t, events, 2, AGG("terms", "\"field\":\"outcome\""));
    EXPECT(!two.is_told); // codes of a dictionary merged for this search
    buf_done(&two.bytes);
    town_close(&t);
}
