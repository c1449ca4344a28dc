// SPDX-License-Identifier: Apache-2.0
#include "sql/filter.h"
#include "unit/sql/sql.h"

#include <stdio.h>

static void expect_query(const char *condition, const char *query)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct slice text = arena_print(request, "SELECT COUNT(*) FROM rows WHERE %s", condition);
    struct slice want =
        arena_print(request, "{\"size\":0,\"track_total_hits\":true,\"query\":%s}", query);
    const char *got = sql_body(request, arena_string(request, text));
    if (strcmp(got, (const char *)want.at) != 0)
        test_fail(__FILE__, __LINE__, "%s\n  gives  %s\n  not    %s", condition, got,
                  (const char *)want.at);
}

#define TERM(field_, value_) "{\"term\":{\"" field_ "\":{\"value\":" value_ "}}}"
#define EXISTS(field_)       "{\"exists\":{\"field\":\"" field_ "\"}}"
#define NOT_WHERE(field_, query_) \
    "{\"bool\":{\"filter\":[" EXISTS(field_) "],\"must_not\":[" query_ "]}}"

TEST(filter_of_a_comparison)
{
    expect_query("kind = 'a'", TERM("kind", "\"a\""));
    expect_query("'a' = kind", TERM("kind", "\"a\""));
    expect_query("kind <> 'a'", NOT_WHERE("kind", TERM("kind", "\"a\"")));
    expect_query("NOT kind = 'a'", NOT_WHERE("kind", TERM("kind", "\"a\"")));
    expect_query("size > 3", "{\"range\":{\"size\":{\"gt\":3}}}");
    expect_query("3 > size", "{\"range\":{\"size\":{\"lt\":3}}}");
    expect_query("NOT size > 3", "{\"range\":{\"size\":{\"lte\":3}}}");
    expect_query("ratio >= 1.5", "{\"range\":{\"ratio\":{\"gte\":1.5}}}");
    expect_query("at < '2021-10-28'", "{\"range\":{\"at\":{\"lt\":\"2021-10-28T00:00:00.000Z\"}}}");
    expect_query("size = NULL", "{\"match_none\":{}}");
    expect_query("NOT size = NULL", "{\"match_none\":{}}");
    expect_query("size <=> NULL", "{\"bool\":{\"must_not\":[" EXISTS("size") "]}}");
    expect_query("NOT size <=> 3", "{\"bool\":{\"must_not\":[" TERM("size", "3") "]}}");
    expect_query("ok", TERM("ok", "true"));
    expect_query("NOT ok", TERM("ok", "false"));
}

TEST(filter_of_two_bounds_is_one_range)
{
    expect_query("size BETWEEN 1 AND 5", "{\"bool\":{\"filter\":[{\"range\":{\"size\":{\"gte\":1,"
                                         "\"lte\":5}}}]}}");
    expect_query("size > 1 AND ok AND size < 5",
                 "{\"bool\":{\"filter\":[{\"range\":{\"size\":{\"gt\":1,\"lt\":5}}}," TERM(
                     "ok", "true") "]}}");
    expect_query("size > 1 AND size > 5",
                 "{\"bool\":{\"filter\":[{\"range\":{\"size\":{\"gt\":1}}},{\"range\":{\"size\":{"
                 "\"gt\":5}}}]}}");
    expect_query("NOT size BETWEEN 1 AND 5",
                 "{\"bool\":{\"should\":[{\"range\":{\"size\":{\"lt\":1}}},{\"range\":{\"size\":{"
                 "\"gt\":5}}}]}}");
}

