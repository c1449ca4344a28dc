// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "query/pipeline_private.h"

#include <strings.h>

enum {
    PATHS_MAX = 64,
    WINDOW_MAX = 10000, // values looked at for one bucket, by all functions of a script together
    LAG_MAX = 65536,
    PERCENTS_MAX = 100,
    WINDOW_DEFAULT = 5, // of moving_avg
};

typedef enum err (*pipeline_take)(struct agg_parser *p, struct slice key, const struct json *v,
                                  struct pipeline *out);

struct pipeline_param {
    const char *name;
    pipeline_take take;
};

// A kind: one line in the table at the end.
struct pipeline_form {
    const char *name;
    const struct pipeline_param *params; // up to one with name NULL; NULL: none of its own
    enum err (*finish)(struct agg_parser *p, const struct json *v, struct pipeline *out);
    enum pipeline_kind kind;
    bool has_no_path; // bucket_sort
    bool has_script;  // which is over the paths
};

// ---- what all have ----

static enum err take_path(struct agg_parser *p, struct slice key, const struct json *v,
                          struct pipeline_path *out)
{
    if (v->type != JSON_STRING)
        return form_wrong_type(&p->form, key, v);
    out->text = v->text;
    return OK;
}

static enum err take_paths(struct agg_parser *p, struct slice key, const struct json *v,
                           struct pipeline *out)
{
    bool is_list = v->type == JSON_ARRAY || v->type == JSON_OBJECT;
    uint32_t count = is_list ? v->count : 1;
    if (count > PATHS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[buckets_path] may not hold more than %d paths: [%.*s]", PATHS_MAX,
                           SLICE_PRINT(p->name));
    struct pipeline_path *paths = ARENA_ARRAY(p->form.request, struct pipeline_path, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        enum err e = take_path(p, key, is_list ? &v->items[i] : v, &paths[i]);
        if (e)
            return e;
        paths[i].variable = v->type == JSON_OBJECT ? v->keys[i]
                            : is_list              ? arena_print(p->form.request, "_value%u", i)
                                                   : slice_text("_value");
    }
    out->paths = paths;
    out->path_count = count;
    return OK;
}

static enum err take_gap(struct agg_parser *p, struct slice key, const struct json *v,
                         struct pipeline *out)
{
    struct slice text = {0};
    enum err e = form_text(&p->form, key, v, &text);
    if (e)
        return e;
    if (slice_is(text, "skip"))
        out->gap = GAP_SKIP;
    else if (slice_is(text, "insert_zeros"))
        out->gap = GAP_ZEROS;
    else if (slice_is(text, "keep_values"))
        out->gap = GAP_KEEP;
    else
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Invalid gap policy: [%.*s], accepted values: [insert_zeros, skip, "
                           "keep_values]",
                           SLICE_PRINT(text));
    return OK;
}

static enum err take_format(struct agg_parser *p, struct slice key, const struct json *v,
                            struct pipeline *out)
{
    return form_text(&p->form, key, v, &out->format);
}

static const struct pipeline_param common_params[] = {
    {"buckets_path", take_paths}, {"gap_policy", take_gap}, {"format", take_format}, {NULL, NULL}};

// ---- derivative, serial_diff ----

static int64_t calendar_ms(struct slice text)
{
    static const struct {
        const char *names[2];
        int64_t ms;
    } units[] = {
        {{"second", "1s"}, 1000},
        {{"minute", "1m"}, 60000},
        {{"hour", "1h"}, 3600000},
        {{"day", "1d"}, 86400000},
        {{"week", "1w"}, 604800000},
        {{"month", "1M"}, 2629746000}, // a year's twelfth, as the Java of Elasticsearch has it
        {{"quarter", "1q"}, 7889238000},
        {{"year", "1y"}, 31556952000},
    };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_is(text, units[i].names[0]) || slice_is(text, units[i].names[1]))
            return units[i].ms;
    return 0;
}

static enum err take_unit(struct agg_parser *p, struct slice key, const struct json *v,
                          struct pipeline *out)
{
    struct slice text = {0};
    struct fault why = {0};
    enum err e = form_text(&p->form, key, v, &text);
    if (e)
        return e;
    out->unit_ms = calendar_ms(text);
    if (out->unit_ms == 0 && (date_parse_duration(text, &out->unit_ms, &why) || out->unit_ms <= 0))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "failed to parse setting [%s.unit] with value [%.*s] as a time value",
                           p->form.thing, SLICE_PRINT(text));
    return OK;
}

