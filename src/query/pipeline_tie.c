// SPDX-License-Identifier: Apache-2.0
// Ties pipelines to what their buckets_path names.
#include "query/pipeline_private.h"

#include <assert.h>

enum { NAMES_MAX = 34 }; // deeper than aggregations are nested

struct names {
    struct slice at[NAMES_MAX];
    uint32_t count;
    uint32_t from; // names before this one have been gone along
};

// Where a path has come to: the aggregations and pipelines that stand in one bucket.
struct place {
    const struct agg *aggs;
    uint32_t agg_count;
    const struct pipeline *pipelines;
    uint32_t pipeline_count;
};

static enum err invalid(const struct agg_parser *p, const char *words, const struct pipeline *of)
{
    return fail(p->form.why, ERR_INVALID,
                "action_request_validation_exception: Validation Failed: 1: %s aggregation "
                "[%.*s] %s;",
                of->type_name, SLICE_PRINT(of->name), words);
}

static enum err not_found(const struct agg_parser *p, const struct pipeline_path *path)
{
    return fail(p->form.why, ERR_INVALID,
                "illegal_argument_exception: No aggregation found for path [%.*s]",
                SLICE_PRINT(path->text));
}

static enum err no_number(const struct agg_parser *p, const struct pipeline *of,
                          const struct pipeline_path *path)
{
    return fail(p->form.why, ERR_INVALID,
                "aggregation_execution_exception: buckets_path must reference either a number "
                "value or a single value numeric metric aggregation, got: [%.*s] at aggregation "
                "[%.*s]",
                SLICE_PRINT(path->text), SLICE_PRINT(of->name));
}

// ---- what is there ----

static bool is_single(const struct agg *a)
{
    return a->kind == AGG_FILTER || a->kind == AGG_MISSING || a->kind == AGG_GLOBAL;
}

static bool is_multi(const struct agg *a)
{
    return a->kind < AGG_BUCKET_KINDS && !is_single(a);
}

// A composite has its own below its last source by now (agg.h).
static struct place below(const struct agg *a)
{
    const struct agg *of = a->source_count ? a->sources[a->source_count - 1].agg : a;
    return (struct place){of->subs, of->sub_count, a->pipelines, a->pipeline_count};
}

static const struct agg *agg_named(const struct place *in, struct slice name, uint32_t *out_at)
{
    for (uint32_t i = 0; i < in->agg_count; i++) {
        *out_at = i;
        if (slice_equal(in->aggs[i].name, name))
            return &in->aggs[i];
    }
    return NULL;
}

static bool pipeline_named(const struct place *in, struct slice name, uint32_t *out_at)
{
    for (uint32_t i = 0; i < in->pipeline_count; i++) {
        *out_at = i;
        if (slice_equal(in->pipelines[i].name, name))
            return true;
    }
    return false;
}

// ---- one path ----

static bool split_names(struct slice text, struct names *out)
{
    out->count = 0;
    out->from = 0;
    for (size_t at = 0; at <= text.len; at++) {
        const uint8_t *arrow = memchr(text.at + at, '>', text.len - at);
        size_t end = arrow ? (size_t)(arrow - text.at) : text.len;
        if (end == at || out->count == NAMES_MAX)
            return false;
        out->at[out->count++] = slice_of(text.at + at, end - at);
        at = end;
    }
    return out->count > 0;
}

static void add_step(uint32_t *steps, struct pipeline_path *path, uint32_t at)
{
    steps[path->step_count++] = at;
    path->steps = steps;
}

