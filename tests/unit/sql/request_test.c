// SPDX-License-Identifier: Apache-2.0
#include "sql/request.h"
#include "unit/query/parse.h"
#include "unit/sql/sql.h"

TEST(request_of_rows)
{
    sql_expect_body("SELECT kind, size FROM rows WHERE ok ORDER BY at DESC, host NULLS FIRST",
                    "{\"size\":10,\"track_total_hits\":false,\"query\":{\"term\":{\"ok\":{"
                    "\"value\":true}}},\"_source\":false,\"fields\":[{\"field\":\"kind\"},{"
                    "\"field\":\"size\"}],\"sort\":[{\"at\":{\"order\":\"desc\",\"missing\":"
                    "\"_last\",\"unmapped_type\":\"date\"}},{\"host\":{\"order\":\"asc\","
                    "\"missing\":\"_first\",\"unmapped_type\":\"keyword\"}},{\"_doc\":{\"order\":"
                    "\"asc\"}}]}");
}

TEST(request_of_groups)
{
    sql_expect_body("SELECT HISTOGRAM(size, 5), COUNT(*), SUM(size) FROM rows GROUP BY 1, kind",
                    "{\"size\":0,\"track_total_hits\":false,\"aggs\":{\"groups\":{\"composite\":{"
                    "\"size\":10,\"sources\":[{\"g0\":{\"histogram\":{\"field\":\"size\","
                    "\"interval\":5.0,\"missing_bucket\":true,\"missing_order\":\"first\","
                    "\"order\":\"asc\"}}},{\"g1\":{\"terms\":{\"field\":\"kind\","
                    "\"missing_bucket\":true,\"missing_order\":\"first\",\"order\":\"asc\"}}}]},"
                    "\"aggs\":{\"a1\":{\"sum\":{\"field\":\"size\"}}}}}}");
}

static const char *body_with(struct arena *request, const char *text, const char *filter,
                             const char *position)
{
    struct plan plan;
    struct buf body AUTO(buf_donep) = buf_init(1 << 20);
    const struct cell_context how = sql_context(request);
    sql_plan_of(request, text, &plan);
    const struct sql_ask ask = {.plan = &plan,
                                .table = sql_table_of_tests(),
                                .how = &how,
                                .size = 2,
                                .time_zone = slice_text("+02:00"),
                                .filter = filter ? json_of(request, filter) : NULL,
                                .position = position ? json_of(request, position) : NULL};
    EXPECT_EQ(request_write(&ask, &body, NULL), OK);
    return arena_string(request, buf_slice(&body));
}

TEST(request_goes_on_behind_a_position)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const char *body = body_with(request, "SELECT kind FROM rows", NULL, "[7]");
    EXPECT(strstr(body, "\"search_after\":[7]") != NULL);
    body = body_with(request, "SELECT kind FROM rows GROUP BY kind, DATE_TRUNC('day', at)", NULL,
                     "['a',null]");
    EXPECT(strstr(body, "\"after\":{\"g0\":\"a\",\"g1\":null}") != NULL);
    EXPECT(strstr(body, "\"calendar_interval\":\"1d\",\"time_zone\":\"+02:00\"") != NULL);
}

TEST(request_joins_the_filter_beside_where)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const char *body =
        body_with(request, "SELECT kind FROM rows WHERE ok", "{'term':{'kind':'a'}}", NULL);
    EXPECT(strstr(body, "\"query\":{\"bool\":{\"filter\":[{\"term\":{\"kind\":\"a\"}},{\"term\":{"
                        "\"ok\":{\"value\":true}}}]}}") != NULL);
    body = body_with(request, "SELECT kind FROM rows", "{'term':{'kind':'a'}}", NULL);
    EXPECT(strstr(body, "\"query\":{\"term\":{\"kind\":\"a\"}}") != NULL);
}

// Each body is one that the DSL's own reader takes.
TEST(request_bodies_are_requests)
{
    static const char *const texts[] = {
        "SELECT * FROM rows ORDER BY 1 LIMIT 3",
        "SELECT kind, STDDEV(ratio) FROM rows WHERE NOT (ok OR at > NOW()) GROUP BY kind",
        "SELECT SUM(CASE WHEN ok THEN 1 WHEN size > 2 THEN size ELSE 0 END) FROM rows",
    };
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct request r;
        struct fault why = {0};
        const struct json *body = json_of(request, sql_body(request, texts[i]));
        if (request_parse(body, request, &r, &why))
            test_fail(__FILE__, __LINE__, "%s: %s", texts[i], why.words);
    }
}
