// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

#define WITHIN(pipelines)                                                                     \
    "{'h':{'date_histogram':{'field':'at','fixed_interval':'1d'},'aggs':{'s':{'sum':{'field'" \
    ":'n'}},'f':{'filter':{'match_all':{}},'aggs':{'x':{'avg':{'field':'n'}},'y':{'stats':{"  \
    "'field':'n'}}}},'t':{'terms':{'field':'k'}}," pipelines "}}}"

static const struct pipeline_path *path_of(struct arena *request, const char *path)
{
    struct slice text =
        arena_print(request, WITHIN("'p':{'derivative':{'buckets_path':'%s'}}"), path);
    return &agg_of(request, (const char *)text.at)->pipelines[0].paths[0];
}

TEST(paths_lead_down_by_number)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct pipeline_path *p = path_of(request, "s");
    EXPECT(p->value == PATH_NUMBER && p->step_count == 1 && p->steps[0] == 0 && !p->metric.len);
    p = path_of(request, "f>y.avg");
    EXPECT(p->value == PATH_NUMBER && p->step_count == 2 && p->steps[0] == 1 && p->steps[1] == 1 &&
           slice_is(p->metric, "avg"));
    p = path_of(request, "f>_count");
    EXPECT(p->value == PATH_COUNT && p->step_count == 1 && p->steps[0] == 1);
    p = path_of(request, "f._count");
    EXPECT(p->value == PATH_COUNT && p->step_count == 1);
    p = path_of(request, "t._bucket_count");
    EXPECT(p->value == PATH_BUCKET_COUNT && p->steps[0] == 2);
    p = path_of(request, "_count");
    EXPECT(p->value == PATH_COUNT && p->step_count == 0);
}

TEST(pipelines_come_after_those_that_they_are_made_from)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, WITHIN("'c':{'cumulative_sum':{'buckets_path':'b.value'}},'b':{"
                               "'derivative':{'buckets_path':'a'}},'a':{'derivative':{"
                               "'buckets_path':'s'}}"));
    EXPECT(slice_is(a->pipelines[0].name, "a") && slice_is(a->pipelines[1].name, "b") &&
           slice_is(a->pipelines[2].name, "c"));
    EXPECT(a->pipelines[2].paths[0].value == PATH_PIPELINE &&
           a->pipelines[2].paths[0].pipeline == 1);
    agg_refused(WITHIN("'a':{'derivative':{'buckets_path':'b'}},'b':{'derivative':{"
                       "'buckets_path':'a'}}"),
                "illegal_argument_exception: Cyclical dependency found with pipeline aggregations "
                "of [h]");
}

TEST(sibling_paths_lead_to_buckets_first)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    static const char text[] =
        "{'f':{'filter':{'match_all':{}},'aggs':{'k':{'terms':{'field':'k'},'aggs':{'s':{'sum':{"
        "'field':'n'}}}}}},'p':{'avg_bucket':{'buckets_path':'%s'}}}";
    struct agg_level got;
    struct slice json =
        arena_print(request, text, "f>k>s"); // NOLINT(clang-diagnostic-format-nonliteral)
    EXPECT_EQ(agg_parse(json_of(request, (const char *)json.at), request, &got, NULL), OK);
    const struct pipeline_path *p = &got.pipelines[0].paths[0];
    EXPECT(p->lead_count == 2 && p->step_count == 3 && p->value == PATH_NUMBER);
    json = arena_print(request, text, "f>k._count"); // NOLINT(clang-diagnostic-format-nonliteral)
    EXPECT_EQ(agg_parse(json_of(request, (const char *)json.at), request, &got, NULL), OK);
    p = &got.pipelines[0].paths[0];
    EXPECT(p->lead_count == 2 && p->step_count == 2 && p->value == PATH_COUNT);
}

TEST(pipelines_stand_where_they_make_sense)
{
    agg_refused("{'p':{'derivative':{'buckets_path':'x'}}}",
                "action_request_validation_exception: Validation Failed: 1: derivative aggregation "
                "[p] must have a histogram, date_histogram or auto_date_histogram as parent but "
                "doesn't have a parent;");
    agg_refused("{'t':{'terms':{'field':'k'},'aggs':{'p':{'cumulative_sum':{'buckets_path':"
                "'_count'}}}}}",
                "action_request_validation_exception: Validation Failed: 1: cumulative_sum "
                "aggregation [p] must have a histogram, date_histogram or auto_date_histogram as "
                "parent;");
    agg_refused("{'h':{'histogram':{'field':'n','interval':1,'min_doc_count':1},'aggs':{'p':{"
                "'derivative':{'buckets_path':'_count'}}}}}",
                "action_request_validation_exception: Validation Failed: 1: parent histogram of "
                "derivative aggregation [p] must have min_doc_count of 0;");
    agg_refused("{'f':{'filter':{'match_all':{}},'aggs':{'p':{'bucket_sort':{'size':1}}}}}",
                "action_request_validation_exception: Validation Failed: 1: bucket_sort "
                "aggregation [p] must be declared inside of another aggregation that makes "
                "buckets;");
    agg_refused("{'s':{'sum':{'field':'n'},'aggs':{'p':{'bucket_sort':{'size':1}}}}}",
                "aggregation_initialization_exception: Aggregator [s] of type [sum] cannot accept "
                "sub-aggregations");
}

TEST(paths_that_lead_nowhere_are_refused)
{
    static const char nowhere[] = "illegal_argument_exception: No aggregation found for path [x]";
    agg_refused(WITHIN("'p':{'derivative':{'buckets_path':'x'}}"), nowhere);
    agg_refused(WITHIN("'p':{'bucket_sort':{'sort':['x']}}"), nowhere);
    agg_refused(WITHIN("'p':{'derivative':{'buckets_path':'t'}}"),
                "aggregation_execution_exception: buckets_path must reference either a number "
                "value or a single value numeric metric aggregation, got: [t] at aggregation [p]");
    agg_refused(WITHIN("'p':{'derivative':{'buckets_path':'t>s'}}"),
                "aggregation_execution_exception: buckets_path must reference either a number "
                "value or a single value numeric metric aggregation, got: [t>s] at aggregation "
                "[p]");
    agg_refused(WITHIN("'p':{'derivative':{'buckets_path':''}}"),
                "illegal_argument_exception: No aggregation found for path []");
    agg_refused("{'s':{'sum':{'field':'n'}},'p':{'avg_bucket':{'buckets_path':'s'}}}",
                "action_request_validation_exception: Validation Failed: 1: The first aggregation "
                "in buckets_path must be a multi-bucket aggregation for aggregation [p] found: "
                "[s];");
}
