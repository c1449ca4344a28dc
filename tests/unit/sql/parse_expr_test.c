// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

TEST(parse_expr_ranks_operators)
{
    sql_expect_value("1 + 2 * 3 = 7 AND NOT 1 > 2 OR FALSE", "true");
    sql_expect_value("NOT FALSE AND FALSE", "false");
    sql_expect_value("2 * 3 % 4", "2");
    sql_expect_value("10 - 2 - 3", "5");
    sql_expect_value("'a' || 'b' = 'ab'", "true");
    sql_expect_value("-2::double", "-2.0");
    sql_expect_value("NOT NOT TRUE", "true");
    sql_expect_value("1 + 1 BETWEEN 1 + 1 AND 2 * 1 AND TRUE", "true");
}

TEST(parse_expr_joins_all_of_one_word_in_one_call)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct statement *s =
        sql_statement(request, "SELECT a FROM b WHERE a = 1 AND b = 2 AND c = 3");
    EXPECT_EQ(s->where->arg_count, 3);
    EXPECT(slice_is(s->where->args[1]->source, "b = 2"));
    EXPECT_EQ(s->where->args[2]->place.column, 43);
}

TEST(parse_expr_refuses_what_it_does_not_know)
{
    sql_expect_refused("SELECT 1 IN (SELECT 2)", "parsing_exception: line 1:14: subqueries in "
                                                 "conditions are not supported");
    sql_expect_refused("SELECT 'a' LIKE 'b' ESCAPE '%'",
                       "parsing_exception: line 1:28: mismatched input ''%'' expecting one "
                       "character other than % and _");
    sql_expect_refused("SELECT 1 IS 2", "parsing_exception: line 1:13: mismatched input '2' "
                                        "expecting NULL");
    sql_expect_refused("SELECT 1 BETWEEN 2", "parsing_exception: line 1:19: mismatched input "
                                             "'<EOF>' expecting AND");
    sql_expect_refused("SELECT 1::nothing", "parsing_exception: line 1:11: mismatched input "
                                            "'nothing' expecting a type");
}
