// SPDX-License-Identifier: Apache-2.0
#include "sql/format.h"
#include "unit/sql/sql.h"

#define NAME(text_)                                 \
    {                                               \
        (const uint8_t *)(text_), sizeof(text_) - 1 \
    }

static const struct sql_heading headings[] = {
    {.name = NAME("kind"), .alias = NAME("k"), .type = SQL_KEYWORD},
    {.name = NAME("COUNT(*)"), .type = SQL_LONG},
    {.name = NAME("at"), .type = SQL_DATETIME},
};

static struct sql_rows two_rows(struct arena *request)
{
    struct sql_rows r = rows_of(request, 3);
    struct cell *row = NULL;
    EXPECT_EQ(rows_add(&r, &row, NULL), OK);
    row[0] = cell_text(slice_text("a"));
    row[1] = cell_i64(SQL_LONG, 2);
    row[2] = cell_i64(SQL_DATETIME, 1500);
    EXPECT_EQ(rows_add(&r, &row, NULL), OK);
    row[1] = cell_f64(0.5);
    row[2] = cell_i64(SQL_BOOLEAN, 1);
    return r;
}

static const char *written(struct arena *request, struct sql_output *o, bool is_jdbc)
{
    struct buf text AUTO(buf_donep) = buf_init(1 << 16);
    struct json_writer w = json_writer_to(&text);
    const struct sql_rows rows = two_rows(request);
    o->headings = headings;
    o->rows = &rows;
    json_object(&w);
    if (is_jdbc)
        format_jdbc(o, &w);
    else
        format_json(o, &w);
    json_end(&w);
    return arena_string(request, buf_slice(&text));
}

static void expect_text(const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s\nis not\n%s", got, want);
}

TEST(format_json_as_elasticsearch)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct sql_output o = {.cursor = slice_text("abc")};
    expect_text(written(request, &o, false),
                "{\"columns\":[{\"name\":\"k\",\"type\":\"keyword\"},{\"name\":\"COUNT(*)\","
                "\"type\":\"long\"},{\"name\":\"at\",\"type\":\"datetime\"}],\"rows\":[[\"a\",2,"
                "\"1970-01-01T00:00:01.500Z\"],[null,0.5,true]],\"cursor\":\"abc\"}");
    o = (struct sql_output){.is_columnar = true, .is_continued = true};
    expect_text(written(request, &o, false),
                "{\"values\":[[\"a\",null],[2,0.5],[\"1970-01-01T00:00:01.500Z\",true]]}");
}

TEST(format_jdbc_as_opensearch)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct sql_output o = {0};
    expect_text(written(request, &o, true),
                "{\"schema\":[{\"name\":\"kind\",\"alias\":\"k\",\"type\":\"keyword\"},{\"name\":"
                "\"COUNT(*)\",\"type\":\"long\"},{\"name\":\"at\",\"type\":\"timestamp\"}],"
                "\"datarows\":[[\"a\",2,\"1970-01-01 00:00:01.500\"],[null,0.5,true]],\"total\":2,"
                "\"size\":2,\"status\":200}");
}

TEST(format_names)
{
    enum sql_format f;
    EXPECT(sql_format_parse(slice_text("CSV"), false, &f));
    EXPECT_EQ(f, SQL_CSV);
    EXPECT(!sql_format_parse(slice_text("jdbc"), false, &f));
    EXPECT(sql_format_parse(slice_text("json"), true, &f));
    EXPECT_EQ(f, SQL_JDBC);
    EXPECT(!sql_format_parse(slice_text("yaml"), false, &f));
}
