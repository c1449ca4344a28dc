// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

static uint32_t should_min(const char *text)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    return query_of(request, text)->bool_.should_match_min;
}

TEST(bool_clauses_are_objects_or_arrays)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(
        request, "{'bool':{'must':{'match_all':{}},'filter':[{'term':{'a':1}},{'term':{'b':2}}],"
                 "'must_not':[],'should':{'exists':{'field':'c'}},'adjust_pure_negative':true}}");
    EXPECT_EQ(q->kind, QUERY_BOOL);
    EXPECT_EQ(q->bool_.must_count, 1);
    EXPECT_EQ(q->bool_.filter_count, 2);
    EXPECT_EQ(q->bool_.must_not_count, 0);
    EXPECT_EQ(q->bool_.should_count, 1);
    EXPECT(slice_is(q->bool_.filter[1]->terms.field, "b"));
    EXPECT_EQ(q->bool_.should_match_min, 0);
}

TEST(bool_without_clauses_matches_all)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT_EQ(query_of(request, "{'bool':{}}")->kind, QUERY_MATCH_ALL);
    EXPECT_EQ(query_of(request, "{'bool':{'must':[],'filter':[]}}")->kind, QUERY_MATCH_ALL);
    EXPECT_EQ(query_of(request, "{'bool':{'must_not':{'match_all':{}}}}")->kind, QUERY_BOOL);
}

TEST(should_clauses_are_optional_only_beside_must_or_filter)
{
#define TWO "'should':[{'match_all':{}},{'match_none':{}}]"
    EXPECT_EQ(should_min("{'bool':{" TWO "}}"), 1);
    EXPECT_EQ(should_min("{'bool':{" TWO ",'must_not':{'match_none':{}}}}"), 1);
    EXPECT_EQ(should_min("{'bool':{" TWO ",'filter':{'match_all':{}}}}"), 0);
    EXPECT_EQ(should_min("{'bool':{" TWO ",'must':{'match_all':{}}}}"), 0);
    EXPECT_EQ(should_min("{'bool':{" TWO ",'minimum_should_match':2}}"), 2);
    EXPECT_EQ(should_min("{'bool':{'minimum_should_match':'-1'," TWO "}}"), 1);
    EXPECT_EQ(should_min("{'bool':{" TWO ",'minimum_should_match':'100%'}}"), 2);
    EXPECT_EQ(should_min("{'bool':{" TWO ",'filter':{'match_all':{}},'minimum_should_match':1}}"),
              1);
#undef TWO
}

TEST(bool_refuses_other_keys)
{
    query_refused("{'bool':{'x':{}}}",
                  "x_content_parse_exception: [1:14] [bool] unknown field [x]");
    query_refused("{'bool':{'must':1}}", "x_content_parse_exception: [1:17] [bool] must doesn't "
                                         "support values of type: VALUE_NUMBER");
    query_refused("{'bool':{'must':[{'nope':{}}]}}",
                  "parsing_exception: [1:26] unknown query [nope]");
    query_refused("{'bool':{'should':[],'minimum_should_match':'x'}}",
                  "number_format_exception: [1:9] [bool] minimum_should_match is no number, "
                  "percentage or condition");
}

TEST(constant_score_is_a_bool_that_scores)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q =
        query_of(request, "{'constant_score':{'filter':{'term':{'a':1}},'boost':1.5}}");
    EXPECT(q->kind == QUERY_BOOL && q->bool_.must_count == 1 && q->boost == 1.5);
    query_refused("{'constant_score':{}}",
                  "parsing_exception: [1:19] [constant_score] requires a 'filter' element");
    query_refused("{'constant_score':{'filter':[]}}",
                  "parsing_exception: [1:29] unexpected token [START_ARRAY]");
    query_refused("{'constant_score':{'x':1}}",
                  "parsing_exception: [1:24] [constant_score] query does not support [x]");
}
