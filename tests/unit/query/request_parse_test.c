// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(an_empty_request_has_every_default)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r;
    EXPECT_EQ(request_parse(NULL, request, &r, NULL), OK);
    EXPECT_EQ(r.query->kind, QUERY_MATCH_ALL);
    EXPECT(r.from == 0 && r.size == 10 && r.sort_count == 0 && r.agg_count == 0);
    EXPECT(r.track_total_hits == 10000 && !r.track_total_hits_given);
    EXPECT(!r.source.is_off && !r.post_filter && !r.search_after && r.timeout_ms == 0);
}

TEST(a_request_takes_all_its_keys)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct request r = request_of(
        request,
        "{'query':{'term':{'a':1}},'post_filter':{'match_none':{}},'from':0,'size':'20','sort':"
        "['a'],'search_after':[5],'_source':false,'fields':['a'],'docvalue_fields':['b'],'aggs':"
        "{'x':{'avg':{'field':'n'}}},'track_total_hits':true,'min_score':0.5,'version':true,"
        "'seq_no_primary_term':'true','track_scores':true,'profile':true,'explain':true,"
        "'timeout':'30s','stored_fields':['*'],'script_fields':{},'runtime_mappings':{},"
        "'highlight':{'fields':{'*':{}}},'preference':'p','terminate_after':5,'stats':['s']}");
    EXPECT(r.query->kind == QUERY_TERMS && r.post_filter->kind == QUERY_MATCH_NONE);
    EXPECT(r.size == 20 && r.sort_count == 1 && r.search_after_count == 1);
    EXPECT(r.source.is_off && r.field_count == 1 && r.docvalue_field_count == 1);
    EXPECT(r.agg_count == 1 && r.track_total_hits == -1 && r.track_total_hits_given);
    EXPECT(r.min_score_given && r.min_score == 0.5 && r.timeout_ms == 30000);
    EXPECT(r.wants_version && r.wants_seq_no && r.tracks_scores && r.wants_profile);
    EXPECT(r.wants_explain);
    EXPECT_EQ(request_check(&r, NULL), OK);
}

TEST(total_hits_are_counted_up_to_a_number_or_not_at_all)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    EXPECT_EQ(request_of(request, "{'track_total_hits':false}").track_total_hits, 0);
    EXPECT_EQ(request_of(request, "{'track_total_hits':-1}").track_total_hits, -1);
    EXPECT_EQ(request_of(request, "{'track_total_hits':55}").track_total_hits, 55);
    request_refused("{'track_total_hits':-2}",
                    "illegal_argument_exception: [track_total_hits] parameter must be positive or "
                    "equals to -1, got -2");
}

TEST(a_point_in_time_and_a_slice_are_read_with_their_bounds)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    struct request r = request_of(request, "{'pit':{'id':'abc','keep_alive':'2m'}}");
    EXPECT(slice_is(r.pit_id, "abc") && slice_is(r.pit_keep_alive, "2m"));
    r = request_of(request, "{'slice':{'field':'a','id':3,'max':'4'}}");
    EXPECT(r.slice_id == 3 && r.slice_max == 4);
    request_refused("{'pit':{}}", "illegal_argument_exception: [1:8] Required [id] of [pit]");
    request_refused("{'slice':{'id':1,'max':1}}",
                    "illegal_argument_exception: [1:10] max must be greater than 1 and at most "
                    "1024");
    request_refused("{'slice':{'id':2,'max':2}}",
                    "illegal_argument_exception: [1:10] id must be at least 0 and lower than max, "
                    "got id 2 and max 2");
}

TEST(a_request_refuses_unknown_and_unsupported_keys)
{
    request_refused("{'x':{}}", "parsing_exception: [1:6] Unknown key for a START_OBJECT in [x].");
    request_refused("{'x':[]}", "parsing_exception: [1:6] Unknown key for a START_ARRAY in [x].");
    request_refused("{'x':1}", "parsing_exception: [1:6] Unknown key for a VALUE_NUMBER in [x].");
    request_refused("[]", "parsing_exception: [1:1] Expected [START_OBJECT] but found "
                          "[START_ARRAY]");
    request_refused("{'collapse':{'field':'a'}}",
                    "illegal_argument_exception: [1:13] [collapse] is not supported");
    request_refused("{'script_fields':{'a':{}}}",
                    "illegal_argument_exception: [1:18] [script_fields] is supported only empty");
    request_refused("{'timeout':'1x'}",
                    "illegal_argument_exception: [timeout]: failed to parse [1x] as a time value: "
                    "unit is missing or unrecognized");
    request_refused("{'size':-1}", "illegal_argument_exception: [size] parameter cannot be "
                                   "negative, found [-1]");
    request_refused("{'from':-5}", "illegal_argument_exception: [from] parameter cannot be "
                                   "negative, found [-5]");
    request_refused("{'search_after':[]}",
                    "illegal_argument_exception: [1:17] Values for search_after cannot be empty or "
                    "more than [64]");
}
