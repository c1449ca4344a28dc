// SPDX-License-Identifier: Apache-2.0
#include "cli/query_print.h"
#include "test.h"
#include "unit/query/parse.h"

static const char reply[] = "{'columns':[{'name':'k','type':'keyword'},{'name':'n, \\\"x\\\"',"
                            "'type':'long'}],'rows':[['a,b',1],[null,2.5],['c',true]]}";

static const char *printed(struct arena *request, enum query_form form, uint32_t rows_max,
                           bool *out_more)
{
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    struct query_print p = {.form = form, .rows_max = rows_max};
    query_print_page(&p, json_of(request, reply), request, &out);
    if (form == QUERY_CSV || form == QUERY_JSON) // a page after the first has no heading
        query_print_page(&p, json_of(request, "{'rows':[['z',9]]}"), request, &out);
    *out_more = p.has_more;
    p.form = QUERY_CSV; // says nothing at its end
    query_print_end(&p, stdout);
    return arena_string(request, buf_slice(&out));
}

static void expect_text(enum query_form form, uint32_t rows_max, const char *want, bool more)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    bool has_more = false;
    const char *got = printed(request, form, rows_max, &has_more);
    if (strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s\nis not\n%s", got, want);
    EXPECT_EQ(has_more, more);
}

TEST(query_print_csv_has_one_heading_and_quotes)
{
    expect_text(QUERY_CSV, 0, "k,\"n, \"\"x\"\"\"\r\n\"a,b\",1\r\n,2.5\r\nc,true\r\nz,9\r\n",
                false);
}

TEST(query_print_json_is_an_object_a_line)
{
    expect_text(
        QUERY_JSON, 0,
        "{\"k\":\"a,b\",\"n, \\\"x\\\"\":1}\n{\"k\":null,\"n, \\\"x\\\"\":2.5}\n{\"k\":\"c\","
        "\"n, \\\"x\\\"\":true}\n{\"k\":\"z\",\"n, \\\"x\\\"\":9}\n",
        false);
}

TEST(query_print_table_ends_where_a_screen_does)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    bool more = false;
    const char *got = printed(request, QUERY_TABLE, 2, &more);
    EXPECT(more);
    EXPECT(strstr(got, "a,b") && strstr(got, "-") && !strstr(got, "true"));
    got = printed(request, QUERY_ALL, 2, &more);
    EXPECT(!more);
    EXPECT(strstr(got, "true") != NULL);
}