// The last name: "_count", a pipeline, an aggregation, or one with which of its values.
static enum err end_path(struct agg_parser *p, const struct pipeline *of, const struct place *in,
                         struct slice name, uint32_t *steps, struct pipeline_path *path)
{
    uint32_t at = 0;
    if (slice_is(name, "_count")) {
        path->value = PATH_COUNT;
        return OK;
    }
    if (pipeline_named(in, name, &at)) {
        path->value = PATH_PIPELINE;
        path->pipeline = at;
        return OK;
    }
    struct slice whole = name;
    const struct agg *a = agg_named(in, name, &at);
    if (!a) {
        agg_path_split(whole, &name, &path->metric);
        a = agg_named(in, name, &at);
    }
    if (!a && path->metric.len && pipeline_named(in, name, &at)) {
        path->value = PATH_PIPELINE; // "p.value", "p.normalized_value", "p[95.0]"
        path->pipeline = at;
        return OK;
    }
    if (!a)
        return not_found(p, path);
    add_step(steps, path, at);
    bool is_number = a->kind >= AGG_BUCKET_KINDS;
    if (is_number)
        path->value = PATH_NUMBER;
    else if (is_single(a) && slice_is(path->metric, "_count"))
        path->value = PATH_COUNT;
    else if (is_multi(a) && slice_is(path->metric, "_bucket_count"))
        path->value = PATH_BUCKET_COUNT;
    else
        return no_number(p, of, path);
    return OK;
}

static enum err walk(struct agg_parser *p, const struct pipeline *of, struct place in,
                     const struct names *names, uint32_t *steps, struct pipeline_path *path)
{
    for (uint32_t i = names->from; i + 1 < names->count; i++) {
        uint32_t at = 0;
        const struct agg *a = agg_named(&in, names->at[i], &at);
        if (!a)
            return not_found(p, path);
        if (!is_single(a))
            return no_number(p, of, path);
        add_step(steps, path, at);
        in = below(a);
    }
    return end_path(p, of, &in, names->at[names->count - 1], steps, path);
}

// A sibling's first names lead to the buckets.
static enum err lead(struct agg_parser *p, const struct pipeline *of, struct place *in,
                     struct names *names, uint32_t *steps, struct pipeline_path *path)
{
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t at = 0;
        const struct agg *a = agg_named(in, names->at[i], &at);
        struct slice metric = {0};
        if (!a && i + 1 == names->count) { // "histogram._count"
            struct slice name;
            agg_path_split(names->at[i], &name, &metric);
            a = agg_named(in, name, &at);
        }
        if (!a)
            return not_found(p, path);
        if (!is_single(a) && !is_multi(a))
            break;
        add_step(steps, path, at);
        *in = below(a);
        if (is_multi(a) && slice_is(metric, "_count")) {
            names->at[i] = metric;
            path->lead_count = i + 1;
            return OK;
        }
        if (is_multi(a) && metric.len == 0 && i + 1 < names->count) {
            path->lead_count = i + 1;
            return OK;
        }
        if (is_multi(a))
            return no_number(p, of, path);
    }
    return fail(p->form.why, ERR_INVALID,
                "action_request_validation_exception: Validation Failed: 1: The first aggregation "
                "in buckets_path must be a multi-bucket aggregation for aggregation [%.*s] found: "
                "[%.*s];",
                SLICE_PRINT(of->name), SLICE_PRINT(path->text));
}

static enum err tie_path(struct agg_parser *p, const struct pipeline *of, struct place in,
                         struct pipeline_path *path)
{
    struct names names;
    uint32_t *steps = ARENA_ARRAY(p->form.request, uint32_t, NAMES_MAX);
    if (of->kind == PIPELINE_BUCKET_SORT && slice_is(path->text, "_key")) {
        path->value = PATH_KEY;
        return OK;
    }
    if (!split_names(path->text, &names))
        return not_found(p, path);
    if (of->kind < PIPELINE_SIBLINGS)
        return walk(p, of, in, &names, steps, path);
    enum err e = lead(p, of, &in, &names, steps, path);
    if (e)
        return e;
    bool is_count = path->lead_count == names.count;
    names.from = path->lead_count - is_count;
    return walk(p, of, in, &names, steps, path);
}

// ---- where it may stand ----

