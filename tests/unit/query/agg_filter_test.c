// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(filter_agg_is_one_query)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(request, "{'a':{'filter':{'term':{'f':1}}}}");
    EXPECT(a->kind == AGG_FILTER && a->filter_count == 1 && !a->filters_keyed);
    EXPECT_EQ(a->filters[0]->kind, QUERY_TERMS);
    agg_refused("{'a':{'filter':{'nope':{}}}}", "parsing_exception: [1:24] unknown query [nope]");
}

TEST(named_filters_are_sorted_and_a_list_is_not)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, "{'a':{'filters':{'other_bucket_key':'rest','filters':{'z':{'match_all':"
                        "{}},'b':{'match_none':{}}}}}}");
    EXPECT(a->filters_keyed && a->filter_count == 2);
    EXPECT(slice_is(a->filter_names[0], "b") && a->filters[0]->kind == QUERY_MATCH_NONE);
    EXPECT(slice_is(a->other_bucket, "rest"));
    a = agg_of(request, "{'a':{'filters':{'filters':[{'match_all':{}},{'match_none':{}}]}}}");
    EXPECT(!a->filters_keyed && a->filters[0]->kind == QUERY_MATCH_ALL && !a->filter_names);
    EXPECT_EQ(a->other_bucket.len, 0);
}

TEST(filters_have_a_bucket_for_the_rest_when_asked)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, "{'a':{'filters':{'other_bucket':true,'filters':[{'match_all':{}}]}}}");
    EXPECT(slice_is(a->other_bucket, "_other_"));
    a = agg_of(request, "{'a':{'filters':{'other_bucket_key':'r','other_bucket':true,'filters':[{"
                        "'match_all':{}}]}}}");
    EXPECT(slice_is(a->other_bucket, "r"));
    agg_refused("{'a':{'filters':{'filters':[]}}}",
                "illegal_argument_exception: [1:17] [filters] cannot be empty in [a]");
}

TEST(missing_and_global_take_little)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(request, "{'a':{'missing':{'field':'f'}}}");
    EXPECT(a->kind == AGG_MISSING && slice_is(a->field, "f"));
    EXPECT_EQ(agg_of(request, "{'a':{'global':{}}}")->kind, AGG_GLOBAL);
    agg_refused("{'a':{'global':{'x':1}}}",
                "x_content_parse_exception: [1:21] [global] unknown field [x]");
}
