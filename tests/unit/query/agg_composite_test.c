// SPDX-License-Identifier: Apache-2.0
#include "query/agg.h"
#include "unit/query/parse.h"

#define SOURCE "{'h':{'terms':{'field':'host'}}}"

TEST(agg_composite_makes_a_chain_of_its_sources)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct agg *a = agg_of(
        request, "{'c':{'aggs':{'m':{'avg':{'field':'x'}}},'composite':{'size':7,'sources':[" SOURCE
                 ",{'d':{'date_histogram':{'field':'at','calendar_interval':'day','order':'desc',"
                 "'missing_bucket':true}}},{'b':{'histogram':{'field':'x','interval':5}}}]}}}");
    EXPECT_EQ(a->kind, AGG_COMPOSITE);
    EXPECT(a->size == 7 && a->source_count == 3 && !a->after);
    const struct agg *host = a->subs;
    EXPECT(a->sub_count == 1 && host == a->sources[0].agg && host->kind == AGG_TERMS);
    const struct agg *day = host->subs;
    EXPECT(host->sub_count == 1 && day == a->sources[1].agg && day->missing_is_apart);
    EXPECT(a->sources[1].descending && a->sources[1].takes_missing);
    EXPECT(!a->sources[1].missing_first && a->sources[0].missing_first);
    const struct agg *last = day->subs;
    EXPECT(last->kind == AGG_HISTOGRAM && last->sub_count == 1 &&
           slice_is(last->subs[0].name, "m"));
}

TEST(agg_composite_puts_after_into_the_order_of_the_sources)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct agg *a =
        agg_of(request, "{'c':{'composite':{'after':{'n':5,'h':'x'},'sources':[" SOURCE
                        ",{'n':{'terms':{'field':'n','missing_bucket':true,'missing_order':'last'}}"
                        "}]}}}");
    EXPECT(a->size == 10 && slice_is(a->after[0].text, "x") && slice_is(a->after[1].text, "5"));
    EXPECT(!a->sources[1].missing_first);
}

TEST(agg_composite_refuses_what_makes_no_page)
{
    agg_refused("{'c':{'composite':{}}}",
                "illegal_argument_exception: [1:19] Composite [sources] cannot be null or empty");
    agg_refused("{'c':{'composite':{'sources':[" SOURCE "," SOURCE "]}}}",
                "illegal_argument_exception: [1:64] Composite source names must be unique, found "
                "duplicates: [h]");
    agg_refused("{'c':{'composite':{'sources':[" SOURCE "],'after':{}}}}",
                "illegal_argument_exception: [1:73] [after] has 0 value(s) but [sources] has 1");
    agg_refused("{'c':{'composite':{'sources':[" SOURCE "],'after':{'x':1}}}}",
                "illegal_argument_exception: [1:73] Missing value for [after.h]");
    agg_refused("{'c':{'composite':{'sources':[" SOURCE "],'after':{'h':null}}}}",
                "illegal_argument_exception: [1:78] Invalid value for [after.h]: null, and the "
                "source has no [missing_bucket]");
    agg_refused("{'c':{'composite':{'sources':[{'h':{'geotile_grid':{}}}]}}}",
                "parsing_exception: [1:52] invalid source type: geotile_grid");
    agg_refused("{'c':{'composite':{'sources':[{'h':{'terms':{'field':'x','size':3}}}]}}}",
                "x_content_parse_exception: [1:65] [composite] unknown field [size]");
    agg_refused("{'c':{'composite':{'sources':[{'h':{'terms':{'field':'x','order':'up'}}}]}}}",
                "illegal_argument_exception: [1:66] Unknown sort order [up]");
    agg_refused("{'c':{'composite':{'sources':[{'h':{'terms':{'field':'x','missing_order':'first'}"
                "}}]}}}",
                "illegal_argument_exception: [1:45] missingOrder can only be set if missingBucket "
                "is true");
    agg_refused("{'c':{'composite':{'size':0,'sources':[" SOURCE "]}}}",
                "illegal_argument_exception: [size] must be greater than 0. Found [0] in [c]");
}