static bool is_in_order(enum pipeline_kind kind)
{
    return kind <= PIPELINE_MOVING_AVG;
}

static enum err check_parent(struct agg_parser *p, const struct agg *up, const struct pipeline *of)
{
    if (of->kind >= PIPELINE_SIBLINGS)
        return OK;
    bool is_histogram = up && (up->kind == AGG_DATE_HISTOGRAM || up->kind == AGG_HISTOGRAM);
    if (is_in_order(of->kind) && !is_histogram)
        return invalid(p,
                       up ? "must have a histogram, date_histogram or auto_date_histogram as parent"
                          : "must have a histogram, date_histogram or auto_date_histogram as "
                            "parent but doesn't have a parent",
                       of);
    if (!up || !is_multi(up))
        return invalid(p, "must be declared inside of another aggregation that makes buckets", of);
    if (is_in_order(of->kind) && up->min_doc_count > 0)
        return fail(p->form.why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: parent histogram "
                    "of %s aggregation [%.*s] must have min_doc_count of 0;",
                    of->type_name, SLICE_PRINT(of->name));
    return OK;
}

// ---- the order ----

// Whether a path of `of` begins with a name of the ones in `in` that are not yet `done`.
static bool waits(const struct pipeline *of, const struct pipeline *in, uint32_t count,
                  uint64_t done)
{
    struct place all = {.pipelines = in, .pipeline_count = count};
    for (uint32_t i = 0; i < of->path_count && of->kind < PIPELINE_SIBLINGS; i++) {
        uint32_t at = 0;
        struct slice name = of->paths[i].text;
        struct slice metric;
        bool is_one = pipeline_named(&all, name, &at);
        if (!is_one) {
            agg_path_split(of->paths[i].text, &name, &metric);
            is_one = pipeline_named(&all, name, &at);
        }
        if (is_one && !(done >> at & 1))
            return true;
    }
    return false;
}

static_assert(PIPELINES_MAX <= 64, "a bit each");

static enum err put_in_order(struct agg_parser *p, struct pipeline *pipelines, uint32_t count)
{
    struct pipeline *sorted = ARENA_ARRAY(p->form.request, struct pipeline, count + 1);
    uint64_t done = 0;
    for (uint32_t placed = 0; placed < count; placed++) {
        uint32_t next = 0;
        while (next < count &&
               ((done >> next & 1) || waits(&pipelines[next], pipelines, count, done)))
            next++;
        if (next == count)
            return fail(p->form.why, ERR_INVALID,
                        "illegal_argument_exception: Cyclical dependency found with pipeline "
                        "aggregations of [%.*s]",
                        SLICE_PRINT(p->name));
        sorted[placed] = pipelines[next];
        done |= 1ULL << next;
    }
    memcpy(pipelines, sorted, count * sizeof *sorted);
    return OK;
}

static enum err tie(struct agg_parser *p, const struct agg_level *level, struct pipeline *of)
{
    struct place in = {level->aggs, level->agg_count, level->pipelines, level->pipeline_count};
    struct pipeline_path *paths =
        ARENA_ARRAY(p->form.request, struct pipeline_path, of->path_count + 1);
    enum err e = OK;
    for (uint32_t i = 0; i < of->path_count && !e; i++) {
        paths[i] = of->paths[i];
        e = tie_path(p, of, in, &paths[i]);
    }
    of->paths = paths;
    return e;
}

enum err pipelines_tie(struct agg_parser *p, const struct agg *up, const struct agg_level *level)
{
    enum err e = OK;
    for (uint32_t i = 0; i < level->pipeline_count && !e; i++)
        e = check_parent(p, up, &level->pipelines[i]);
    if (!e && level->pipeline_count)
        e = put_in_order(p, level->pipelines, level->pipeline_count);
    for (uint32_t i = 0; i < level->pipeline_count && !e; i++)
        e = tie(p, level, &level->pipelines[i]);
    return e;
}
