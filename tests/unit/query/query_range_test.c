// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(range_takes_gte_gt_lte_and_lt)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(request, "{'range':{'a':{'gte':1,'lt':'now/d'}}}");
    EXPECT_EQ(q->kind, QUERY_RANGE);
    EXPECT(!q->range.from_open && q->range.to_open);
    EXPECT(slice_is(q->range.from.text, "1") && slice_is(q->range.to.text, "now/d"));
    q = query_of(request, "{'range':{'a':{'gt':1,'lte':null}}}");
    EXPECT(q->range.from_open && !q->range.to_open);
    EXPECT_EQ(q->range.to.type, LITERAL_NULL);
}

TEST(range_takes_from_to_and_include)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(
        request, "{'range':{'a':{'from':1,'to':2,'include_lower':false,'include_upper':true}}}");
    EXPECT(q->range.from_open && !q->range.to_open);
    q = query_of(request, "{'range':{'a':{'include_upper':false,'from':1,'to':2}}}");
    EXPECT(!q->range.from_open && q->range.to_open);
}

TEST(range_takes_format_zone_and_boost)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct query *q = query_of(request, "{'range':{'a':{'gte':'2020','format':'yyyy',"
                                              "'time_zone':'Europe/Berlin','boost':'2',"
                                              "'relation':'within'}}}");
    EXPECT(slice_is(q->range.format, "yyyy") && slice_is(q->range.time_zone, "Europe/Berlin"));
    EXPECT(q->boost == 2);
}

TEST(range_refuses_other_forms)
{
    query_refused("{'range':{'a':{'x':1}}}",
                  "parsing_exception: [1:20] [range] query does not support [x]");
    query_refused("{'range':{'a':1}}",
                  "parsing_exception: [1:15] [range] query does not support [a]");
    query_refused("{'range':{'a':{'gte':[1]}}}", "x_content_parse_exception: [1:22] [range] gte "
                                                 "doesn't support values of type: START_ARRAY");
    query_refused("{'range':{'a':{'time_zone':'Mars'}}}",
                  "x_content_parse_exception: [1:28] [range] failed to parse field [time_zone]: "
                  "Unknown time-zone ID: Mars");
    query_refused(
        "{'range':{'a':{'relation':'x'}}}",
        "illegal_argument_exception: [1:27] [range] query does not support this relation");
}
