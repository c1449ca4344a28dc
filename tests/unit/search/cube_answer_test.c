// SPDX-License-Identifier: Apache-2.0
// Requests that cubes can answer, asked twice: of an engine that has cubes and of one that
// has none.  What both print must be the same, byte for byte.
#include "api/render.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "metric/cube.h"
#include "unit/search/town.h"
#include "unit/store/fixture.h"

#include <stdio.h>

enum { EVENT_KEYS = 90, DEVICE_KEYS = 8, MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const char *const device_ids[DEVICE_KEYS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const char *const models[] = {"m0", "m1", "M2", "m10", NULL};
static const char *const hosts[] = {"h0", "h1", "h2", NULL};
static const char *const outcomes[] = {"ok", "bad", NULL};

struct twins {
    struct town town;
    struct cubes *cubes;
    struct engine *with, *without;
    struct test_random random;
    uint32_t asked, by_cube;
};

static void open_twins(struct twins *t, uint64_t seed)
{
    *t = (struct twins){.random = {.state = seed}};
    EXPECT_EQ(cubes_new(town_schema(0), &t->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(t->cubes);
    town_open(&t->town, 0, &listener);
    const struct engine_settings settings = {.threads = 1, .cubes = t->cubes};
    t->with = engine_local_new(t->town.store, town_schema(0), &settings);
    t->without = engine_local_new(t->town.store, town_schema(0), NULL);
}

static void close_twins(struct twins *t)
{
    t->with->ops->close(t->with);
    t->without->ops->close(t->without);
    town_close(&t->town);
    cubes_free(t->cubes);
}

// ---- rows ----

// A Sunday on which Berlin's clocks are put forward, one on which they go back, and 1970.
static const int64_t days[] = {1616889600000, 1635638400000, 0};
static int64_t day;

static int64_t random_time(struct test_random *r)
{
    if (test_random(r, 2))
        return day + (int64_t)test_random(r, 4 * HOUR) - HOUR;
    return day + (int64_t)test_random(r, 3 * DAY) - DAY;
}

static void change_events(struct twins *t, bool with_untimed)
{
    struct test_random *r = &t->random;
    struct town_row rows[40];
    uint32_t count = 1 + test_random(r, 40);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = (struct town_row){.op = ROW_PUT, .key = test_random(r, EVENT_KEYS)};
        struct cell *c = rows[i].cells;
        if (test_random(r, 6))
            c[E_DEVICE] = T(device_ids[test_random(r, DEVICE_KEYS)]);
        c[E_OUTCOME] = T(outcomes[test_random(r, 3)]);
        c[E_HOST] = T(hosts[test_random(r, 4)]);
        if (!with_untimed || test_random(r, 20))
            c[E_AT] = N((double)random_time(r));
        if (test_random(r, 3))
            c[E_OK] = N(test_random(r, 2));
        if (test_random(r, 5) == 0)
            rows[i] = (struct town_row){.op = ROW_DELETE, .key = rows[i].key};
        if (test_random(r, 300) == 0)
            rows[i] = (struct town_row){.op = ROW_TRUNCATE};
    }
    town_put(&t->town, TOWN_EVENTS, rows, count);
}

static void change_devices(struct twins *t)
{
    struct test_random *r = &t->random;
    struct town_row rows[4];
    uint32_t count = 1 + test_random(r, 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = test_random(r, DEVICE_KEYS);
        rows[i] = (struct town_row){.op = ROW_PUT, .key = key};
        rows[i].cells[D_ID] = T(device_ids[key]);
        rows[i].cells[D_MODEL] = T(models[test_random(r, 5)]);
        if (test_random(r, 3))
            rows[i].cells[D_YEAR] = N(2000 + test_random(r, 2));
        if (test_random(r, 4) == 0)
            rows[i] = (struct town_row){.op = ROW_DELETE, .key = key};
        if (test_random(r, 60) == 0)
            rows[i] = (struct town_row){.op = ROW_TRUNCATE};
    }
    town_put(&t->town, TOWN_DEVICES, rows, count);
}

// ---- requests ----

static const char *pick(struct test_random *r, const char *const *of, uint32_t count)
{
    return of[test_random(r, count)];
}

#define PICK(r, ...)                              \
    pick((r), (const char *const[]){__VA_ARGS__}, \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void put_bound(struct test_random *r, const char *name, struct buf *out)
{
    static const int64_t steps[] = {1, 5 * MINUTE, HOUR, DAY};
    int64_t step = steps[test_random(r, 4)];
    int64_t ms = random_time(r);
    buf_print(out, "\"%s\": %lld", name, (long long)(ms - ms % step));
}

static void put_range(struct test_random *r, struct buf *out)
{
    buf_text(out, "{\"range\": {\"at\": {");
    bool has_from = test_random(r, 3);
    if (has_from)
        put_bound(r, PICK(r, "gte", "gt"), out);
    if (!has_from || test_random(r, 2)) {
        buf_text(out, has_from ? ", " : "");
        put_bound(r, PICK(r, "lte", "lt"), out);
    }
    buf_text(out, "}}}");
}

static void put_query(struct test_random *r, uint32_t depth, struct buf *out);

static void put_clauses(struct test_random *r, uint32_t depth, const char *name, struct buf *out)
{
    uint32_t count = 1 + test_random(r, 2);
    buf_print(out, "\"%s\": [", name);
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i ? ", " : "");
        put_query(r, depth + 1, out);
    }
    buf_text(out, "]");
}

static void put_bool(struct test_random *r, uint32_t depth, struct buf *out)
{
    const char *comma = "";
    buf_text(out, "{\"bool\": {");
    static const char *const kinds[] = {"filter", "must", "should", "must_not"};
    for (int i = 0; i < 4; i++) {
        if (test_random(r, 2))
            continue;
        buf_text(out, comma);
        put_clauses(r, depth, kinds[i], out);
        comma = ", ";
        if (i == 2 && test_random(r, 3) == 0)
            buf_text(out, ", \"minimum_should_match\": 2");
    }
    buf_text(out, "}}");
}

static void put_query(struct test_random *r, uint32_t depth, struct buf *out)
{
    if (depth < 2 && test_random(r, 3) == 0) {
        put_bool(r, depth, out);
        return;
    }
    if (test_random(r, 4) == 0) {
        put_range(r, out);
        return;
    }
    buf_text(out, PICK(r, "{\"match_all\": {}}", "{\"term\": {\"device.model\": \"m1\"}}",
                       "{\"term\": {\"outcome\": \"ok\"}}", "{\"term\": {\"outcome\": \"ok\"}}",
                       "{\"match\": {\"outcome\": \"ok\"}}", "{\"term\": {\"host\": \"none\"}}",
                       "{\"terms\": {\"host\": [\"h0\", \"h2\", \"x\"]}}",
                       "{\"term\": {\"ok\": true}}", "{\"terms\": {\"device.year\": [2001, 7]}}",
                       "{\"exists\": {\"field\": \"host\"}}", "{\"exists\": {\"field\": \"at\"}}",
                       "{\"exists\": {\"field\": \"device.model\"}}",
                       "{\"term\": {\"latency\": 5}}", "{\"match_none\": {}}"));
}

static void put_terms(struct test_random *r, struct buf *out)
{
    buf_print(out, "\"terms\": {\"field\": \"%s\"",
              PICK(r, "device.model", "host", "ok", "device.year", "outcome"));
    if (test_random(r, 2))
        buf_print(out, ", \"size\": %u", 1 + test_random(r, 4));
    if (test_random(r, 4) == 0)
        buf_print(out, ", \"min_doc_count\": %u", test_random(r, 4));
    if (test_random(r, 3) == 0)
        buf_print(out, ", \"order\": %s",
                  PICK(r, "{\"_key\": \"asc\"}", "{\"_key\": \"desc\"}", "{\"_count\": \"asc\"}",
                       "[{\"_count\": \"desc\"}, {\"_key\": \"desc\"}]"));
    if (test_random(r, 6) == 0)
        buf_text(out, ", \"show_term_doc_count_error\": true");
    buf_text(out, "}");
}

static void put_histogram(struct test_random *r, struct buf *out)
{
    buf_print(out, "\"date_histogram\": {\"field\": \"at\", %s",
              PICK(r, "\"fixed_interval\": \"5m\"", "\"fixed_interval\": \"1h\"",
                   "\"fixed_interval\": \"6h\"", "\"fixed_interval\": \"1d\"",
                   "\"fixed_interval\": \"90m\"", "\"fixed_interval\": \"7m\"",
                   "\"calendar_interval\": \"hour\"", "\"calendar_interval\": \"day\"",
                   "\"calendar_interval\": \"week\"", "\"calendar_interval\": \"month\"",
                   "\"calendar_interval\": \"year\""));
    if (test_random(r, 2))
        buf_print(out, ", \"time_zone\": \"%s\"",
                  PICK(r, "Europe/Berlin", "Asia/Kolkata", "America/New_York", "+05:45", "UTC"));
    if (test_random(r, 4) == 0)
        buf_print(out, ", \"offset\": \"%s\"", PICK(r, "+3h", "-30m", "1ms"));
    if (test_random(r, 2))
        buf_print(out, ", \"min_doc_count\": %u", test_random(r, 3));
    if (test_random(r, 4) == 0) {
        buf_text(out, ", \"extended_bounds\": {");
        put_bound(r, PICK(r, "min", "max"), out);
        buf_text(out, "}");
    } else if (test_random(r, 4) == 0) {
        int64_t from = random_time(r);
        buf_print(out, ", \"extended_bounds\": {\"min\": %lld, \"max\": %lld}", (long long)from,
                  (long long)from + (int64_t)test_random(r, 2 * DAY));
    }
    if (test_random(r, 4) == 0)
        buf_print(
            out, ", \"order\": %s",
            PICK(r, "{\"_key\": \"desc\"}", "{\"_count\": \"asc\"}", "{\"_count\": \"desc\"}"));
    buf_text(out, PICK(r, "}", "}", ", \"keyed\": true}", ", \"format\": \"yyyy-MM-dd\"}"));
}

static void put_filters(struct test_random *r, struct buf *out)
{
    bool is_named = test_random(r, 2);
    buf_print(out, "\"filters\": {\"filters\": %s", is_named ? "{" : "[");
    uint32_t count = 1 + (uint32_t)test_random(r, 3);
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i ? ", " : "");
        if (is_named)
            buf_print(out, "\"f%u\": ", 9 - i);
        put_query(r, 1, out);
    }
    buf_text(out, is_named ? "}" : "]");
    buf_text(out, test_random(r, 2) ? ", \"other_bucket\": true}" : "}");
}

