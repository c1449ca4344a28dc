// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(aggs_nest_and_keep_their_meta)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, "{'by.day':{'date_histogram':{'field':'at','calendar_interval':'1d'},"
                        "'aggs':{'x':{'terms':{'field':'f'},'aggregations':{'s':{'sum':{'field':"
                        "'n'}},'m':{'max':{'field':'n'}}}}},'meta':{'a':1}}}");
    EXPECT(slice_is(a->name, "by.day") && a->kind == AGG_DATE_HISTOGRAM);
    EXPECT(strcmp(a->type_name, "date_histogram") == 0);
    EXPECT(a->meta && a->meta->count == 1);
    EXPECT_EQ(a->sub_count, 1);
    EXPECT_EQ(a->subs[0].kind, AGG_TERMS);
    EXPECT_EQ(a->subs[0].sub_count, 2);
    EXPECT(slice_is(a->subs[0].subs[1].name, "m") && a->subs[0].subs[1].kind == AGG_MAX);
    EXPECT(a->subs[0].meta == NULL);
}

TEST(aggs_refuse_unknown_types_and_parameters)
{
    agg_refused("{'a':{'nope':{}}}", "parsing_exception: [1:14] Unknown aggregation type [nope]");
    agg_refused("{'a':{'terms':{'field':'f','x':1}}}",
                "x_content_parse_exception: [1:32] [terms] unknown field [x]");
    agg_refused("{'a':{}}", "parsing_exception: [1:6] Missing definition for aggregation [a]");
    agg_refused(
        "{'a':{'avg':{'field':'f'},'sum':{'field':'f'}}}",
        "parsing_exception: [1:33] Found two aggregation type definitions in [a]: [avg] and "
        "[sum]");
    agg_refused("{'a':1}", "parsing_exception: [1:6] Aggregation definition for [a] starts with a "
                           "[VALUE_NUMBER], expected a [START_OBJECT].");
    agg_refused("{'a':{'terms':[]}}", "parsing_exception: [1:15] Expected [START_OBJECT] under "
                                      "[terms], but got a [START_ARRAY] in [a]");
    agg_refused("[]", "parsing_exception: [1:1] Expected [START_OBJECT] under [aggs], but got a "
                      "[START_ARRAY]");
}

TEST(agg_names_hold_no_path_characters)
{
    agg_refused("{'a>b':{'avg':{'field':'f'}}}",
                "parsing_exception: [1:8] Invalid aggregation name [a>b]. Aggregation names can "
                "contain any character except '[', ']', and '>'");
    agg_refused("{'':{'avg':{'field':'f'}}}",
                "parsing_exception: [1:5] Invalid aggregation name []. Aggregation names can "
                "contain any character except '[', ']', and '>'");
}

TEST(metrics_have_no_subs_and_global_is_at_the_top)
{
    agg_refused("{'a':{'avg':{'field':'f'},'aggs':{'b':{'avg':{'field':'f'}}}}}",
                "aggregation_initialization_exception: Aggregator [a] of type [avg] cannot accept "
                "sub-aggregations");
    agg_refused("{'a':{'terms':{'field':'f'},'aggs':{'g':{'global':{}}}}}",
                "aggregation_execution_exception: Aggregation [a] cannot have a global "
                "sub-aggregation [g]. Global aggregations can only be defined as top level "
                "aggregations");
}

TEST(aggs_of_a_request_are_bounded)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    for (int count = 1023; count <= 1024; count++) {
        buf_reset(&text);
        for (int i = 0; i < count; i++)
            buf_print(&text, "%s\"a%d\":{\"global\":{}}", i ? "," : "{", i);
        buf_text(&text, "}");
        const struct json *v = NULL;
        struct agg_level got;
        EXPECT_EQ(json_parse(buf_slice(&text), request, &v, NULL), OK);
        EXPECT_EQ(agg_parse(v, request, &got, NULL), count < 1024 ? OK : ERR_INVALID);
    }
}
