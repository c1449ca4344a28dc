// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

TEST(terms_agg_has_its_defaults)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(request, "{'a':{'terms':{'field':'f'}}}");
    EXPECT(a->size == 10 && a->min_doc_count == 1 && slice_is(a->field, "f"));
    EXPECT_EQ(a->missing.type, LITERAL_NULL);
    EXPECT(!a->include && !a->exclude);
}

TEST(terms_agg_takes_numbers_as_strings_and_ignores_what_is_of_a_cluster)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(
        request, "{'a':{'terms':{'field':'f','size':'500','min_doc_count':'0','missing':'none',"
                 "'shard_size':25,'execution_hint':'map','collect_mode':'breadth_first',"
                 "'show_term_doc_count_error':true,'value_type':'string','shard_min_doc_count':1,"
                 "'format':'yyyy'}}}");
    EXPECT(a->size == 500 && a->min_doc_count == 0);
    EXPECT(slice_is(a->missing.text, "none") && slice_is(a->format, "yyyy"));
}

TEST(terms_agg_takes_exact_values_to_include_and_exclude)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, "{'a':{'terms':{'field':'f','include':['x',1],'exclude':'plain-text'}}}");
    EXPECT(a->include_count == 2 && a->include[1].type == LITERAL_NUMBER);
    EXPECT(a->exclude_count == 1 && slice_is(a->exclude[0].text, "plain-text"));
    a = agg_of(request, "{'a':{'terms':{'field':'f','include':'a.*','exclude':['a']}}}");
    EXPECT(!a->include && slice_is(a->include_pattern, "a.*"));
    EXPECT(a->exclude_count == 1 && !a->exclude_pattern.at);
    agg_refused("{'a':{'terms':{'field':'f','include':{'partition':0,'num_partitions':2}}}}",
                "illegal_argument_exception: [1:38] [terms] partitions in [include] are not "
                "supported");
}
