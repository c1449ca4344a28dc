// SPDX-License-Identifier: Apache-2.0
#include "query/request.h"
#include "unit/query/parse.h"

TEST(top_hits_take_what_a_search_takes_of_rows)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct request *top = agg_of(request, "{'a':{'top_hits':{}}}")->top;
    EXPECT(top->size == 3 && top->from == 0 && top->sort_count == 0);
    top = agg_of(request, "{'a':{'top_hits':{'size':5,'from':1,'sort':[{'n':'desc'}],'_source':"
                          "['n'],'version':true}}}")
              ->top;
    EXPECT(top->size == 5 && top->from == 1 && top->sort_count == 1 && top->wants_version);
    EXPECT(top->source.include_count == 1);
    agg_refused("{'a':{'top_hits':{'size':100,'from':1}}}",
                "illegal_argument_exception: [1:18] Top hits result window is too large, the top "
                "hits aggregator [a]'s from + size must be less than or equal to: [100] but was "
                "[101].");
    agg_refused("{'a':{'top_hits':{'query':{}}}}",
                "x_content_parse_exception: [1:27] [top_hits] unknown field [query]");
}

TEST(top_metrics_need_metrics_and_one_sort)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct request *top =
        agg_of(request, "{'a':{'top_metrics':{'metrics':{'field':'n'},'sort':{'at':'desc'}}}}")
            ->top;
    EXPECT(top->size == 1 && top->field_count == 1 && top->sort[0].descending);
    top = agg_of(request, "{'a':{'top_metrics':{'metrics':[{'field':'n'},{'field':'m'}],'sort':"
                          "'at','size':'10'}}}")
              ->top;
    EXPECT(top->size == 10 && slice_is(top->fields[1].pattern, "m") && top->source.is_off);
    agg_refused("{'a':{'top_metrics':{'sort':'at'}}}",
                "illegal_argument_exception: [1:21] Required [metrics]");
    agg_refused("{'a':{'top_metrics':{'metrics':{'field':'n'}}}}",
                "illegal_argument_exception: [1:21] Required [sort]");
    agg_refused("{'a':{'top_metrics':{'metrics':{},'sort':'at'}}}",
                "illegal_argument_exception: [1:32] Required [field] of [metrics]");
    agg_refused("{'a':{'top_metrics':{'metrics':{'field':'n'},'sort':['a','b']}}}",
                "illegal_argument_exception: [1:21] [top_metrics] sorts by one field, found 2");
    agg_refused("{'a':{'top_metrics':{'metrics':{'field':'n'},'sort':'a','size':11}}}",
                "illegal_argument_exception: [1:64] [top_metrics.size] must not be more than [10] "
                "but was [11].");
}

TEST(percentile_ranks_need_values)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(
        request, "{'a':{'percentile_ranks':{'field':'n','values':['500',20],'keyed':false}}}");
    EXPECT(a->percent_count == 2 && a->percents[0] == 20 && a->percents[1] == 500 && !a->keyed);
    agg_refused("{'a':{'percentile_ranks':{'field':'n'}}}",
                "illegal_argument_exception: [1:26] Required [values]");
    agg_refused("{'a':{'percentile_ranks':{'field':'n','values':[]}}}",
                "illegal_argument_exception: [1:48] [values] must hold 1 to 1000 values: [a]");
}
