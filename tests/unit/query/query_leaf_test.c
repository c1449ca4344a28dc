// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(term_has_a_short_and_a_long_form)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(request, "{'term':{'a.b':7}}");
    EXPECT_EQ(q->kind, QUERY_TERMS);
    EXPECT(slice_is(q->terms.field, "a.b"));
    EXPECT_EQ(q->terms.value_count, 1);
    EXPECT_EQ(q->terms.values[0].type, LITERAL_NUMBER);
    EXPECT(slice_is(q->terms.values[0].text, "7"));
    EXPECT(!q->terms.is_match && !q->terms.ignores_case);
    q = query_of(request, "{'term':{'a':{'value':'X','case_insensitive':true,'boost':3}}}");
    EXPECT(q->terms.ignores_case && q->boost == 3);
    EXPECT_EQ(q->terms.values[0].type, LITERAL_TEXT);
    q = query_of(request, "{'term':{'a':true,'boost':2}}");
    EXPECT(q->terms.values[0].truth && slice_is(q->terms.values[0].text, "true"));
    EXPECT(q->boost == 2);
}

TEST(term_refuses_other_forms)
{
    query_refused("{'term':{'a':1,'b':2}}",
                  "parsing_exception: [1:20] [term] query doesn't support multiple fields, found "
                  "[a] and [b]");
    query_refused("{'term':{'a':[1]}}",
                  "parsing_exception: [1:14] [term] query does not support array of values");
    query_refused("{'term':{'a':null}}", "illegal_argument_exception: value cannot be null");
    query_refused("{'term':{'a':{'x':1}}}",
                  "parsing_exception: [1:19] [term] query does not support [x]");
    query_refused("{'term':{'a':{}}}", "illegal_argument_exception: [term] query needs a value");
    query_refused("{'term':{}}",
                  "illegal_argument_exception: field name is null or empty in [term] query");
}

TEST(terms_takes_an_array)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(request, "{'terms':{'a':['x',2,false],'boost':2}}");
    EXPECT_EQ(q->terms.value_count, 3);
    EXPECT_EQ(q->terms.values[2].type, LITERAL_BOOL);
    EXPECT(q->boost == 2);
    EXPECT_EQ(query_of(request, "{'terms':{'a':[]}}")->terms.value_count, 0);
    query_refused("{'terms':{'a':{'index':'i'}}}",
                  "parsing_exception: [1:15] [terms] query does not support [a]");
    query_refused("{'terms':{'a':[1,null]}}",
                  "parsing_exception: [1:18] [terms] query does not support null among its values");
}

TEST(terms_refuses_more_values_than_the_limit)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    buf_text(&text, "{\"terms\":{\"a\":[0");
    for (int i = 0; i < 65536; i++)
        buf_text(&text, ",1");
    buf_text(&text, "]}}");
    const struct json *v = NULL;
    const struct query *q = NULL;
    struct fault why = {0};
    EXPECT_EQ(json_parse(buf_slice(&text), request, &v, NULL), OK);
    EXPECT_EQ(query_parse(v, request, &q, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "The number of terms [65537]") != NULL);
}

TEST(match_and_match_phrase_are_terms_of_one_value)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(request, "{'match':{'a':'x y'}}");
    EXPECT(q->kind == QUERY_TERMS && q->terms.is_match && !q->terms.is_lenient);
    q = query_of(request, "{'match':{'a':{'query':'x','lenient':true,'operator':'and'}}}");
    EXPECT(q->terms.is_lenient && slice_is(q->terms.values[0].text, "x"));
    q = query_of(request, "{'match_phrase':{'a':{'query':5,'slop':1}}}");
    EXPECT(q->terms.is_match && q->terms.values[0].type == LITERAL_NUMBER);
    query_refused("{'match':{'a':{'query':'x','fuzziness':'AUTO'}}}",
                  "parsing_exception: [1:40] [match] query does not support [fuzziness] here");
    query_refused("{'match_phrase':{'a':{'query':'x','zz':1}}}",
                  "parsing_exception: [1:40] [match_phrase] query does not support [zz]");
}

TEST(exists_and_ids_take_their_parts)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT(slice_is(query_of(request, "{'exists':{'field':'a'}}")->exists, "a"));
    const struct query *q = query_of(request, "{'ids':{'values':['1',2]}}");
    EXPECT(q->kind == QUERY_IDS && q->ids.value_count == 2 && slice_is(q->ids.values[1], "2"));
    EXPECT_EQ(query_of(request, "{'ids':{'values':'1'}}")->ids.value_count, 1);
    query_refused("{'exists':{}}",
                  "parsing_exception: [1:11] [exists] must be provided with a [field]");
    query_refused("{'ids':{'x':1}}", "x_content_parse_exception: [1:13] [ids] unknown field [x]");
    query_refused("{'match_all':{'x':1}}",
                  "x_content_parse_exception: [1:19] [match_all] unknown field [x]");
}
