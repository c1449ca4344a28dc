// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"
#include "metric/cube.h"
#include "search/cube_plan.h"
#include "unit/search/town.h"

struct house {
    struct town town;
    struct cubes *cubes;
    struct engine *engine;
};

static void open_house(struct house *h, uint32_t floor)
{
    EXPECT_EQ(cubes_new(town_schema(floor), &h->cubes, NULL), OK);
    struct store_listener listener = cubes_listener(h->cubes);
    town_open(&h->town, floor, &listener);
    const struct engine_settings settings = {.threads = 1, .cubes = h->cubes};
    h->engine = engine_local_new(h->town.store, town_schema(floor), &settings);
    struct town_row rows[] = {
        {.key = 1,
         .cells = {[E_DEVICE] = T("a"), [E_AT] = N(5), [E_HOST] = T("h1"), [E_OUTCOME] = T("ok")}},
        {.key = 2, .cells = {[E_AT] = N(301000), [E_OUTCOME] = T("bad"), [E_OK] = N(1)}},
        {.key = 3, .cells = {[E_AT] = N(90000000), [E_OUTCOME] = T("bad")}},
    };
    town_put(&h->town, TOWN_EVENTS, rows, 3);
}

static void close_house(struct house *h)
{
    h->engine->ops->close(h->engine);
    town_close(&h->town);
    cubes_free(h->cubes);
}

static struct answer ask(struct house *h, const char *indices, const char *json)
{
    struct town *t = &h->town;
    struct request r = town_request(t, json);
    uint32_t tables[] = {TOWN_EVENTS, TOWN_CALLS};
    const struct engine_question q = {.permit =
                                          town_permit(t, t->roles ? ACTION_AGGREGATE : ACTION_READ),
                                      .in = {tables, strstr(indices, "calls") ? 2 : 1, NULL},
                                      .request = &r};
    struct answer a = {0};
    EXPECT_EQ(h->engine->ops->search(h->engine, &q, t->request, &a, &t->why), OK);
    return a;
}

static void expect_cube(struct house *h, const char *json, const char *metric)
{
    const char *cube = ask(h, "events", json).cube;
    if (!cube || strcmp(cube, metric) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", json, cube ? cube : "rows");
}

static void expect_rows(struct house *h, const char *json)
{
    const char *cube = ask(h, "events", json).cube;
    if (cube)
        test_fail(__FILE__, __LINE__, "%s: %s", json, cube);
}

#define AGG(text)   "{\"size\":0,\"aggs\":{\"a\":{" text "}}}"
#define QUERY(text) "{\"size\":0,\"query\":{" text "}}"

TEST(cube_plans_answer_counts_by_what_a_metric_keeps)
{
    struct house h;
    open_house(&h, 0);
    expect_cube(&h, "{\"size\":0}", "failed");
    expect_cube(&h, AGG("\"terms\":{\"field\":\"host\"}"), "failed");
    expect_cube(&h, AGG("\"terms\":{\"field\":\"device.model\"}"), "failed");
    expect_cube(&h, AGG("\"terms\":{\"field\":\"ok\"}"), "counted");
    expect_cube(&h, AGG("\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"5m\"}"),
                "failed");
    expect_cube(&h,
                AGG("\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"month\","
                    "\"time_zone\":\"Europe/Berlin\"}"),
                "failed");
    expect_cube(&h, AGG("\"filter\":{\"term\":{\"outcome\":\"ok\"}}"), "failed");
    expect_cube(&h, QUERY("\"range\":{\"at\":{\"gte\":3,\"lt\":300007}}"), "failed");
    expect_cube(&h, QUERY("\"term\":{\"device.year\":2001}"), "counted");
    close_house(&h);
}

TEST(cube_plans_leave_to_the_rows_what_no_metric_keeps)
{
    struct house h;
    open_house(&h, 0);
    expect_rows(&h, "{\"size\":1}");
    expect_rows(&h, "{\"size\":0,\"min_score\":0.5}");
    expect_rows(&h, "{\"size\":0,\"post_filter\":{\"match_all\":{}}}");
    expect_rows(&h, AGG("\"terms\":{\"field\":\"device\"}"));
    expect_rows(&h, AGG("\"terms\":{\"field\":\"outcome\"}"));
    expect_rows(&h, AGG("\"terms\":{\"field\":\"host\",\"min_doc_count\":0}"));
    expect_rows(&h, AGG("\"terms\":{\"field\":\"host\"},\"aggs\":{\"b\":{\"terms\":{"
                        "\"field\":\"ok\"}}}")); // no metric has both
    expect_rows(&h, AGG("\"avg\":{\"field\":\"latency\"}"));
    expect_rows(&h, AGG("\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"7m\"}"));
    expect_rows(&h, QUERY("\"term\":{\"outcome\":\"bad\"}")); // one of many that are not "ok"
    expect_rows(&h, QUERY("\"term\":{\"latency\":5}"));
    EXPECT(ask(&h, "events, calls", "{\"size\":0}").cube == NULL);
    close_house(&h);
}

// Cubes count rows and know nothing of whom they are about.
TEST(cube_plans_are_not_for_a_role_with_a_floor)
{
    struct house h;
    open_house(&h, 2);
    h.town.roles = 1u << ROLE_METRICS;
    expect_rows(&h, AGG("\"terms\":{\"field\":\"host\"}"));
    expect_rows(&h, "{\"size\":0}");
    h.town.roles = 0;
    expect_cube(&h, "{\"size\":0}", "failed");
    close_house(&h);
}

TEST(cube_plans_count_no_row_without_a_time_where_there_is_one)
{
    struct house h;
    open_house(&h, 0);
    struct town_row row = {.key = 9, .cells = {[E_HOST] = T("h1")}};
    town_put(&h.town, TOWN_EVENTS, &row, 1);
    struct answer a = ask(&h, "events", "{\"size\":0}");
    EXPECT(a.cube == NULL);
    EXPECT_EQ(a.total, 4);
    a = ask(&h, "events", QUERY("\"exists\":{\"field\":\"at\"}"));
    EXPECT(a.cube != NULL);
    EXPECT_EQ(a.total, 3);
    row.op = ROW_DELETE;
    town_put(&h.town, TOWN_EVENTS, &row, 1);
    expect_cube(&h, "{\"size\":0}", "failed");
    close_house(&h);
}
