// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "unit/query/parse.h"

static const struct agg *dated(struct arena *request, const char *more)
{
    struct slice text = arena_print(request, "{'a':{'date_histogram':{'field':'t',%s}}}", more);
    return agg_of(request, (const char *)text.at);
}

TEST(date_histogram_takes_every_calendar_unit)
{
    static const struct {
        const char *name;
        enum date_unit unit;
    } cases[] = {
        {"1m", DATE_MINUTE},   {"minute", DATE_MINUTE}, {"1h", DATE_HOUR},
        {"hour", DATE_HOUR},   {"1d", DATE_DAY},        {"day", DATE_DAY},
        {"1w", DATE_WEEK},     {"week", DATE_WEEK},     {"1M", DATE_MONTH},
        {"month", DATE_MONTH}, {"1q", DATE_QUARTER},    {"quarter", DATE_QUARTER},
        {"1y", DATE_YEAR},     {"year", DATE_YEAR},
    };
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = arena_print(request, "'calendar_interval':'%s'", cases[i].name);
        const struct agg *a = dated(request, (const char *)text.at);
        EXPECT_EQ(a->interval_kind, INTERVAL_CALENDAR);
        EXPECT_EQ(a->calendar_unit, cases[i].unit);
    }
}

TEST(date_histogram_takes_fixed_and_legacy_intervals)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = dated(request, "'fixed_interval':'90m'");
    EXPECT(a->interval_kind == INTERVAL_FIXED && a->interval_ms == 5400000);
    a = dated(request, "'interval':'month'");
    EXPECT(a->interval_kind == INTERVAL_CALENDAR && a->calendar_unit == DATE_MONTH);
    a = dated(request, "'interval':'2d'");
    EXPECT(a->interval_kind == INTERVAL_FIXED && a->interval_ms == 2 * MS_PER_DAY);
    EXPECT_EQ(dated(request, "'interval':'1000'")->interval_ms, 1000);
}

TEST(date_histogram_takes_the_rest)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        dated(request, "'fixed_interval':'1d','offset':'+6h','time_zone':'Asia/Kolkata','format':"
                       "'epoch_millis','keyed':true,'min_doc_count':0,'missing':'2020',"
                       "'extended_bounds':{'min':1,'max':'now'},'hard_bounds':{'min':'2020'},"
                       "'order':{'_count':'desc'}");
    EXPECT_EQ(a->offset_ms, 6 * MS_PER_HOUR);
    EXPECT(slice_is(a->time_zone, "Asia/Kolkata") && slice_is(a->format, "epoch_millis"));
    EXPECT(a->keyed && slice_is(a->missing.text, "2020"));
    EXPECT(slice_is(a->extended_min.text, "1") && slice_is(a->extended_max.text, "now"));
    EXPECT(slice_is(a->hard_min.text, "2020") && a->hard_max.type == LITERAL_NULL);
    EXPECT(a->order_count == 2 && a->orders[0].by == ORDER_COUNT);
    EXPECT_EQ(dated(request, "'fixed_interval':'1d','offset':'-1d'")->offset_ms, -MS_PER_DAY);
    a = dated(request, "'fixed_interval':'1d'");
    EXPECT(a->order_count == 1 && a->orders[0].by == ORDER_KEY && a->orders[0].ascending);
    EXPECT(a->min_doc_count == 0 && !a->keyed && a->time_zone.len == 0);
}

TEST(date_histogram_refuses_other_intervals)
{
    agg_refused("{'a':{'date_histogram':{'field':'t'}}}",
                "illegal_argument_exception: [1:24] Invalid interval specified, must be non-null "
                "and non-empty");
    agg_refused("{'a':{'date_histogram':{'field':'t','calendar_interval':'2d'}}}",
                "illegal_argument_exception: [1:57] The supplied interval [2d] could not be parsed "
                "as a calendar interval.");
    agg_refused(
        "{'a':{'date_histogram':{'field':'t','fixed_interval':'1M'}}}",
        "illegal_argument_exception: [1:54] failed to parse setting "
        "[date_histogram.fixedInterval] with value [1M] as a time value: unit is missing or "
        "unrecognized");
    agg_refused("{'a':{'date_histogram':{'field':'t','fixed_interval':'0s'}}}",
                "illegal_argument_exception: [1:54] Zero or negative time interval not supported");
    agg_refused("{'a':{'date_histogram':{'calendar_interval':'1d','fixed_interval':'1d'}}}",
                "illegal_argument_exception: [1:67] Cannot use [fixed_interval] with "
                "[calendar_interval] configuration option.");
    agg_refused("{'a':{'date_histogram':{'extended_bounds':{'x':1}}}}",
                "x_content_parse_exception: [1:48] [date_histogram] unknown field [x]");
    agg_refused("{'a':{'date_histogram':{'time_zone':'Mars'}}}",
                "x_content_parse_exception: [1:37] [date_histogram] failed to parse field "
                "[time_zone]: Unknown time-zone ID: Mars");
}

TEST(histogram_needs_a_positive_interval)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a =
        agg_of(request, "{'a':{'histogram':{'field':'n','interval':'0.5','offset':0.25,"
                        "'min_doc_count':'1','extended_bounds':{'min':0,'max':10}}}}");
    EXPECT(a->kind == AGG_HISTOGRAM && a->interval == 0.5 && a->offset == 0.25);
    EXPECT(a->min_doc_count == 1 && slice_is(a->extended_max.text, "10"));
    agg_refused("{'a':{'histogram':{'field':'n','interval':0}}}",
                "illegal_argument_exception: [1:19] [interval] must be >0 for histogram "
                "aggregation [a]");
}