static enum err take_count(struct agg_parser *p, struct slice key, const struct json *v,
                           int64_t most, uint32_t *out)
{
    int64_t count = 0;
    enum err e = form_i64(&p->form, key, v, &count);
    if (e)
        return e;
    if (count < 1 || count > most)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[%.*s] must be a positive, non-zero integer of at most [%lld]: [%.*s]",
                           SLICE_PRINT(key), (long long)most, SLICE_PRINT(p->name));
    *out = (uint32_t)count;
    return OK;
}

static enum err take_lag(struct agg_parser *p, struct slice key, const struct json *v,
                         struct pipeline *out)
{
    return take_count(p, key, v, LAG_MAX, &out->lag);
}

static enum err finish_diff(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    (void)p, (void)v;
    if (out->lag == 0)
        out->lag = 1;
    return OK;
}

static const struct pipeline_param derivative_params[] = {{"unit", take_unit}, {NULL, NULL}};
static const struct pipeline_param diff_params[] = {{"lag", take_lag}, {NULL, NULL}};

// ---- scripts ----

// A text, or {"source", "params", "lang"}.
static enum err read_script(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    struct slice variables[PATHS_MAX];
    const struct json *source = v;
    struct expression_names names = {.variables = variables,
                                     .variable_count = out->path_count,
                                     .has_values = out->kind == PIPELINE_MOVING_FN};
    for (uint32_t i = 0; i < out->path_count; i++)
        variables[i] = out->paths[i].variable;
    if (names.has_values)
        names.variable_count = 0;
    if (v->type == JSON_OBJECT) {
        source = json_get(v, "source");
        source = source ? source : json_get(v, "inline");
        names.constants = json_get(v, "params");
    }
    if (!source || source->type != JSON_STRING)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "must specify either [source] for an inline script: [%.*s]",
                           SLICE_PRINT(p->name));
    if (names.constants && names.constants->type != JSON_OBJECT)
        return form_wrong_type(&p->form, slice_text("params"), names.constants);
    return expression_parse(source->text, &names, p->form.request, &out->script, p->form.why);
}

static enum err finish_script(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    const struct json *script = json_get(v, "script");
    if (!script)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Missing required field [script] for %s aggregation [%.*s]",
                           p->form.thing, SLICE_PRINT(p->name));
    return read_script(p, script, out);
}

static enum err take_script(struct agg_parser *p, struct slice key, const struct json *v,
                            struct pipeline *out)
{
    (void)p, (void)key, (void)v, (void)out; // read at the end, when the paths are known
    return OK;
}

static const struct pipeline_param script_params[] = {{"script", take_script}, {NULL, NULL}};

// ---- moving_fn, moving_avg ----

static enum err take_window(struct agg_parser *p, struct slice key, const struct json *v,
                            struct pipeline *out)
{
    return take_count(p, key, v, WINDOW_MAX, &out->window);
}

static enum err take_shift(struct agg_parser *p, struct slice key, const struct json *v,
                           struct pipeline *out)
{
    enum err e = form_i64(&p->form, key, v, &out->shift);
    if (!e && (out->shift > INT32_MAX || out->shift < INT32_MIN))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[shift] is out of the range of an integer: [%.*s]",
                           SLICE_PRINT(p->name));
    return e;
}

static enum err finish_moving(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    if (out->window == 0)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Required [window] for %s aggregation [%.*s]", p->form.thing,
                           SLICE_PRINT(p->name));
    enum err e = finish_script(p, v, out);
    if (!e && (uint64_t)out->window * expression_windows(out->script) > WINDOW_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[window] times the functions of [script] must not be more than [%d]: "
                           "[%.*s]",
                           WINDOW_MAX, SLICE_PRINT(p->name));
    return e;
}

static enum err take_nothing(struct agg_parser *p, struct slice key, const struct json *v,
                             struct pipeline *out)
{
    (void)p, (void)key, (void)v, (void)out; // minimize: the settings are taken as they are
    return OK;
}

