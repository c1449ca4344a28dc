// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

// Within a date_histogram that has the sum "s".
static const struct pipeline *pipeline_of(struct arena *request, const char *text)
{
    struct slice whole =
        arena_print(request,
                    "{'h':{'date_histogram':{'field':'at','fixed_interval':'1d'},'aggs':{'s':{"
                    "'sum':{'field':'n'}},'p':%s}}}",
                    text);
    const struct agg *a = agg_of(request, (const char *)whole.at);
    EXPECT_EQ(a->pipeline_count, 1);
    EXPECT_EQ(a->sub_count, 1);
    return a->pipelines;
}

static void refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct slice whole =
        arena_print(request, "{'h':{'terms':{'field':'k'},'aggs':{'p':%s}}}", text);
    agg_refused((const char *)whole.at, words);
}

TEST(pipelines_have_their_defaults)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct pipeline *p = pipeline_of(request, "{'derivative':{'buckets_path':'s'}}");
    EXPECT(p->kind == PIPELINE_DERIVATIVE && p->gap == GAP_SKIP && p->unit_ms == 0);
    p = pipeline_of(request, "{'serial_diff':{'buckets_path':'s'}}");
    EXPECT_EQ(p->lag, 1);
    p = pipeline_of(request, "{'moving_avg':{'buckets_path':'s'}}");
    EXPECT(p->window == 5 && p->script != NULL);
    p = pipeline_of(request, "{'bucket_sort':{'from':2}}");
    EXPECT(p->from == 2 && p->size == UINT32_MAX && p->path_count == 0);
}

TEST(pipelines_take_all_their_parameters)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct pipeline *p =
        pipeline_of(request, "{'derivative':{'buckets_path':'s','gap_policy':'insert_zeros',"
                             "'format':'0.0','unit':'1h'},'meta':{'a':1}}");
    EXPECT(p->gap == GAP_ZEROS && slice_is(p->format, "0.0") && p->unit_ms == 3600000 && p->meta);
    EXPECT_EQ(pipeline_of(request, "{'derivative':{'buckets_path':'s','unit':'day'}}")->unit_ms,
              86400000);
    EXPECT_EQ(pipeline_of(request, "{'derivative':{'buckets_path':'s','unit':'90s'}}")->unit_ms,
              90000);
    p = pipeline_of(request, "{'moving_fn':{'buckets_path':'s','window':'3','shift':-2,'gap_policy'"
                             ":'keep_values','script':{'source':'MovingFunctions.ewma(values, "
                             "params.alpha)','params':{'alpha':0.5}}}}");
    EXPECT(p->window == 3 && p->shift == -2 && p->gap == GAP_KEEP);
    p = pipeline_of(request, "{'bucket_script':{'buckets_path':{'x':'s','n':'_count'},'script':"
                             "'params.x / params.n'}}");
    EXPECT(p->path_count == 2 && slice_is(p->paths[1].variable, "n") &&
           p->paths[1].value == PATH_COUNT);
    p = pipeline_of(request, "{'bucket_sort':{'sort':['s',{'_key':{'order':'desc'}},{'_count':"
                             "'asc'}],'size':4}}");
    EXPECT(p->path_count == 3 && p->size == 4 && p->paths[1].descending &&
           p->paths[1].value == PATH_KEY && !p->paths[2].descending);
}

TEST(pipelines_refuse_what_they_do_not_understand)
{
    refused("{'derivative':3}", "parsing_exception: [1:55] Expected [START_OBJECT] under "
                                "[derivative], but got a [VALUE_NUMBER] in [p]");
    refused("{'bucket_script':{'buckets_path':{'x':'_count'}}}",
            "parsing_exception: [1:58] Missing required field [script] for bucket_script "
            "aggregation [p]");
    refused("{'bucket_script':{'script':'1'}}",
            "parsing_exception: [1:58] Missing required field [buckets_path] for bucket_script "
            "aggregation [p]");
    refused("{'bucket_script':{'buckets_path':{'x':'_count'},'script':'y'}}",
            "script_exception: compile error: unknown variable [y] at character 1");
    refused("{'bucket_sort':{}}",
            "action_request_validation_exception: [1:56] [p] is configured to perform nothing. "
            "Please set either of [sort, size, from] to use bucket_sort");
    refused("{'bucket_sort':{'buckets_path':'x'}}",
            "x_content_parse_exception: [1:72] [bucket_sort] unknown field [buckets_path]");
    refused("{'bucket_sort':{'size':1},'aggs':{}}",
            "parsing_exception: [1:74] Found [aggs] beside the pipeline aggregation of [p], which "
            "has no sub-aggregations and no other type");
    refused("{'bucket_sort':{'size':1},'derivative':{}}",
            "parsing_exception: [1:80] Found two aggregation type definitions in [p]: "
            "[bucket_sort] and [derivative]");
    refused("{'moving_fn':{'buckets_path':'_count','window':6000,'script':'MovingFunctions.max("
            "values) - MovingFunctions.min(values)'}}",
            "illegal_argument_exception: [1:54] [window] times the functions of [script] must not "
            "be more than [10000]: [p]");
    refused("{'serial_diff':{'buckets_path':'_count','lag':0}}",
            "illegal_argument_exception: [1:87] [lag] must be a positive, non-zero integer of at "
            "most [65536]: [p]");
    refused("{'moving_avg':{'buckets_path':'_count','predict':3}}",
            "illegal_argument_exception: [1:90] [moving_avg] does not support [predict]: [p]");
}

TEST(pipelines_of_a_request_are_bounded)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 20);
    for (int count = 64; count <= 65; count++) {
        buf_reset(&text);
        buf_text(&text, "{\"h\":{\"terms\":{\"field\":\"k\"},\"aggs\":{");
        for (int i = 0; i < count; i++)
            buf_print(&text, "%s\"a%d\":{\"bucket_sort\":{\"size\":1}}", i ? "," : "", i);
        buf_text(&text, "}}}");
        const struct json *v = NULL;
        struct agg_level got;
        EXPECT_EQ(json_parse(buf_slice(&text), request, &v, NULL), OK);
        EXPECT_EQ(agg_parse(v, request, &got, NULL), count <= 64 ? OK : ERR_INVALID);
    }
}
