// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

#include <stdio.h>

// "+(a b)" all of them, "(a b)" one of them, "-a" not a, "a*" a prefix; fields when not f.
static void draw(struct buf *out, const struct query *q)
{
    if (q->kind == QUERY_MATCH_ALL) {
        buf_text(out, "ALL");
    } else if (q->kind == QUERY_MATCH_NONE) {
        buf_text(out, "NONE");
    } else if (q->kind == QUERY_PATTERN || q->kind == QUERY_TERMS) {
        struct slice field = q->kind == QUERY_TERMS ? q->terms.field : q->pattern.field;
        if (!slice_is(field, "f"))
            buf_print(out, "%.*s:", SLICE_PRINT(field));
        if (q->kind == QUERY_TERMS)
            buf_print(out, "%.*s", SLICE_PRINT(q->terms.values[0].text));
        else
            buf_print(out, "%.*s*", SLICE_PRINT(q->pattern.text));
    } else if (q->bool_.must_not_count) {
        buf_text(out, "-");
        draw(out, q->bool_.must_not[0]);
    } else {
        bool all = q->bool_.must_count;
        buf_text(out, all ? "+(" : "(");
        for (uint32_t i = 0; i < q->bool_.must_count + q->bool_.should_count; i++) {
            buf_text(out, i ? " " : "");
            draw(out, all ? q->bool_.must[i] : q->bool_.should[i]);
        }
        buf_text(out, ")");
    }
}

static void expect_drawn(const char *options, const char *text, const char *want)
{
    struct arena *request AUTO(arena_freep) = arena_new(4 << 20);
    char body[500];
    snprintf(body, sizeof body, "{'simple_query_string':{%s,'query':'%s'}}", options, text);
    struct buf out AUTO(buf_donep) = buf_init(1000);
    draw(&out, query_of(request, body));
    if (!slice_is(buf_slice(&out), want))
        test_fail(__FILE__, __LINE__, "%s is %.*s", text, (int)out.len, (const char *)out.at);
}

static const char one[] = "'fields':['f']";

TEST(query_simple_joins_words_from_left_to_right)
{
    expect_drawn(one, "x", "x");
    expect_drawn(one, "x y", "(x y)");
    expect_drawn(one, "x + y", "+(x y)");
    expect_drawn(one, "x | y + z", "+((x y) z)");
    expect_drawn(one, "x + y | z", "(+(x y) z)");
    expect_drawn(one, "x + -y", "+(x -y)");
    expect_drawn(one, "-x", "-x");
    expect_drawn(one, "--x", "x");
    expect_drawn(one, "(x y) + z", "+((x y) z)");
    expect_drawn(one, "x + (y | (z w))", "+(x (y (z w)))");
    expect_drawn("'fields':['f'],'default_operator':'and'", "x y | z", "(+(x y) z)");
}

TEST(query_simple_reads_prefixes_quotes_and_escapes)
{
    expect_drawn(one, "ab*", "ab*");
    expect_drawn(one, "a*b", "a*b");
    expect_drawn(one, "\\\\\\\"x y\\\\\\\"", "(\"x y\")");
    expect_drawn(one, "\\\"x y\\\" z", "(x y z)");
    expect_drawn(one, "a\\\\+b", "a+b");
    expect_drawn(one, " * ", "ALL");
    expect_drawn(one, "a-b", "a-b");
}

TEST(query_simple_finds_nothing_wrong)
{
    expect_drawn(one, "", "NONE");
    expect_drawn(one, "+ | - ()", "NONE");
    expect_drawn(one, "x +", "x");
    expect_drawn(one, "(x", "x");
    expect_drawn(one, "x)", "x");
    expect_drawn(one, "\\\"x", "x");
    expect_drawn(one, "x + + y", "+(x y)");
}

TEST(query_simple_looks_into_each_field)
{
    expect_drawn("'fields':['f','g^3']", "x + y*", "+((x g:x) (y* g:y*))");
}

TEST(query_simple_takes_its_options)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct query *q = query_of(
        request, "{'simple_query_string':{'query':'x y z','fields':['f'],'lenient':true,'boost':2,"
                 "'minimum_should_match':'2','flags':'ALL','analyzer':'standard','_name':'n'}}");
    EXPECT(q->boost == 2 && slice_is(q->name, "n") && q->bool_.should_match_min == 2);
    EXPECT(q->bool_.should[0]->terms.is_lenient);
}

TEST(query_simple_refuses_what_it_cannot_do)
{
    query_refused("{'simple_query_string':{'query':'x'}}",
                  "parsing_exception: [1:24] [simple_query_string] query needs [fields]");
    query_refused("{'simple_query_string':{'fields':['f']}}",
                  "parsing_exception: [1:24] [simple_query_string] query text missing");
    query_refused("{'simple_query_string':{'query':'x~2','fields':['f']}}",
                  "parsing_exception: [1:24] [simple_query_string] query does not support "
                  "fuzziness and slop here");
    query_refused("{'simple_query_string':{'query':'x','fields':['f*']}}",
                  "parsing_exception: [1:24] [simple_query_string] query does not support "
                  "wildcards in field names");
    query_refused("{'simple_query_string':{'x':1}}",
                  "parsing_exception: [1:29] [simple_query_string] query does not support [x]");
    query_refused("{'simple_query_string':{'query':'x','fields':['f'],'flags':'AND'}}",
                  "parsing_exception: [1:60] [simple_query_string] query does not support flags "
                  "but [ALL]");
}