static void put_aggs(struct test_random *r, uint32_t depth, struct buf *out)
{
    uint32_t count = 1 + test_random(r, 2);
    buf_text(out, "\"aggs\": {");
    for (uint32_t i = 0; i < count; i++) {
        buf_print(out, "%s\"%u\": {", i ? ", " : "", i);
        uint32_t kind = test_random(r, 9);
        if (kind < 3)
            put_terms(r, out);
        else if (kind < 6)
            put_histogram(r, out);
        else if (kind == 6)
            put_filters(r, out);
        else if (kind == 7)
            buf_text(out, "\"missing\": {\"field\": \"device.model\"}");
        else {
            buf_text(out, "\"filter\": ");
            put_query(r, 1, out);
        }
        if (depth < 2 && test_random(r, 2)) {
            buf_text(out, ", ");
            put_aggs(r, depth + 1, out);
        }
        buf_text(out, "}");
    }
    buf_text(out, "}");
}

static void put_request(struct test_random *r, struct buf *out)
{
    buf_text(out, "{\"size\": 0");
    if (test_random(r, 3)) {
        buf_text(out, ", \"query\": ");
        if (test_random(r, 2))
            put_range(r, out);
        else
            put_query(r, 0, out);
    }
    if (test_random(r, 8)) {
        buf_text(out, ", ");
        put_aggs(r, 0, out);
    }
    if (test_random(r, 5) == 0)
        buf_print(out, ", \"track_total_hits\": %s", PICK(r, "true", "false", "3"));
    buf_text(out, "}");
}

