// SPDX-License-Identifier: Apache-2.0
#include "search/pipelines.h"

#include "search/agg_number.h"

#include <math.h>
#include <stdlib.h>

// Of one request: they lie in its arena, which has an end.
enum { PIPELINE_BYTES_MAX = 64 << 20, SORT_KEYS_MAX = 64, VARIABLES_MAX = 64 };

struct run {
    struct arena *request;
    struct fault *why;
    size_t bytes;
};

// What a level of the tree looks like from within: pipelines and aggregations of one bucket.
struct inside {
    const struct agg_answer *subs;
    const struct pipeline_answer *pipelines;
    uint64_t doc_count;
};

// NULL past the limit.
static void *take_bytes(struct run *run, size_t bytes)
{
    run->bytes += bytes;
    if (run->bytes <= PIPELINE_BYTES_MAX)
        return arena_alloc(run->request, bytes + 1);
    (void)fail(run->why, ERR_LIMIT,
               "circuit_breaking_exception: [request] Data too large, the pipeline aggregations "
               "would need more than [%d] bytes",
               PIPELINE_BYTES_MAX);
    return NULL;
}

#define TAKE(run, type, count) ((type *)take_bytes((run), sizeof(type) * (size_t)(count)))

// ---- what a path says of a bucket ----

static enum err no_number(const struct run *run, const struct pipeline *p,
                          const struct pipeline_path *path)
{
    return fail(run->why, ERR_INVALID,
                "illegal_argument_exception: buckets_path [%.*s] of [%.*s] names no single number",
                SLICE_PRINT(path->text), SLICE_PRINT(p->name));
}

static bool of_pipeline(const struct pipeline_answer *a, struct slice name, double *out)
{
    bool is_only = name.len == 0 || slice_is(name, "value");
    *out = NAN;
    if (slice_is(name, "normalized_value"))
        *out = a->is_shown ? a->normalized : NAN;
    else if (!is_only)
        return false;
    else if (a->is_shown)
        *out = a->value;
    return true;
}

// Down the steps from `from`.  False when there is nothing: an empty bucket without answers.
static bool go_down(const struct pipeline_path *path, struct inside *at,
                    const struct agg_answer **out_last)
{
    *out_last = NULL;
    for (uint32_t i = path->lead_count; i < path->step_count; i++) {
        if (!at->subs)
            return false;
        const struct agg_answer *a = &at->subs[path->steps[i]];
        *out_last = a;
        bool ends =
            i + 1 == path->step_count && path->value != PATH_COUNT && path->value != PATH_PIPELINE;
        if (ends)
            return true;
        if (a->bucket_count == 0)
            return false;
        *at = (struct inside){a->buckets[0].subs, a->buckets[0].pipelines, a->buckets[0].doc_count};
    }
    return true;
}

// NaN: no value, as the gap policy has it.
static enum err value_of(const struct run *run, const struct pipeline *p,
                         const struct pipeline_path *path, enum gap_policy gap,
                         const struct bucket *b, double *out)
{
    struct inside at = {b->subs, b->pipelines, b->doc_count};
    const struct agg_answer *last = NULL;
    double value = NAN;
    bool has_end = go_down(path, &at, &last);
    bool is_known = true;
    if (has_end && last && path->value == PATH_NUMBER)
        is_known = agg_number(last, path->metric, &value);
    else if (has_end && path->value == PATH_COUNT)
        value = (double)at.doc_count;
    else if (has_end && last && path->value == PATH_BUCKET_COUNT)
        value = last->bucket_count;
    else if (has_end && path->value == PATH_PIPELINE && at.pipelines)
        is_known = of_pipeline(&at.pipelines[path->pipeline], path->metric, &value);
    if (!is_known)
        return no_number(run, p, path);
    if (path->value == PATH_PIPELINE && isnan(value)) {
        *out = NAN; // no policy makes up what was not worked out
        return OK;
    }
    bool is_gap =
        !isfinite(value) || (b->doc_count == 0 && path->value != PATH_COUNT && gap != GAP_KEEP);
    *out = !is_gap ? value : gap == GAP_ZEROS ? 0 : NAN;
    return OK;
}

// ---- one after the other ----