TEST(filter_of_lists_and_patterns)
{
    expect_query("kind IN ('a', 'b')", "{\"terms\":{\"kind\":[\"a\",\"b\"]}}");
    expect_query("kind IN ('a')", TERM("kind", "\"a\""));
    expect_query("kind NOT IN ('a', 'b')",
                 NOT_WHERE("kind", "{\"terms\":{\"kind\":[\"a\",\"b\"]}}"));
    expect_query("kind NOT IN ('a', NULL)", "{\"match_none\":{}}");
    expect_query("kind IN ('a', NULL, 'b')", "{\"terms\":{\"kind\":[\"a\",\"b\"]}}");
    expect_query("kind LIKE 'a_%*'", "{\"wildcard\":{\"kind\":{\"value\":\"a?*\\\\*\"}}}");
    expect_query("kind LIKE 'a!_' ESCAPE '!'", "{\"wildcard\":{\"kind\":{\"value\":\"a_\"}}}");
    expect_query("kind NOT LIKE 'a%'",
                 NOT_WHERE("kind", "{\"wildcard\":{\"kind\":{\"value\":\"a*\"}}}"));
    expect_query("kind RLIKE 'a.*'", "{\"regexp\":{\"kind\":{\"value\":\"a.*\"}}}");
    expect_query("LOWER(kind) LIKE 'a%'", "{\"wildcard\":{\"kind\":{\"value\":\"a*\",\"case_"
                                          "insensitive\":true}}}");
    expect_query("UPPER(kind) = 'AB'", "{\"term\":{\"kind\":{\"value\":\"AB\",\"case_insensitive\":"
                                       "true}}}");
    expect_query("LOWER(kind) = 'AB'", "{\"match_none\":{}}");
    expect_query("LOWER(kind) <> 'AB'", EXISTS("kind"));
}

TEST(filter_of_joined_conditions_keeps_three_truths)
{
    expect_query("ok OR host IS NULL", "{\"bool\":{\"should\":[" TERM(
                                           "ok", "true") ",{\"bool\":{"
                                                         "\"must_not\":[" EXISTS("host") "]}}]}}");
    expect_query("NOT (ok OR host IS NULL)",
                 "{\"bool\":{\"filter\":[" TERM("ok", "false") "," EXISTS("host") "]}}");
    expect_query("NOT (ok AND host = 'a')",
                 "{\"bool\":{\"should\":[" TERM("ok", "false") "," NOT_WHERE(
                     "host", TERM("host", "\"a\"")) "]}}");
    expect_query("1 = 1", "{\"match_all\":{}}");
    expect_query("1 = 0 OR ok",
                 "{\"bool\":{\"should\":[{\"match_none\":{}}," TERM("ok", "true") "]}}");
}

TEST(filter_of_what_the_engine_alone_can_say)
{
    expect_query("MATCH(kind, 'a b')", "{\"match\":{\"kind\":\"a b\"}}");
    expect_query("NOT QUERY('kind:a')",
                 "{\"bool\":{\"must_not\":[{\"query_string\":{\"query\":\"kind:a\"}}]}}");
}

TEST(filter_refuses_what_only_a_script_could_ask)
{
    sql_expect_refused("SELECT kind FROM rows WHERE LENGTH(kind) > 3",
                       "verification_exception: Found 1 problem\nline 1:29: [LENGTH(kind) > 3] "
                       "cannot be asked of rows: a condition compares a column with a constant");
    sql_expect_refused("SELECT kind FROM rows WHERE ok AND size < bytes",
                       "verification_exception: Found 1 problem\nline 1:36: [size < bytes] cannot "
                       "be asked of rows: a condition compares a column with a constant");
}

TEST(filter_bounds_its_depth)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 16);
    buf_text(&text, "SELECT kind FROM rows WHERE ");
    for (int i = 0; i < 20; i++)
        buf_text(&text, i % 2 ? "(ok AND " : "(ok OR ");
    buf_text(&text, "ok");
    for (int i = 0; i < 20; i++)
        buf_text(&text, ")");
    const char *words = sql_refusal(request, arena_string(request, buf_slice(&text)));
    EXPECT(strstr(words, "conditions more than 16 deep") != NULL);
}
