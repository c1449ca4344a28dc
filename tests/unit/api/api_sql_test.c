// SPDX-License-Identifier: Apache-2.0
#include "api/cursor.h"
#include "unit/api/talk.h"

#include <stdio.h>

enum { BODY_BYTES = 4096 };

static int ask_as(struct talk *t, enum role role, const char *sql)
{
    char body[BODY_BYTES];
    snprintf(body, sizeof body, "{\"query\":\"%s\"}", sql);
    return talk_ask(t, role, "POST /_sql", body);
}

static void expect(struct talk *t, const char *sql, const char *part)
{
    EXPECT_EQ(ask_as(t, ROLE_ANALYST, sql), 200);
    talk_expect(t, part);
}

TEST(api_sql_selects_rows_and_groups)
{
    struct talk t;
    talk_open(&t, 0);
    expect(&t,
           "SELECT outcome AS o, latency * 2 FROM events WHERE host = 'h1' ORDER BY latency DESC "
           "LIMIT 2",
           "{\"columns\":[{\"name\":\"o\",\"type\":\"keyword\"},{\"name\":\"latency * 2\",\"type\":"
           "\"long\"}],\"rows\":[[\"fail\",80],[\"fail\",40]]}");
    expect(&t, "SELECT device.model m, COUNT(*) c FROM events GROUP BY m ORDER BY c DESC, m",
           "\"rows\":[[\"m1\",3],[\"m2\",1],[null,1]]}");
    expect(&t, "SELECT COUNT(*) FROM \\\"ev*,devices\\\"", "\"rows\":[[8]]");
    expect(&t, "SELECT 1 + 1 AS two",
           "{\"columns\":[{\"name\":\"two\",\"type\":\"long\"}],\"rows\":"
           "[[2]]}");
    talk_close(&t);
}

TEST(api_sql_shows_what_there_is)
{
    struct talk t;
    talk_open(&t, 0);
    expect(&t, "SHOW TABLES LIKE 'e%'", "\"rows\":[[\"tamis\",\"events\",\"TABLE\",\"INDEX\"]]}");
    expect(&t, "DESCRIBE devices",
           "\"rows\":[[\"id\",\"VARCHAR\",\"keyword\"],[\"model\",\"VARCHAR\","
           "\"keyword\"],[\"weight\",\"DOUBLE\",\"double\"],[\"year\","
           "\"INTEGER\",\"integer\"]]}");
    expect(&t, "SHOW FUNCTIONS LIKE 'DATE!_TR%' ESCAPE '!'",
           "\"rows\":[[\"DATE_TRUNC\",\"SCALAR\"]]}");
    expect(&t, "SHOW CATALOGS", "\"rows\":[[\"tamis\",\"local\"]]}");
    talk_close(&t);
}

// Of two tables with different types of one name only what fits both can be used.
TEST(api_sql_columns_of_several_tables)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT latency FROM \\\"events,calls\\\""), 400);
    talk_expect(&t, "line 1:8: Cannot use field [latency] due to ambiguities");
    expect(&t, "SELECT outcome, n FROM \\\"events,calls\\\" WHERE n IS NOT NULL LIMIT 1",
           "{\"name\":\"n\",\"type\":\"long\"}");
    talk_close(&t);
}

TEST(api_sql_has_its_mistakes_told_with_their_place)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT outcom FROM events"), 400);
    talk_expect(&t, "\"type\":\"verification_exception\",\"reason\":\"Found 1 problem\\nline 1:8: "
                    "Unknown column [outcom], did you mean [outcome]?\"},\"status\":400}");
    EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT a FROM nosuch"), 400);
    talk_expect(&t, "\"Found 1 problem\\nline 1:15: Unknown index [nosuch]\"");
    EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT FROM events"), 400);
    talk_expect(&t, "\"type\":\"parsing_exception\",\"reason\":\"line 1:8: ");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", "{\"query\":1}"), 400);
    talk_expect(&t, "[sql/query] a text is wanted for [query]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", "{\"qurey\":\"\"}"), 400);
    talk_expect(&t, "[sql/query] unknown field [qurey]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", "{}"), 400);
    talk_expect(&t, "one of [query] or [cursor] is required");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", "{\"cursor\":\"x\"}"), 400);
    talk_expect(&t, "Cannot parse cursor");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql?format=yaml", "{\"query\":\"SELECT 1\"}"),
              400);
    talk_expect(&t, "Invalid format [yaml]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                       "{\"query\":\"SELECT 1\",\"time_zone\":"
                       "\"Mars\"}"),
              400);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /_sql", "{\"query\":\"SELECT 1\",\"fetch_size\":-1}"),
        400);
    talk_close(&t);
}