static double key_of(const struct bucket *b)
{
    return b->key.type == VALUE_DOUBLE ? b->key.f64 : (double)b->key.i64;
}

static enum err values_of(struct run *run, const struct pipeline *p, const struct agg_answer *of,
                          double **out)
{
    enum gap_policy gap = p->kind == PIPELINE_CUMULATIVE_SUM ? GAP_ZEROS : p->gap;
    double *values = TAKE(run, double, of->bucket_count);
    enum err e = values ? OK : ERR_LIMIT;
    for (uint32_t i = 0; i < of->bucket_count && !e; i++)
        e = value_of(run, p, &p->paths[0], gap, &of->buckets[i], &values[i]);
    *out = values;
    return e;
}

// Whether what the path leads to is there at all, be it without a value.
static bool is_there(const struct pipeline_path *path, const struct bucket *b)
{
    struct inside at = {b->subs, b->pipelines, b->doc_count};
    const struct agg_answer *last = NULL;
    return path->value != PATH_PIPELINE ||
           (go_down(path, &at, &last) && at.pipelines && at.pipelines[path->pipeline].is_shown);
}

static void derive(const struct pipeline *p, const struct agg_answer *of, const double *values,
                   uint32_t i, struct pipeline_answer *out)
{
    const struct pipeline_path *path = &p->paths[0];
    if (i == 0 || !is_there(path, &of->buckets[i]) || !is_there(path, &of->buckets[i - 1]))
        return;
    out->is_shown = true;
    out->value = values[i] - values[i - 1];
    double steps = (key_of(&of->buckets[i]) - key_of(&of->buckets[i - 1])) / (double)p->unit_ms;
    out->normalized = p->unit_ms ? out->value / steps : NAN;
}

static void subtract(const struct pipeline *p, const double *values, uint32_t i,
                     struct pipeline_answer *out)
{
    if (i < p->lag || isnan(values[i]) || isnan(values[i - p->lag]))
        return;
    out->is_shown = true;
    out->value = values[i] - values[i - p->lag];
}

// What has no value makes no step of the window.
static void move(const struct pipeline *p, double *values, uint32_t count,
                 struct pipeline_answer *out)
{
    uint32_t known = 0;
    double *window = values; // what is known moves to the front
    bool is_average = p->kind == PIPELINE_MOVING_AVG;
    for (uint32_t i = 0; i < count; i++)
        known += !isnan(values[i]);
    for (uint32_t i = 0, at = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        out[i].is_shown = true;
        window[at++] = values[i];
    }
    for (uint32_t i = 0, at = 0; i < count; i++) {
        struct pipeline_answer *a = &out[i];
        if (!a->is_shown)
            continue;
        int64_t to = (int64_t)at + p->shift;
        int64_t from = to - p->window;
        to = to < 0 ? 0 : to > known ? known : to;
        from = from < 0 ? 0 : from > known ? known : from;
        a->is_shown = !is_average || to > from;
        a->value = expression_value(p->script, NULL, window + from, (uint32_t)(to - from));
        at++;
    }
}

static enum err along(struct run *run, const struct pipeline *p, const struct agg_answer *of,
                      struct pipeline_answer *out)
{
    double *values = NULL;
    double sum = 0;
    enum err e = values_of(run, p, of, &values);
    for (uint32_t i = 0; i < of->bucket_count && !e; i++) {
        struct pipeline_answer *a = &out[i];
        if (p->kind == PIPELINE_DERIVATIVE) {
            derive(p, of, values, i, a);
        } else if (p->kind == PIPELINE_SERIAL_DIFF) {
            subtract(p, values, i, a);
        } else if (p->kind == PIPELINE_CUMULATIVE_SUM) {
            sum += isnan(values[i]) ? 0 : values[i];
            a->is_shown = true;
            a->value = sum;
        }
    }
    if (!e && (p->kind == PIPELINE_MOVING_FN || p->kind == PIPELINE_MOVING_AVG))
        move(p, values, of->bucket_count, out);
    return e;
}

// ---- scripts ----

