// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "query/agg_private.h"

static const struct {
    const char *name;
    enum date_unit unit;
} calendar[] = {
    {"second", DATE_SECOND},   {"1s", DATE_SECOND},  {"minute", DATE_MINUTE}, {"1m", DATE_MINUTE},
    {"hour", DATE_HOUR},       {"1h", DATE_HOUR},    {"day", DATE_DAY},       {"1d", DATE_DAY},
    {"week", DATE_WEEK},       {"1w", DATE_WEEK},    {"month", DATE_MONTH},   {"1M", DATE_MONTH},
    {"quarter", DATE_QUARTER}, {"1q", DATE_QUARTER}, {"year", DATE_YEAR},     {"1y", DATE_YEAR},
};

// interval_ms is 0 until an interval was read; a calendar interval sets it to 1.
static bool has_interval(const struct agg *a)
{
    return a->interval_ms != 0;
}

static enum err only_one_interval(struct agg_parser *p, struct slice key, const struct json *v,
                                  const struct agg *a)
{
    if (!has_interval(a))
        return OK;
    return form_refuse(&p->form, v, "illegal_argument_exception",
                       "Cannot use [%.*s] with [%s] configuration option.", SLICE_PRINT(key),
                       a->interval_kind == INTERVAL_FIXED ? "fixed_interval" : "calendar_interval");
}

static bool find_calendar(struct slice text, struct agg *out)
{
    for (size_t i = 0; i < sizeof calendar / sizeof *calendar; i++) {
        if (!slice_is(text, calendar[i].name))
            continue;
        out->interval_kind = INTERVAL_CALENDAR;
        out->calendar_unit = (int)calendar[i].unit;
        out->interval_ms = 1;
        return true;
    }
    return false;
}

static enum err take_calendar(struct agg_parser *p, struct slice key, const struct json *v,
                              struct agg *out)
{
    struct slice text = {0};
    enum err e = only_one_interval(p, key, v, out);
    if (!e)
        e = form_text(&p->form, key, v, &text);
    if (!e && !find_calendar(text, out))
        e = form_refuse(&p->form, v, "illegal_argument_exception",
                        "The supplied interval [%.*s] could not be parsed as a calendar interval.",
                        SLICE_PRINT(text));
    return e;
}

static enum err set_fixed(struct agg_parser *p, const struct json *v, int64_t ms, struct agg *out)
{
    if (ms <= 0)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Zero or negative time interval not supported");
    out->interval_kind = INTERVAL_FIXED;
    out->interval_ms = ms;
    return OK;
}

static enum err take_fixed(struct agg_parser *p, struct slice key, const struct json *v,
                           struct agg *out)
{
    struct slice text = {0};
    int64_t ms = 0;
    enum err e = only_one_interval(p, key, v, out);
    if (!e)
        e = form_text(&p->form, key, v, &text);
    if (e)
        return e;
    if (date_parse_duration(text, &ms, NULL))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "failed to parse setting [date_histogram.fixedInterval] with value "
                           "[%.*s] as a time value: unit is missing or unrecognized",
                           SLICE_PRINT(text));
    return set_fixed(p, v, ms, out);
}

// Of versions before 8: a calendar unit if it names one, else a length; a bare number
// is milliseconds.
static enum err take_legacy_interval(struct agg_parser *p, struct slice key, const struct json *v,
                                     struct agg *out)
{
    struct slice text = {0};
    int64_t ms = 0;
    enum err e = only_one_interval(p, key, v, out);
    if (!e)
        e = form_text(&p->form, key, v, &text);
    if (e || find_calendar(text, out))
        return e;
    if (json_i64(v, &ms, NULL) == OK)
        return set_fixed(p, v, ms, out);
    return take_fixed(p, key, v, out);
}

