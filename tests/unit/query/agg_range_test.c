// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(range_agg_takes_keys_and_open_ends)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(
        request, "{'a':{'range':{'field':'n','keyed':true,'ranges':[{'to':50},{'key':'k','from':"
                 "'50','to':150.5},{'from':150,'to':null}]}}}");
    EXPECT(a->kind == AGG_RANGE && a->range_count == 3 && a->keyed);
    EXPECT(a->ranges[0].from.type == LITERAL_NULL && slice_is(a->ranges[0].to.text, "50"));
    EXPECT(slice_is(a->ranges[1].key, "k") && slice_is(a->ranges[1].from.text, "50"));
    EXPECT_EQ(a->ranges[2].to.type, LITERAL_NULL);
}

TEST(date_range_agg_takes_format_and_zone)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, "{'a':{'date_range':{'field':'t','format':'MM-yyyy','time_zone':'+01:00',"
                        "'ranges':[{'to':'now-10M/M'}]}}}");
    EXPECT(a->kind == AGG_DATE_RANGE && slice_is(a->ranges[0].to.text, "now-10M/M"));
    EXPECT(slice_is(a->time_zone, "+01:00") && slice_is(a->format, "MM-yyyy"));
}

TEST(range_agg_needs_ranges)
{
    agg_refused("{'a':{'range':{'field':'n','ranges':[]}}}",
                "illegal_argument_exception: No [ranges] specified for the [a] aggregation");
    agg_refused("{'a':{'range':{'field':'n','ranges':[{'x':1}]}}}",
                "x_content_parse_exception: [1:43] [range] unknown field [x]");
    agg_refused("{'a':{'range':{'field':'n','ranges':[1]}}}",
                "x_content_parse_exception: [1:38] [range] ranges doesn't support values of type: "
                "VALUE_NUMBER");
    agg_refused("{'a':{'range':{'time_zone':'Z'}}}",
                "x_content_parse_exception: [1:28] [range] unknown field [time_zone]");
}