static enum err script_value(const struct run *run, const struct pipeline *p,
                             const struct bucket *b, bool *out_has_all, double *out)
{
    double variables[VARIABLES_MAX];
    enum err e = OK;
    *out_has_all = true;
    for (uint32_t i = 0; i < p->path_count && !e; i++) {
        e = value_of(run, p, &p->paths[i], p->gap, b, &variables[i]);
        *out_has_all = *out_has_all && !e && !isnan(variables[i]);
    }
    if (!e)
        *out = expression_value(p->script, variables, NULL, 0);
    return e;
}

static enum err compute(const struct run *run, const struct pipeline *p,
                        const struct agg_answer *of, struct pipeline_answer *out)
{
    enum err e = OK;
    for (uint32_t i = 0; i < of->bucket_count && !e; i++) {
        bool has_all = false;
        struct pipeline_answer *a = &out[i];
        e = script_value(run, p, &of->buckets[i], &has_all, &a->value);
        a->is_shown = has_all || p->gap == GAP_KEEP;
    }
    return e;
}

static enum err keep_selected(const struct run *run, const struct pipeline *p,
                              struct bucket *buckets, uint32_t *count)
{
    uint32_t kept = 0;
    enum err e = OK;
    for (uint32_t i = 0; i < *count && !e; i++) {
        bool has_all = false;
        double value = 0;
        e = script_value(run, p, &buckets[i], &has_all, &value);
        if (!e && value != 0 && !isnan(value))
            buckets[kept++] = buckets[i];
    }
    *count = kept;
    return e;
}

// ---- sorting ----

struct sorted {
    struct bucket bucket;
    uint32_t at; // where it was
    const struct pipeline *by;
    const double *values; // one per path
};

static int compare_keys(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_TEXT && b->type == VALUE_TEXT)
        return slice_compare(a->text, b->text);
    double x = a->type == VALUE_DOUBLE ? a->f64 : (double)a->i64;
    double y = b->type == VALUE_DOUBLE ? b->f64 : (double)b->i64;
    return (x > y) - (x < y);
}

static int compare_sorted(const void *a, const void *b)
{
    const struct sorted *x = a;
    const struct sorted *y = b;
    for (uint32_t i = 0; i < x->by->path_count; i++) {
        const struct pipeline_path *path = &x->by->paths[i];
        double v = x->values[i];
        double w = y->values[i];
        if (path->value != PATH_KEY && isnan(v) != isnan(w))
            return isnan(v) ? 1 : -1; // without a value: last, whichever way
        int order = path->value == PATH_KEY ? compare_keys(&x->bucket.key, &y->bucket.key)
                                            : (v > w) - (v < w);
        if (order != 0)
            return path->descending ? -order : order;
    }
    return (x->at > y->at) - (x->at < y->at);
}

// A bucket without any of the values is left out.
static enum err make_sorted(struct run *run, const struct pipeline *p, const struct bucket *buckets,
                            uint32_t count, struct sorted *out, uint32_t *out_count)
{
    double *values = TAKE(run, double, (size_t)count * p->path_count);
    enum err e = values ? OK : ERR_LIMIT;
    *out_count = 0;
    for (uint32_t i = 0; i < count && !e; i++, values += p->path_count) {
        bool has_any = p->path_count == 0;
        for (uint32_t k = 0; k < p->path_count && !e; k++) {
            bool is_key = p->paths[k].value == PATH_KEY;
            values[k] = 0;
            if (!is_key)
                e = value_of(run, p, &p->paths[k], p->gap, &buckets[i], &values[k]);
            has_any = has_any || is_key || !isnan(values[k]);
        }
        if (has_any)
            out[(*out_count)++] = (struct sorted){buckets[i], i, p, values};
    }
    return e;
}

static enum err sort(struct run *run, const struct pipeline *p, struct bucket *buckets,
                     uint32_t *count)
{
    uint32_t left = 0;
    struct sorted *sorted = TAKE(run, struct sorted, *count);
    enum err e = sorted ? make_sorted(run, p, buckets, *count, sorted, &left) : ERR_LIMIT;
    if (e)
        return e;
    if (left > 1 && p->path_count)
        qsort(sorted, left, sizeof *sorted, compare_sorted);
    uint32_t from = p->from < left ? p->from : left;
    *count = left - from < p->size ? left - from : p->size;
    for (uint32_t i = 0; i < *count; i++)
        buckets[i] = sorted[from + i].bucket;
    return OK;
}