TEST(api_sql_takes_parameters_filter_and_time_zone)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                 "{\"query\":\"SELECT COUNT(*), ? FROM events WHERE outcome = ?\",\"params\":["
                 "1.5,{\"type\":\"keyword\",\"value\":\"ok\"}],\"filter\":{\"range\":{"
                 "\"latency\":{\"gte\":20}}}}"),
        200);
    talk_expect(&t, "\"rows\":[[2,1.5]]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                       "{\"query\":\"SELECT HOUR(at) h, at FROM events LIMIT 1\",\"time_zone\":"
                       "\"Europe/Berlin\",\"mode\":\"jdbc\",\"version\":\"8.0\"}"),
              200);
    talk_expect(&t, "\"rows\":[[1,\"2019-12-04T01:00:00.000+01:00\"]]");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                       "{\"query\":\"SELECT outcome, COUNT(*) FROM events GROUP BY outcome\","
                       "\"columnar\":true}"),
              200);
    talk_expect(&t, "\"values\":[[\"fail\",\"ok\"],[2,3]]");
    talk_close(&t);
}

TEST(api_sql_answers_as_text)
{
    struct talk t;
    talk_open(&t, 0);
    static const char body[] =
        "{\"query\":\"SELECT outcome, COUNT(*) FROM events GROUP BY outcome\"}";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql?format=csv&delimiter=;", body), 200);
    EXPECT(talk_is(&t, "outcome;COUNT(*)\r\nfail;2\r\nok;3\r\n"));
    EXPECT(slice_starts(t.reply.content_type, slice_text("text/csv")));
    t.accept = "text/tab-separated-values";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", body), 200);
    EXPECT(talk_is(&t, "outcome\tCOUNT(*)\nfail\t2\nok\t3\n"));
    t.accept = "text/plain";
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", body), 200);
    talk_expect(&t, "\nfail           |2              \n");
    talk_close(&t);
}

TEST(api_sql_as_opensearch_has_it)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ANALYST, "POST /_plugins/_sql",
                 "{\"query\":\"SELECT outcome AS o, MAX(at) FROM `events` GROUP BY outcome\"}"),
        200);
    EXPECT(talk_is(&t, "{\"schema\":[{\"name\":\"outcome\",\"alias\":\"o\",\"type\":\"keyword\"},{"
                       "\"name\":\"MAX(at)\",\"type\":\"timestamp\"}],\"datarows\":[[\"fail\","
                       "\"2019-12-04 03:00:00\"],[\"ok\",\"2019-12-04 03:00:00\"]],\"total\":2,"
                       "\"size\":2,\"status\":200}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_plugins/_sql", "{\"query\":\"SELECT\"}"), 400);
    EXPECT(talk_is(&t, "{\"error\":{\"reason\":\"Invalid SQL query\",\"details\":\"line 1:7: "
                       "mismatched input '<EOF>' expecting an expression\",\"type\":"
                       "\"SyntaxCheckException\"},\"status\":400}"));
    talk_close(&t);
}

TEST(api_sql_translates_and_closes)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql/translate",
                       "{\"query\":\"SELECT outcome FROM events WHERE host = 'h1' LIMIT 3\"}"),
              200);
    EXPECT(talk_is(&t, "{\"size\":3,\"track_total_hits\":false,\"query\":{\"term\":{\"host\":{"
                       "\"value\":\"h1\"}}},\"_source\":false,\"fields\":[{\"field\":\"outcome\"}],"
                       "\"sort\":[{\"_doc\":{\"order\":\"asc\"}}]}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql/translate", "{\"query\":\"SHOW TABLES\"}"),
              400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql/close", "{\"cursor\":\"x\"}"), 400);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql/close", "{}"), 400);
    talk_close(&t);
}

// ---- who may ----

TEST(api_sql_of_rows_needs_the_right_to_read)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_as(&t, ROLE_METRICS, "SELECT outcome FROM events"), 403);
    EXPECT_EQ(ask_as(&t, ROLE_METRICS, "SELECT COUNT(*) FROM events"), 200);
    EXPECT_EQ(ask_as(&t, ROLE_ADMIN, "SELECT COUNT(*) FROM events"), 403);
    EXPECT_EQ(ask_as(&t, ROLE_WRITER, "SHOW TABLES"), 403);
    talk_close(&t);
}