static enum err take_predict(struct agg_parser *p, struct slice key, const struct json *v,
                             struct pipeline *out)
{
    (void)key, (void)out;
    return form_refuse(&p->form, v, "illegal_argument_exception",
                       "[moving_avg] does not support [predict]: [%.*s]", SLICE_PRINT(p->name));
}

static enum err setting(struct agg_parser *p, const struct json *v, const char *name,
                        double otherwise, double *out)
{
    const struct json *settings = json_get(v, "settings");
    *out = otherwise;
    if (!settings)
        return OK;
    if (settings->type != JSON_OBJECT)
        return form_wrong_type(&p->form, slice_text("settings"), settings);
    const struct json *given = json_get(settings, name);
    return given ? form_f64(&p->form, slice_text(name), given, out) : OK;
}

// A model of moving_avg is a script of moving_fn.
static enum err read_model(struct agg_parser *p, const struct json *v, struct slice *out)
{
    const struct json *given = json_get(v, "model");
    struct slice model = slice_text("simple");
    double alpha = 0;
    double beta = 0;
    enum err e = given ? form_text(&p->form, slice_text("model"), given, &model) : OK;
    if (!e)
        e = setting(p, v, "alpha", 0.3, &alpha);
    if (!e)
        e = setting(p, v, "beta", 0.1, &beta);
    if (e)
        return e;
    struct arena *request = p->form.request;
    if (slice_is(model, "simple"))
        *out = slice_text("MovingFunctions.unweightedAvg(values)");
    else if (slice_is(model, "linear"))
        *out = slice_text("MovingFunctions.linearWeightedAvg(values)");
    else if (slice_is(model, "ewma"))
        *out = arena_print(request, "MovingFunctions.ewma(values, %.17g)", alpha);
    else if (slice_is(model, "holt"))
        *out = arena_print(request, "MovingFunctions.holt(values, %.17g, %.17g)", alpha, beta);
    else
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "Unknown model [%.*s] of [moving_avg], accepted values: [simple, "
                           "linear, ewma, holt]",
                           SLICE_PRINT(model));
    return OK;
}

static enum err finish_average(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    const struct expression_names names = {.has_values = true};
    struct slice script = {0};
    if (out->window == 0)
        out->window = WINDOW_DEFAULT;
    enum err e = read_model(p, v, &script);
    return e ? e : expression_parse(script, &names, p->form.request, &out->script, p->form.why);
}

static const struct pipeline_param moving_params[] = {
    {"window", take_window}, {"shift", take_shift}, {"script", take_script}, {NULL, NULL}};
static const struct pipeline_param average_params[] = {
    {"window", take_window},    {"model", take_nothing},   {"settings", take_nothing},
    {"minimize", take_nothing}, {"predict", take_predict}, {NULL, NULL}};

// ---- bucket_sort ----

static enum err take_direction(struct agg_parser *p, const struct json *v, bool *out)
{
    const struct json *order = v->type == JSON_OBJECT ? json_get(v, "order") : v;
    struct slice text = {0};
    *out = false;
    if (!order)
        return OK;
    enum err e = form_text(&p->form, slice_text("order"), order, &text);
    bool is_up = text.len == 3 && strncasecmp((const char *)text.at, "asc", 3) == 0;
    *out = text.len == 4 && strncasecmp((const char *)text.at, "desc", 4) == 0;
    if (!e && !is_up && !*out)
        return form_refuse(&p->form, v, "illegal_argument_exception", "Unknown SortOrder [%.*s]",
                           SLICE_PRINT(text));
    return e;
}

static enum err take_sort_key(struct agg_parser *p, struct slice key, const struct json *v,
                              struct pipeline_path *out)
{
    if (v->type == JSON_STRING) {
        out->text = v->text;
        return OK;
    }
    if (v->type != JSON_OBJECT || v->count != 1)
        return form_wrong_type(&p->form, key, v);
    out->text = v->keys[0];
    return take_direction(p, &v->items[0], &out->descending);
}

static enum err take_sort(struct agg_parser *p, struct slice key, const struct json *v,
                          struct pipeline *out)
{
    uint32_t count = v->type == JSON_ARRAY ? v->count : 1;
    if (count > PATHS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[sort] may not hold more than %d keys: [%.*s]", PATHS_MAX,
                           SLICE_PRINT(p->name));
    struct pipeline_path *paths = ARENA_ARRAY(p->form.request, struct pipeline_path, count + 1);
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++)
        e = take_sort_key(p, key, v->type == JSON_ARRAY ? &v->items[i] : v, &paths[i]);
    out->paths = paths;
    out->path_count = count;
    return e;
}