// ---- siblings ----

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static enum err add_percentiles(struct run *run, const struct pipeline *p, double *values,
                                struct pipeline_spread *out)
{
    double *percentiles = TAKE(run, double, p->percent_count);
    if (!percentiles)
        return ERR_LIMIT;
    if (values && out->count > 1)
        qsort(values, out->count, sizeof *values, by_value);
    for (uint32_t i = 0; i < p->percent_count; i++) {
        double at = floor(p->percents[i] / 100 * (double)(out->count - 1) + 0.5);
        percentiles[i] = values && out->count ? values[(size_t)at] : NAN;
    }
    out->percentiles = percentiles;
    return OK;
}

static void add_value(struct pipeline_spread *s, double value)
{
    s->min = s->count == 0 || value < s->min ? value : s->min;
    s->max = s->count == 0 || value > s->max ? value : s->max;
    s->sum += value;
    s->squares += value * value;
    s->count++;
}

// What is known moves to the front of the values.
static void add_values(double *values, uint32_t count, struct pipeline_spread *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        values[out->count] = values[i];
        add_value(out, values[i]);
    }
}

static enum err add_extremes(struct run *run, const struct pipeline *p, const struct agg_answer *of,
                             const double *values, struct pipeline_spread *out)
{
    const struct bucket **extremes = TAKE(run, const struct bucket *, of->bucket_count);
    double wanted = p->kind == PIPELINE_MIN_BUCKET ? out->min : out->max;
    for (uint32_t i = 0; extremes && i < of->bucket_count && out->count; i++)
        if (values[i] == wanted)
            extremes[out->extreme_count++] = &of->buckets[i];
    out->extremes = extremes;
    return extremes ? OK : ERR_LIMIT;
}

static double one_value(const struct pipeline *p, const struct pipeline_spread *s)
{
    if (p->kind == PIPELINE_SUM_BUCKET)
        return s->sum;
    if (s->count == 0)
        return NAN;
    if (p->kind == PIPELINE_AVG_BUCKET)
        return s->sum / (double)s->count;
    if (p->kind == PIPELINE_MIN_BUCKET)
        return s->min;
    return p->kind == PIPELINE_MAX_BUCKET ? s->max : NAN;
}

// Down to the aggregation whose buckets are meant; NULL where an empty bucket has none.
static const struct agg_answer *find_lead(const struct pipeline_path *path,
                                          const struct agg_answer *subs)
{
    for (uint32_t i = 0; i < path->lead_count; i++) {
        if (!subs)
            return NULL;
        const struct agg_answer *a = &subs[path->steps[i]];
        if (i + 1 == path->lead_count)
            return a;
        subs = a->bucket_count ? a->buckets[0].subs : NULL;
    }
    return NULL;
}

static enum err sum_up(struct run *run, const struct pipeline *p, const struct agg_answer *subs,
                       struct pipeline_answer *out)
{
    const struct agg_answer *of = find_lead(&p->paths[0], subs);
    struct pipeline_spread *spread = TAKE(run, struct pipeline_spread, 1);
    double *values = NULL;
    enum err e = spread ? OK : ERR_LIMIT;
    if (!e && of) {
        e = values_of(run, p, of, &values);
        spread->agg = of->agg;
    }
    bool tells_where = p->kind == PIPELINE_MIN_BUCKET || p->kind == PIPELINE_MAX_BUCKET;
    if (!e && of && tells_where) {
        for (uint32_t i = 0; i < of->bucket_count; i++)
            if (!isnan(values[i]))
                add_value(spread, values[i]);
        e = add_extremes(run, p, of, values, spread);
    } else if (!e && of) {
        add_values(values, of->bucket_count, spread);
    }
    if (!e && p->kind == PIPELINE_PERCENTILES_BUCKET)
        e = add_percentiles(run, p, values, spread);
    if (e)
        return e;
    *out = (struct pipeline_answer){true, one_value(p, spread), NAN, spread};
    return OK;
}

// ---- the tree ----

static enum err run_all(struct run *run, const struct agg *aggs, struct agg_answer *answers,
                        uint32_t count);