// "+6h", "-1d", or milliseconds.
static enum err take_time_offset(struct agg_parser *p, struct slice key, const struct json *v,
                                 struct agg *out)
{
    struct slice text = {0};
    if (v->type == JSON_NUMBER)
        return form_i64(&p->form, key, v, &out->offset_ms);
    enum err e = form_text(&p->form, key, v, &text);
    if (e)
        return e;
    if (text.len > 0 && text.at[0] == '+')
        text = slice_from(text, 1);
    struct fault why = {0};
    if (date_parse_duration(text, &out->offset_ms, &why))
        return form_refuse(&p->form, v, "x_content_parse_exception",
                           "[%s] failed to parse field [offset]: %s", p->form.thing, why.words);
    return OK;
}

static enum err take_bounds(struct agg_parser *p, struct slice key, const struct json *v,
                            struct literal *out_min, struct literal *out_max)
{
    if (v->type != JSON_OBJECT)
        return form_wrong_type(&p->form, key, v);
    for (uint32_t i = 0; i < v->count; i++) {
        bool is_min = slice_is(v->keys[i], "min");
        if (!is_min && !slice_is(v->keys[i], "max"))
            return form_unknown(&p->form, v->keys[i], &v->items[i]);
        enum err e = form_scalar(&p->form, v->keys[i], &v->items[i], is_min ? out_min : out_max);
        if (e)
            return e;
    }
    return OK;
}

static enum err take_extended_bounds(struct agg_parser *p, struct slice key, const struct json *v,
                                     struct agg *out)
{
    return take_bounds(p, key, v, &out->extended_min, &out->extended_max);
}

static enum err take_hard_bounds(struct agg_parser *p, struct slice key, const struct json *v,
                                 struct agg *out)
{
    return take_bounds(p, key, v, &out->hard_min, &out->hard_max);
}

static enum err finish_date(struct agg_parser *p, const struct json *v, struct agg *out)
{
    if (!has_interval(out))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Invalid interval specified, must be non-null and non-empty");
    agg_complete_order(p, ORDER_KEY, true, out);
    return agg_needs_field(p, v, out);
}

static const struct agg_param date_params[] = {
    {"field", agg_take_field},         {"calendar_interval", take_calendar},
    {"fixed_interval", take_fixed},    {"interval", take_legacy_interval},
    {"offset", take_time_offset},      {"time_zone", agg_take_time_zone},
    {"format", agg_take_format},       {"keyed", agg_take_keyed},
    {"order", agg_take_order},         {"min_doc_count", agg_take_min_doc_count},
    {"missing", agg_take_missing},     {"extended_bounds", take_extended_bounds},
    {"hard_bounds", take_hard_bounds}, {"script", agg_take_script},
    {"value_type", agg_take_ignored},  {NULL, NULL},
};

const struct agg_form agg_form_date_histogram = {.name = "date_histogram",
                                                 .kind = AGG_DATE_HISTOGRAM,
                                                 .params = date_params,
                                                 .finish = finish_date};

static enum err take_interval(struct agg_parser *p, struct slice key, const struct json *v,
                              struct agg *out)
{
    return form_f64(&p->form, key, v, &out->interval);
}

static enum err take_offset(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out)
{
    return form_f64(&p->form, key, v, &out->offset);
}

static enum err finish_numeric(struct agg_parser *p, const struct json *v, struct agg *out)
{
    if (!(out->interval > 0))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[interval] must be >0 for histogram aggregation [%.*s]",
                           SLICE_PRINT(p->name));
    agg_complete_order(p, ORDER_KEY, true, out);
    return agg_needs_field(p, v, out);
}

static const struct agg_param numeric_params[] = {
    {"field", agg_take_field},
    {"interval", take_interval},
    {"offset", take_offset},
    {"format", agg_take_format},
    {"keyed", agg_take_keyed},
    {"order", agg_take_order},
    {"min_doc_count", agg_take_min_doc_count},
    {"missing", agg_take_missing},
    {"extended_bounds", take_extended_bounds},
    {"hard_bounds", take_hard_bounds},
    {"script", agg_take_script},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_histogram = {
    .name = "histogram", .kind = AGG_HISTOGRAM, .params = numeric_params, .finish = finish_numeric};
