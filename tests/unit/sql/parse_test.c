// SPDX-License-Identifier: Apache-2.0
#include "sql/parse.h"
#include "unit/sql/sql.h"

TEST(parse_select_with_all_its_clauses)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct statement *s = sql_statement(
        request,
        "select distinct a, b.c AS x, \"d e\" y from \"i-1,j*\" t where a = 1 group by a, 2 "
        "having count(*) > 1 order by a desc nulls first, 2 limit 5 offset 7;");
    EXPECT_EQ(s->kind, STATEMENT_SELECT);
    EXPECT(s->is_distinct && s->has_group_by && s->has_limit);
    EXPECT_EQ(s->item_count, 3);
    EXPECT(slice_is(s->items[1].expr->name, "b.c"));
    EXPECT(slice_is(s->items[1].expr->tail, "c"));
    EXPECT(slice_is(s->items[1].alias, "x"));
    EXPECT(slice_is(s->items[2].expr->name, "d e"));
    EXPECT(slice_is(s->from, "i-1,j*"));
    EXPECT(slice_is(s->from_alias, "t"));
    EXPECT_EQ(s->group_count, 2);
    EXPECT_EQ(s->order_count, 2);
    EXPECT(s->orders[0].descending && s->orders[0].nulls_first && !s->orders[1].descending);
    EXPECT_EQ(s->limit, 5);
    EXPECT_EQ(s->offset, 7);
}

TEST(parse_show_and_describe)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT_EQ(sql_statement(request, "SHOW TABLES LIKE 'a%'")->kind, STATEMENT_SHOW_TABLES);
    EXPECT_EQ(sql_statement(request, "SHOW FUNCTIONS")->kind, STATEMENT_SHOW_FUNCTIONS);
    EXPECT_EQ(sql_statement(request, "SHOW CATALOGS")->kind, STATEMENT_SHOW_CATALOGS);
    EXPECT(slice_is(sql_statement(request, "DESC logs.app")->from, "logs.app"));
    EXPECT(slice_is(sql_statement(request, "SHOW COLUMNS IN \"a-b\"")->from, "a-b"));
}

TEST(parse_limit_in_all_its_forms)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct statement *s = sql_statement(request, "SELECT a FROM b LIMIT 3, 4");
    EXPECT_EQ(s->offset, 3);
    EXPECT_EQ(s->limit, 4);
    EXPECT(!sql_statement(request, "SELECT a FROM b LIMIT ALL")->has_limit);
    EXPECT_EQ(sql_statement(request, "SELECT TOP 2 a FROM b")->limit, 2);
}

TEST(parse_parameters_stand_for_values)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct cell cells[] = {cell_text(slice_text("x")), cell_i64(SQL_INTEGER, 3)};
    const struct sql_parameters two = {cells, 2};
    struct statement *s = NULL;
    struct fault why = {0};
    EXPECT_EQ(sql_parse(slice_text("SELECT ? FROM b LIMIT ?"), &two, request, &s, &why), OK);
    EXPECT(slice_is(s->items[0].expr->constant.text, "x"));
    EXPECT_EQ(s->limit, 3);
    EXPECT_EQ(sql_parse(slice_text("SELECT ?, ?, ?"), &two, request, &s, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "parsing_exception: line 1:14: Not enough actual parameters [2]") ==
           0);
    EXPECT_EQ(sql_parse(slice_text("SELECT ?"), &two, request, &s, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "[1] of [2] parameters are used") != NULL);
}

TEST(parse_says_where_it_stopped)
{
    sql_expect_refused("SELEC 1", "parsing_exception: line 1:1: mismatched input 'SELEC' expecting "
                                  "SELECT, SHOW or DESCRIBE");
    sql_expect_refused("SELECT a FROM", "parsing_exception: line 1:14: mismatched input '<EOF>' "
                                        "expecting the name of an index");
    sql_expect_refused("SELECT 1\nFROM rows WHERE",
                       "parsing_exception: line 2:16: mismatched input "
                       "'<EOF>' expecting an expression");
    sql_expect_refused("SELECT kind FROM rows UNION SELECT 1",
                       "parsing_exception: line 1:23: mismatched input 'UNION' expecting <EOF>");
    sql_expect_refused("SELECT kind FROM rows LIMIT -1", "parsing_exception: line 1:29: mismatched "
                                                         "input '-' expecting a whole number from "
                                                         "0");
    sql_expect_refused("SHOW NOTHING", "parsing_exception: line 1:6: mismatched input 'NOTHING' "
                                       "expecting TABLES, VALID_TABLES, COLUMNS, FUNCTIONS or "
                                       "CATALOGS");
    sql_expect_refused(
        "SELECT a FROM x INNER JOIN y",
        "parsing_exception: line 1:17: Queries with JOIN are not supported; a column "
        "of a table that is looked up is named as in [device.model]");
}

static const char whole[] =
    "SELECT DISTINCT t.kind AS k, CASE WHEN size > 1.5e2 THEN 'a''b' ELSE NULL END, "
    "COUNT(*) FILTER (WHERE ok), CAST(at AS DATE), -size % 3 FROM \"rows\" t WHERE (kind LIKE "
    "'a!%%' ESCAPE '!' OR size NOT IN (1, 2)) AND at >= NOW() - INTERVAL 1 DAY AND host IS NOT "
    "NULL GROUP BY 1, HISTOGRAM(at, INTERVAL 2 HOURS) HAVING SUM(size) BETWEEN 1 AND 2 ORDER BY 1 "
    "DESC NULLS LAST LIMIT 10";

static bool parses(struct slice text)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct statement *s = NULL;
    struct fault why = {0};
    enum err e = sql_parse(text, NULL, request, &s, &why);
    if (e && !strstr(why.words, "_exception: "))
        test_fail(__FILE__, __LINE__, "%s", why.words);
    return e == OK;
}

// Each in memory of its own size, so that the sanitizer sees a byte too far.
TEST(parse_takes_every_prefix_and_every_changed_byte_without_harm)
{
    struct slice all = slice_text(whole);
    EXPECT(parses(all));
    uint32_t taken = 0;
    for (size_t len = 0; len < all.len; len++) {
        struct buf copy AUTO(buf_donep) = buf_init(all.len);
        buf_bytes(&copy, all.at, len);
        taken += parses(buf_slice(&copy));
    }
    EXPECT(taken > 0 && taken < all.len / 2);
    for (size_t at = 0; at < all.len; at++) {
        static const uint8_t changes[] = {'(', '\'', '"', '9', '.', ',', 0, 0xff, '-', '*'};
        struct buf copy AUTO(buf_donep) = buf_init(all.len);
        buf_bytes(&copy, all.at, all.len);
        for (size_t c = 0; c < sizeof changes; c++) {
            copy.at[at] = changes[c];
            (void)parses(buf_slice(&copy));
        }
    }
}

TEST(parse_bounds_what_it_nests_and_lists)
{
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    buf_text(&text, "SELECT ");
    for (int i = 0; i < 5000; i++)
        buf_u8(&text, '(');
    EXPECT(!parses(buf_slice(&text)));
    buf_reset(&text);
    buf_text(&text, "SELECT 1");
    for (int i = 0; i < 5000; i++)
        buf_text(&text, "+1");
    EXPECT(!parses(buf_slice(&text)));
    buf_reset(&text);
    buf_text(&text, "SELECT a FROM b WHERE a = 1");
    for (int i = 0; i < 5000; i++)
        buf_text(&text, " OR a = 2");
    EXPECT(parses(buf_slice(&text)));
}
