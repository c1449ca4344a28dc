// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(multi_match_is_any_of_its_fields)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(
        request, "{'multi_match':{'query':'x','fields':['a^2','b'],'type':'most_fields','lenient':"
                 "true,'tie_breaker':0.3,'operator':'and','boost':2}}");
    EXPECT(q->kind == QUERY_BOOL && q->boost == 2);
    EXPECT(q->bool_.should_count == 2 && q->bool_.should_match_min == 1);
    EXPECT(slice_is(q->bool_.should[0]->terms.field, "a") && q->bool_.should[1]->terms.is_lenient &&
           q->bool_.should[1]->terms.is_match);
    q = query_of(request, "{'multi_match':{'query':'x','fields':'a','type':'phrase_prefix'}}");
    EXPECT(q->bool_.should[0]->kind == QUERY_PATTERN &&
           q->bool_.should[0]->pattern.kind == PATTERN_PREFIX);
}

TEST(multi_match_refuses_what_it_cannot_do)
{
    query_refused("{'multi_match':{'query':'x'}}",
                  "parsing_exception: [1:16] [multi_match] needs [fields], which there is no "
                  "default of");
    query_refused("{'multi_match':{'fields':['a']}}",
                  "parsing_exception: [1:16] No text specified for multi_match query");
    query_refused("{'multi_match':{'query':'x','fields':['a*']}}",
                  "parsing_exception: [1:39] [multi_match] needs whole names of fields, not [a*]");
    query_refused("{'multi_match':{'query':'x','fields':['a^b']}}",
                  "parsing_exception: [1:39] [multi_match] has no number of at least 0 behind [^] "
                  "in [a^b]");
    query_refused("{'multi_match':{'query':'x','fields':['a'],'type':'some'}}",
                  "parsing_exception: [1:51] failed to parse [multi_match] query type [some]. "
                  "unknown type.");
    query_refused("{'multi_match':{'query':'x','fields':['a'],'fuzziness':'AUTO'}}",
                  "parsing_exception: [1:56] [multi_match] query does not support [fuzziness] "
                  "here");
    query_refused("{'multi_match':{'query':'x','fields':['a'],'y':1}}",
                  "parsing_exception: [1:48] [multi_match] query does not support [y]");
}

TEST(dis_max_is_any_of_its_queries)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q =
        query_of(request, "{'dis_max':{'queries':[{'term':{'a':1}},{'term':{'b':2}}],"
                          "'tie_breaker':0.7,'_name':'n'}}");
    EXPECT(q->bool_.should_count == 2 && q->bool_.should_match_min == 1 && slice_is(q->name, "n"));
    query_refused("{'dis_max':{}}", "parsing_exception: [1:12] [dis_max] requires 'queries' field "
                                    "with at least one clause");
    query_refused("{'dis_max':{'queries':[{'nothing':{}}]}}",
                  "parsing_exception: [1:35] unknown query [nothing]");
}

TEST(boosting_is_its_positive_query)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q =
        query_of(request, "{'boosting':{'positive':{'term':{'a':1}},'negative':{'term':{'b':2}},"
                          "'negative_boost':0.2}}");
    EXPECT(q->bool_.must_count == 1 && q->bool_.must_not_count == 0 &&
           slice_is(q->bool_.must[0]->terms.field, "a"));
    query_refused("{'boosting':{'positive':{'match_all':{}},'negative_boost':1}}",
                  "parsing_exception: [1:13] [boosting] query requires 'negative' query to be set");
    query_refused("{'boosting':{'positive':{'match_all':{}},'negative':{'match_all':{}}}}",
                  "parsing_exception: [1:13] [boosting] query requires 'negative_boost' to be set "
                  "to be a positive value");
}