// ---- asking ----

static void ask(struct twins *t, struct engine *e, const char *json, struct buf *out,
                const char **out_cube)
{
    struct town *town = &t->town;
    struct request r = town_request(town, json);
    uint32_t table = TOWN_EVENTS;
    const struct engine_question q = {
        .permit = town_permit(town, ACTION_READ), .in = {&table, 1, NULL}, .request = &r};
    struct answer a = {0};
    struct fault why = {0};
    enum err code = e->ops->search(e, &q, town->request, &a, &why);
    *out_cube = a.cube;
    if (code) {
        buf_print(out, "%s: %s", err_name(code), why.words);
        return;
    }
    struct json_writer w = json_writer_to(out);
    json_object(&w);
    struct render render = render_start(&w, &r);
    render.typed_keys = true;
    render_search(&render, &a, 0);
    EXPECT_EQ(render_end(&render, &why), OK);
    json_end(&w);
}

static void ask_both(struct twins *t, const char *json)
{
    struct buf with AUTO(buf_donep) = buf_init(LIMIT_REPLY_BYTES);
    struct buf without AUTO(buf_donep) = buf_init(LIMIT_REPLY_BYTES);
    const char *cube = NULL;
    const char *none = NULL;
    ask(t, t->with, json, &with, &cube);
    ask(t, t->without, json, &without, &none);
    EXPECT(none == NULL);
    t->asked++;
    t->by_cube += cube != NULL;
    if (!slice_equal(buf_slice(&with), buf_slice(&without)))
        test_fail(__FILE__, __LINE__, "%s\n%s: %.*s\nrows: %.*s", json, cube ? cube : "no cube",
                  SLICE_PRINT(buf_slice(&with)), SLICE_PRINT(buf_slice(&without)));
}

static void run_twins(uint64_t seed)
{
    struct twins t;
    day = days[seed % 3];
    open_twins(&t, seed);
    for (int step = 0; step < 60; step++) {
        change_events(&t, seed % 2 == 0);
        if (test_random(&t.random, 2))
            change_devices(&t);
        for (int i = 0; i < 12; i++) {
            struct buf json AUTO(buf_donep) = buf_init(1 << 20);
            put_request(&t.random, &json);
            buf_u8(&json, 0);
            ask_both(&t, (const char *)json.at);
        }
        arena_reset(t.town.request);
    }
    EXPECT(t.by_cube > t.asked / 8);
    close_twins(&t);
}

TEST(cubes_answer_random_requests_as_rows_do)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        run_twins(seed);
}