static enum err run_parent(struct run *run, const struct pipeline *p, struct agg_answer *of,
                           struct bucket *buckets, struct pipeline_answer *out)
{
    if (p->kind == PIPELINE_BUCKET_SCRIPT)
        return compute(run, p, of, out);
    if (p->kind == PIPELINE_BUCKET_SELECTOR)
        return keep_selected(run, p, buckets, &of->bucket_count);
    if (p->kind == PIPELINE_BUCKET_SORT)
        return sort(run, p, buckets, &of->bucket_count);
    return along(run, p, of, out);
}

// `all` has a row of values for each bucket, which keeps it when buckets move.
static enum err run_within(struct run *run, const struct agg *a, struct agg_answer *of,
                           struct bucket *buckets, struct pipeline_answer *all)
{
    uint32_t width = a->pipeline_count;
    enum err e = OK;
    for (uint32_t k = 0; k < width && !e; k++) {
        const struct pipeline *p = &a->pipelines[k];
        struct pipeline_answer *values =
            TAKE(run, struct pipeline_answer, (size_t)of->bucket_count);
        if (!values)
            return ERR_LIMIT;
        if (p->kind < PIPELINE_SIBLINGS)
            e = run_parent(run, p, of, buckets, values);
        for (uint32_t i = 0; i < of->bucket_count && !e; i++) {
            if (p->kind >= PIPELINE_SIBLINGS)
                e = sum_up(run, p, buckets[i].subs, &values[i]);
            all[(size_t)(buckets[i].pipelines - all) + k] = values[i];
        }
    }
    return e;
}

static enum err run_agg(struct run *run, const struct agg *a, struct agg_answer *of)
{
    const struct agg *last = a->source_count ? a->sources[a->source_count - 1].agg : a;
    struct bucket *buckets = TAKE(run, struct bucket, of->bucket_count);
    size_t value_count = (size_t)of->bucket_count * a->pipeline_count;
    struct pipeline_answer *values = TAKE(run, struct pipeline_answer, value_count);
    if (!buckets || !values)
        return ERR_LIMIT;
    enum err e = OK;
    for (uint32_t i = 0; i < of->bucket_count && !e; i++) {
        buckets[i] = of->buckets[i];
        buckets[i].pipelines = a->pipeline_count ? values + (size_t)i * a->pipeline_count : NULL;
        if (!buckets[i].subs)
            continue;
        struct agg_answer *subs = TAKE(run, struct agg_answer, last->sub_count);
        if (!subs)
            return ERR_LIMIT;
        memcpy(subs, buckets[i].subs, last->sub_count * sizeof *subs);
        buckets[i].subs = subs;
        e = run_all(run, last->subs, subs, last->sub_count);
    }
    of->buckets = buckets;
    return e ? e : run_within(run, a, of, buckets, values);
}

static bool has_any(const struct agg *a)
{
    const struct agg *last = a->source_count ? a->sources[a->source_count - 1].agg : a;
    if (a->pipeline_count)
        return true;
    for (uint32_t i = 0; i < last->sub_count; i++)
        if (has_any(&last->subs[i]))
            return true;
    return false;
}

// Only what has pipelines below it is copied.
static enum err run_all(struct run *run, const struct agg *aggs, struct agg_answer *answers,
                        uint32_t count)
{
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++)
        if (has_any(&aggs[i]))
            e = run_agg(run, &aggs[i], &answers[i]);
    return e;
}

enum err pipelines_run(const struct request *r, struct arena *request, struct answer *a,
                       struct fault *why)
{
    struct run run = {.request = request, .why = why};
    struct agg_answer *aggs = TAKE(&run, struct agg_answer, a->agg_count);
    struct pipeline_answer *values = TAKE(&run, struct pipeline_answer, r->pipeline_count);
    if (!aggs || !values)
        return ERR_LIMIT;
    if (a->agg_count)
        memcpy(aggs, a->aggs, a->agg_count * sizeof *aggs);
    enum err e = run_all(&run, r->aggs, aggs, a->agg_count);
    for (uint32_t i = 0; i < r->pipeline_count && !e; i++)
        e = sum_up(&run, &r->pipelines[i], aggs, &values[i]);
    a->aggs = aggs;
    a->pipelines = values;
    return e;
}