TEST(api_sql_under_a_floor_shows_no_small_group)
{
    struct talk t;
    talk_open(&t, 2);
    talk_crowd(&t, 20);
    EXPECT_EQ(ask_as(&t, ROLE_METRICS, "SELECT device.model, COUNT(*) FROM events GROUP BY 1"),
              200);
    talk_expect(&t, "\"m1\"");
    EXPECT(!talk_has(&t, "\"m2\""));
    EXPECT_EQ(
        ask_as(&t, ROLE_METRICS, "SELECT UPPER(device.model), COUNT(*) FROM events GROUP BY 1"),
        200);
    EXPECT(!talk_has(&t, "\"M2\""));
    EXPECT_EQ(ask_as(&t, ROLE_METRICS, "SELECT COUNT(*) FROM events WHERE device.model = 'm2'"),
              200);
    EXPECT(!talk_has(&t, "[[1]]"));
    EXPECT_EQ(
        ask_as(&t, ROLE_METRICS, "SELECT COUNT(*) FROM events WHERE host = 'h1' OR latency > 3"),
        400);
    talk_expect(&t, "is not for a role that sees only groups above the floor");
    EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT device.model, COUNT(*) FROM events GROUP BY 1"),
              200);
    talk_expect(&t, "\"m2\"");
    talk_close(&t);
}

// Another's cursor is none.
TEST(api_sql_cursor_is_of_who_asked)
{
    struct talk t;
    char body[BODY_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                       "{\"query\":\"SELECT outcome FROM events\",\"fetch_size\":2}"),
              200);
    const char *cursor = strstr(t.text, "\"cursor\":\"");
    EXPECT(cursor != NULL);
    snprintf(body, sizeof body, "{%s", cursor);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /_sql", body), 404);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /_sql/close", body), 200);
    EXPECT(talk_is(&t, "{\"succeeded\":false}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", body), 200);
    EXPECT(!talk_has(&t, "\"columns\""));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql/close", body), 200);
    EXPECT(talk_is(&t, "{\"succeeded\":true}"));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", body), 404);
    talk_expect(&t, "search_context_missing_exception");
    talk_close(&t);
}

TEST(api_sql_asks_through_an_alias_with_its_filter)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(
        talk_ask(&t, ROLE_ADMIN, "POST /_aliases",
                 "{\"actions\":[{\"add\":{\"index\":\"events\",\"alias\":\"good\",\"filter\":{"
                 "\"term\":{\"outcome\":\"ok\"}}}}]}"),
        200);
    expect(&t, "SELECT COUNT(*) FROM good", "\"rows\":[[3]]");
    expect(&t, "SELECT DISTINCT outcome FROM good", "\"rows\":[[\"ok\"]]");
    expect(&t, "SHOW TABLES LIKE 'g%'", "\"rows\":[[\"tamis\",\"good\",\"VIEW\",\"ALIAS\"]]}");
    talk_close(&t);
}

// Rows that come, go and change between two pages.
TEST(api_sql_pages_are_of_one_moment)
{
    struct talk t;
    char body[BODY_BYTES];
    talk_open(&t, 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql",
                       "{\"query\":\"SELECT latency FROM events ORDER BY latency\",\"fetch_size\":"
                       "2}"),
              200);
    talk_expect(&t, "\"rows\":[[10],[20]]");
    snprintf(body, sizeof body, "{%s", strstr(t.text, "\"cursor\":\""));
    talk_crowd(&t, 20);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", body), 200);
    talk_expect(&t, "{\"rows\":[[30],[40]],");
    snprintf(body, sizeof body, "{%s", strstr(t.text, "\"cursor\":\""));
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /_sql", body), 200);
    EXPECT(talk_is(&t, "{\"rows\":[[50]]}"));
    talk_close(&t);
}

// What a statement that was answered whole has opened is closed again.
TEST(api_sql_leaves_nothing_open)
{
    struct talk t;
    talk_open(&t, 0);
    for (int i = 0; i < 2 * CURSORS_OF_ONE_MAX; i++) {
        EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT latency FROM events"), 200);
        EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT COUNT(*) FROM events GROUP BY host ORDER BY 1"),
                  200);
        EXPECT_EQ(ask_as(&t, ROLE_ANALYST, "SELECT latency FROM events WHERE LENGTH(host) > 1"),
                  400);
        EXPECT_EQ(ask_as(&t, ROLE_METRICS, "SELECT host, COUNT(*) FROM events GROUP BY host"), 200);
    }
    talk_close(&t);
}
