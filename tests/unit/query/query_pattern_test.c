// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

static struct query_pattern pattern_of(struct arena *request, const char *text)
{
    const struct query *q = query_of(request, text);
    EXPECT_EQ(q->kind, QUERY_PATTERN);
    return q->pattern;
}

TEST(query_pattern_has_a_short_and_a_long_form)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct query_pattern p = pattern_of(request, "{'prefix':{'f':'ab'}}");
    EXPECT(p.kind == PATTERN_PREFIX && slice_is(p.field, "f") && slice_is(p.text, "ab"));
    EXPECT(!p.ignores_case);
    p = pattern_of(request, "{'prefix':{'f':{'value':'ab','case_insensitive':true,"
                            "'rewrite':'constant_score','boost':2}}}");
    EXPECT(slice_is(p.text, "ab") && p.ignores_case);
    p = pattern_of(request, "{'wildcard':{'f':{'wildcard':'a*b?'}}}");
    EXPECT(p.kind == PATTERN_WILDCARD && slice_is(p.text, "a*b?"));
    p = pattern_of(request, "{'regexp':{'f':{'value':12}}}");
    EXPECT(p.kind == PATTERN_REGEXP && slice_is(p.text, "12") && p.operators == REGEXP_ALL);
    p = pattern_of(request, "{'prefix':{'f':''}}");
    EXPECT_EQ(p.text.len, 0);
}

TEST(query_pattern_reads_the_flags_of_a_regexp)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct query_pattern p =
        pattern_of(request, "{'regexp':{'f':{'value':'x','flags':'interval|EMPTY'}}}");
    EXPECT_EQ(p.operators, REGEXP_INTERVAL | REGEXP_EMPTY);
    p = pattern_of(request, "{'regexp':{'f':{'value':'x','flags':'NONE'}}}");
    EXPECT_EQ(p.operators, 0);
    p = pattern_of(request, "{'regexp':{'f':{'value':'x','flags':''}}}");
    EXPECT_EQ(p.operators, REGEXP_ALL);
    p = pattern_of(request, "{'regexp':{'f':{'value':'x','flags_value':2,"
                            "'max_determinized_states':20}}}");
    EXPECT_EQ(p.operators, REGEXP_COMPLEMENT);
    query_refused("{'regexp':{'f':{'value':'x','flags':'SOME'}}}",
                  "illegal_argument_exception: Unknown regexp flag [SOME]");
}

TEST(query_pattern_of_one_word_is_what_match_prefixes_are)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct query_pattern p = pattern_of(request, "{'match_bool_prefix':{'f':'a b'}}");
    EXPECT(p.kind == PATTERN_PREFIX && slice_is(p.text, "a b"));
    p = pattern_of(request, "{'match_phrase_prefix':{'f':{'query':'a','max_expansions':3,"
                            "'lenient':true}}}");
    EXPECT(p.kind == PATTERN_PREFIX && slice_is(p.text, "a") && p.is_lenient);
}

TEST(query_pattern_refuses_what_is_no_text)
{
    query_refused("{'prefix':{'f':['a']}}",
                  "parsing_exception: [1:16] [prefix] query does not support an array as its "
                  "value");
    query_refused("{'wildcard':{'f':{'value':null}}}",
                  "illegal_argument_exception: value cannot be null");
    query_refused("{'wildcard':{'f':{}}}", "illegal_argument_exception: value cannot be null");
    query_refused("{'regexp':{'f':{'regexp':'x'}}}",
                  "parsing_exception: [1:26] [regexp] query does not support [regexp]");
    query_refused("{'prefix':{'f':{'value':'x','flags':'ALL'}}}",
                  "parsing_exception: [1:37] [prefix] query does not support [flags]");
    query_refused("{'prefix':{}}",
                  "illegal_argument_exception: field name is null or empty in [prefix] query");
}

TEST(query_pattern_reads_how_fuzzy_it_is)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct query_pattern p = pattern_of(request, "{'fuzzy':{'f':'ab'}}");
    EXPECT(p.kind == PATTERN_FUZZY && slice_is(p.text, "ab") && p.fuzziness.by_length);
    EXPECT(p.fuzziness.one_from == 3 && p.fuzziness.two_from == 6 && !p.keeps_order);
    p = pattern_of(request, "{'fuzzy':{'f':{'value':'x','fuzziness':'1','prefix_length':3,"
                            "'transpositions':false,'max_expansions':9,'rewrite':'r'}}}");
    EXPECT(!p.fuzziness.by_length && p.fuzziness.edits == 1);
    EXPECT(p.same_length == 3 && p.keeps_order);
    p = pattern_of(request, "{'fuzzy':{'f':{'value':'x','fuzziness':'AUTO:2,9'}}}");
    EXPECT(p.fuzziness.one_from == 2 && p.fuzziness.two_from == 9);
#define REFUSED(given, shown)                                                                     \
    query_refused("{'fuzzy':{'f':{'value':'x','fuzziness':" given "}}}",                          \
                  "illegal_argument_exception: [fuzzy] [fuzziness] is AUTO, AUTO:low,high, 0, 1 " \
                  "or 2, not [" shown "]")
    REFUSED("3", "3");
    REFUSED("-1", "-1");
    REFUSED("1.5", "1.5");
    REFUSED("'x'", "x");
    REFUSED("[]", "");
    REFUSED("true", "");
    REFUSED("'AUTO:9,2'", "AUTO:9,2");
    REFUSED("'AUTO:2'", "AUTO:2");
    REFUSED("'AUTO:2,99999999'", "AUTO:2,99999999");
}