static enum err take_from(struct agg_parser *p, struct slice key, const struct json *v,
                          struct pipeline *out)
{
    return agg_count(p, key, v, 0, &out->from);
}

static enum err take_size(struct agg_parser *p, struct slice key, const struct json *v,
                          struct pipeline *out)
{
    return agg_count(p, key, v, 1, &out->size);
}

static enum err finish_sort(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    if (out->path_count == 0 && out->from == 0 && out->size == 0)
        return form_refuse(&p->form, v, "action_request_validation_exception",
                           "[%.*s] is configured to perform nothing. Please set either of [sort, "
                           "size, from] to use bucket_sort",
                           SLICE_PRINT(p->name));
    if (out->size == 0)
        out->size = UINT32_MAX;
    return OK;
}

static const struct pipeline_param sort_params[] = {
    {"sort", take_sort}, {"from", take_from}, {"size", take_size}, {NULL, NULL}};

// ---- siblings ----

static enum err take_sigma(struct agg_parser *p, struct slice key, const struct json *v,
                           struct pipeline *out)
{
    enum err e = form_f64(&p->form, key, v, &out->sigma);
    if (!e && !(out->sigma > 0))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[sigma] must be a positive number: [%.*s]", SLICE_PRINT(p->name));
    return e;
}

static enum err finish_spread(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    (void)p, (void)v;
    if (out->sigma == 0)
        out->sigma = 2;
    return OK;
}

static enum err take_percents(struct agg_parser *p, struct slice key, const struct json *v,
                              struct pipeline *out)
{
    if (v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    if (v->count == 0 || v->count > PERCENTS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[percents] must hold 1 to %d values: [%.*s]", PERCENTS_MAX,
                           SLICE_PRINT(p->name));
    double *percents = ARENA_ARRAY(p->form.request, double, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = form_f64(&p->form, key, &v->items[i], &percents[i]);
        if (e)
            return e;
        if (!(percents[i] >= 0 && percents[i] <= 100))
            return form_refuse(&p->form, &v->items[i], "illegal_argument_exception",
                               "percents must only contain non-null doubles from 0.0-100.0 "
                               "inclusive: [%.*s]",
                               SLICE_PRINT(p->name));
    }
    out->percents = percents;
    out->percent_count = v->count;
    return OK;
}

static enum err take_keyed(struct agg_parser *p, struct slice key, const struct json *v,
                           struct pipeline *out)
{
    return form_bool(&p->form, key, v, &out->keyed);
}

static enum err finish_percentiles(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    static const double defaults[] = {1, 5, 25, 50, 75, 95, 99};
    (void)p, (void)v;
    if (out->percents)
        return OK;
    out->percents = defaults;
    out->percent_count = sizeof defaults / sizeof *defaults;
    return OK;
}

static const struct pipeline_param spread_params[] = {{"sigma", take_sigma}, {NULL, NULL}};
static const struct pipeline_param percentiles_params[] = {
    {"percents", take_percents}, {"keyed", take_keyed}, {NULL, NULL}};

// ---- the table ----

static const struct pipeline_form forms[] = {
    {.name = "derivative", .kind = PIPELINE_DERIVATIVE, .params = derivative_params},
    {.name = "cumulative_sum", .kind = PIPELINE_CUMULATIVE_SUM},
    {.name = "serial_diff",
     .kind = PIPELINE_SERIAL_DIFF,
     .params = diff_params,
     .finish = finish_diff},
    {.name = "moving_fn",
     .kind = PIPELINE_MOVING_FN,
     .params = moving_params,
     .finish = finish_moving},
    {.name = "moving_avg",
     .kind = PIPELINE_MOVING_AVG,
     .params = average_params,
     .finish = finish_average},
    {.name = "bucket_script",
     .kind = PIPELINE_BUCKET_SCRIPT,
     .params = script_params,
     .has_script = true,
     .finish = finish_script},
    {.name = "bucket_selector",
     .kind = PIPELINE_BUCKET_SELECTOR,
     .params = script_params,
     .has_script = true,
     .finish = finish_script},
    {.name = "bucket_sort",
     .kind = PIPELINE_BUCKET_SORT,
     .params = sort_params,
     .has_no_path = true,
     .finish = finish_sort},
    {.name = "avg_bucket", .kind = PIPELINE_AVG_BUCKET},
    {.name = "sum_bucket", .kind = PIPELINE_SUM_BUCKET},
    {.name = "min_bucket", .kind = PIPELINE_MIN_BUCKET},
    {.name = "max_bucket", .kind = PIPELINE_MAX_BUCKET},
    {.name = "stats_bucket", .kind = PIPELINE_STATS_BUCKET},
    {.name = "extended_stats_bucket",
     .kind = PIPELINE_EXTENDED_STATS_BUCKET,
     .params = spread_params,
     .finish = finish_spread},
    {.name = "percentiles_bucket",
     .kind = PIPELINE_PERCENTILES_BUCKET,
     .params = percentiles_params,
     .finish = finish_percentiles},
};

static const struct pipeline_form *form_named(struct slice name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (slice_is(name, forms[i].name))
            return &forms[i];
    return NULL;
}

bool pipeline_is(const struct json *v)
{
    for (uint32_t i = 0; v->type == JSON_OBJECT && i < v->count; i++)
        if (form_named(v->keys[i]))
            return true;
    return false;
}

// ---- reading ----

static enum err take_param(struct agg_parser *p, const struct pipeline_form *form, struct slice key,
                           const struct json *v, struct pipeline *out)
{
    for (const struct pipeline_param *param = form->params; param && param->name; param++)
        if (slice_is(key, param->name))
            return param->take(p, key, v, out);
    for (const struct pipeline_param *param = common_params; param->name; param++)
        if (slice_is(key, param->name) && !(form->has_no_path && param->take == take_paths))
            return param->take(p, key, v, out);
    return form_unknown(&p->form, key, v);
}

static enum err read_kind(struct agg_parser *p, const struct pipeline_form *form,
                          const struct json *v, struct pipeline *out)
{
    if (v->type != JSON_OBJECT)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Expected [START_OBJECT] under [%s], but got a [%s] in [%.*s]",
                           form->name, json_token_name(v), SLICE_PRINT(p->name));
    p->form.thing = form->name;
    out->kind = form->kind;
    out->type_name = form->name;
    out->keyed = true;
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_param(p, form, v->keys[i], &v->items[i], out);
        if (e)
            return e;
    }
    if (!form->has_no_path && !json_get(v, "buckets_path"))
        return form_refuse(&p->form, v, "parsing_exception",
                           "Missing required field [buckets_path] for %s aggregation [%.*s]",
                           form->name, SLICE_PRINT(p->name));
    if (!form->has_no_path && !form->has_script && out->path_count != 1)
        return form_refuse(&p->form, v, "action_request_validation_exception",
                           "buckets_path must contain a single entry for aggregation [%.*s]",
                           SLICE_PRINT(p->name));
    return form->finish ? form->finish(p, v, out) : OK;
}

static enum err read_member(struct agg_parser *p, struct slice key, const struct json *v,
                            struct pipeline *out)
{
    if (slice_is(key, "meta")) {
        out->meta = v;
        return v->type == JSON_OBJECT ? OK : form_wrong_type(&p->form, key, v);
    }
    const struct pipeline_form *form = form_named(key);
    if (form && out->type_name)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Found two aggregation type definitions in [%.*s]: [%s] and [%s]",
                           SLICE_PRINT(p->name), out->type_name, form->name);
    if (form)
        return read_kind(p, form, v, out);
    return form_refuse(&p->form, v, "parsing_exception",
                       "Found [%.*s] beside the pipeline aggregation of [%.*s], which has no "
                       "sub-aggregations and no other type",
                       SLICE_PRINT(key), SLICE_PRINT(p->name));
}

enum err pipeline_read(struct agg_parser *p, const struct json *v, struct pipeline *out)
{
    const char *thing = p->form.thing;
    out->name = p->name;
    if (p->pipelines++ == PIPELINES_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "a request may hold at most [%d] pipeline aggregations", PIPELINES_MAX);
    enum err e = OK;
    for (uint32_t i = 0; i < v->count && !e; i++)
        e = read_member(p, v->keys[i], &v->items[i], out);
    p->form.thing = thing;
    return e;
}
