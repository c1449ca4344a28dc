// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "query/request_private.h"

enum { SIZE_DEFAULT = 10, SLICES_MAX = 1024 };

typedef enum err (*take_key)(const struct form *f, struct slice key, const struct json *v,
                             struct request *out);

enum err request_from(const struct form *f, int64_t from, struct request *out)
{
    if (from < 0 || from > INT32_MAX)
        return fail(f->why, ERR_INVALID,
                    "illegal_argument_exception: [from] parameter cannot be %s, found [%lld]",
                    from < 0 ? "negative" : "so large", (long long)from);
    out->from = (uint32_t)from;
    return OK;
}

enum err request_size(const struct form *f, int64_t size, struct request *out)
{
    if (size < 0 || size > INT32_MAX)
        return fail(f->why, ERR_INVALID,
                    "illegal_argument_exception: [size] parameter cannot be %s, found [%lld]",
                    size < 0 ? "negative" : "so large", (long long)size);
    out->size = (uint32_t)size;
    return OK;
}

enum err request_terminate_after(const struct form *f, int64_t rows, struct request *out)
{
    if (rows < 0 || rows > INT32_MAX)
        return fail(f->why, ERR_INVALID,
                    "illegal_argument_exception: terminateAfter must be %s, found [%lld]",
                    rows < 0 ? "> 0" : "smaller", (long long)rows);
    out->terminate_after = (uint32_t)rows;
    return OK;
}

enum err request_total_hits(const struct form *f, const struct json *v, struct request *out)
{
    bool truth = false;
    int64_t count = 0;
    if (json_bool(v, &truth, NULL) == OK) {
        count = truth ? -1 : 0;
    } else {
        enum err e = form_i64(f, slice_text("track_total_hits"), v, &count);
        if (e)
            return e;
    }
    if (count < -1)
        return fail(f->why, ERR_INVALID,
                    "illegal_argument_exception: [track_total_hits] parameter must be positive or "
                    "equals to -1, got %lld",
                    (long long)count);
    out->track_total_hits = count;
    out->total_is_off = count == 0 && !slice_is(v->text, "0");
    out->track_total_hits_given = true;
    return OK;
}

enum err request_timeout(const struct form *f, struct slice text, struct request *out)
{
    int64_t ms = 0;
    struct fault why = {0};
    if (slice_is(text, "-1") || slice_is(text, "0")) {
        out->timeout_ms = 0;
        return OK;
    }
    if (date_parse_duration(text, &ms, &why))
        return fail(f->why, ERR_INVALID, "illegal_argument_exception: [timeout]: %s", why.words);
    out->timeout_ms = ms < 0 ? 0 : ms > 0 ? ms : 1;
    return OK;
}

static enum err take_query(const struct form *f, struct slice key, const struct json *v,
                           struct request *out)
{
    bool is_post = slice_is(key, "post_filter");
    return form_query(f, v, is_post ? &out->post_filter : &out->query);
}

static enum err take_window(const struct form *f, struct slice key, const struct json *v,
                            struct request *out)
{
    int64_t count = 0;
    enum err e = form_i64(f, key, v, &count);
    if (e)
        return e;
    return slice_is(key, "from") ? request_from(f, count, out) : request_size(f, count, out);
}

static enum err take_terminate_after(const struct form *f, struct slice key, const struct json *v,
                                     struct request *out)
{
    int64_t rows = 0;
    enum err e = form_i64(f, key, v, &rows);
    return e ? e : request_terminate_after(f, rows, out);
}

static enum err take_sort(const struct form *f, struct slice key, const struct json *v,
                          struct request *out)
{
    (void)key;
    return request_sort(f, v, out);
}

static enum err take_search_after(const struct form *f, struct slice key, const struct json *v,
                                  struct request *out)
{
    if (v->type != JSON_ARRAY)
        return form_wrong_type(f, key, v);
    if (v->count == 0 || v->count > SORT_KEYS_MAX)
        return form_refuse(f, v, "illegal_argument_exception",
                           "Values for search_after cannot be empty or more than [%d]",
                           SORT_KEYS_MAX);
    struct literal *values = ARENA_ARRAY(f->request, struct literal, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = form_scalar(f, key, &v->items[i], &values[i]);
        if (e)
            return e;
    }
    out->search_after = values;
    out->search_after_count = v->count;
    return OK;
}

static enum err take_source(const struct form *f, struct slice key, const struct json *v,
                            struct request *out)
{
    (void)key;
    return request_source(f, v, out);
}

static enum err take_fields(const struct form *f, struct slice key, const struct json *v,
                            struct request *out)
{
    if (slice_is(key, "fields"))
        return request_fields(f, key, v, &out->fields, &out->field_count);
    return request_fields(f, key, v, &out->docvalue_fields, &out->docvalue_field_count);
}

static enum err take_aggs(const struct form *f, struct slice key, const struct json *v,
                          struct request *out)
{
    (void)key;
    struct agg_level top = {0};
    enum err e = form_aggs(f, v, &top);
    out->aggs = top.aggs;
    out->agg_count = top.agg_count;
    out->pipelines = top.pipelines;
    out->pipeline_count = top.pipeline_count;
    return e;
}

static enum err take_total_hits(const struct form *f, struct slice key, const struct json *v,
                                struct request *out)
{
    (void)key;
    return request_total_hits(f, v, out);
}

static enum err take_min_score(const struct form *f, struct slice key, const struct json *v,
                               struct request *out)
{
    out->min_score_given = true;
    return form_f64(f, key, v, &out->min_score);
}

static enum err take_flag(const struct form *f, struct slice key, const struct json *v,
                          struct request *out)
{
    bool *flag = slice_is(key, "version")               ? &out->wants_version
                 : slice_is(key, "seq_no_primary_term") ? &out->wants_seq_no
                 : slice_is(key, "track_scores")        ? &out->tracks_scores
                 : slice_is(key, "profile")             ? &out->wants_profile
                                                        : &out->wants_explain;
    return form_bool(f, key, v, flag);
}

static enum err take_timeout(const struct form *f, struct slice key, const struct json *v,
                             struct request *out)
{
    struct slice text = {0};
    enum err e = form_text(f, key, v, &text);
    return e ? e : request_timeout(f, text, out);
}

static enum err take_stored_fields(const struct form *f, struct slice key, const struct json *v,
                                   struct request *out)
{
    (void)f, (void)key;
    out->has_stored_fields = true;
    out->hides_id = v->type == JSON_STRING && slice_is(v->text, "_none_");
    return OK;
}

static enum err take_pit(const struct form *f, struct slice key, const struct json *v,
                         struct request *out)
{
    struct form pit = *f;
    pit.thing = "pit";
    if (v->type != JSON_OBJECT)
        return form_wrong_type(f, key, v);
    for (uint32_t i = 0; i < v->count; i++) {
        struct slice *to = slice_is(v->keys[i], "id")           ? &out->pit_id
                           : slice_is(v->keys[i], "keep_alive") ? &out->pit_keep_alive
                                                                : NULL;
        if (!to)
            return form_unknown(&pit, v->keys[i], &v->items[i]);
        enum err e = form_text(&pit, v->keys[i], &v->items[i], to);
        if (e)
            return e;
    }
    return out->pit_id.len
               ? OK
               : form_refuse(f, v, "illegal_argument_exception", "Required [id] of [pit]");
}

static enum err check_slice(const struct form *f, const struct json *v, int64_t id, int64_t max)
{
    if (max < 2 || max > SLICES_MAX)
        return form_refuse(f, v, "illegal_argument_exception",
                           "max must be greater than 1 and at most %d", SLICES_MAX);
    if (id < 0 || id >= max)
        return form_refuse(f, v, "illegal_argument_exception",
                           "id must be at least 0 and lower than max, got id %lld and max %lld",
                           (long long)id, (long long)max);
    return OK;
}

static enum err take_slice(const struct form *f, struct slice key, const struct json *v,
                           struct request *out)
{
    int64_t id = -1;
    int64_t max = 0;
    struct form slice = *f;
    slice.thing = "slice";
    if (v->type != JSON_OBJECT)
        return form_wrong_type(f, key, v);
    for (uint32_t i = 0; i < v->count; i++) {
        struct slice ignored; // rows are cut by their place, whatever the field
        struct slice name = v->keys[i];
        enum err e = slice_is(name, "id")      ? form_i64(&slice, name, &v->items[i], &id)
                     : slice_is(name, "max")   ? form_i64(&slice, name, &v->items[i], &max)
                     : slice_is(name, "field") ? form_text(&slice, name, &v->items[i], &ignored)
                                               : form_unknown(&slice, name, &v->items[i]);
        if (e)
            return e;
    }
    enum err e = check_slice(f, v, id, max);
    out->slice_id = (uint32_t)id;
    out->slice_max = (uint32_t)max;
    return e;
}

// Does not change what is found.
static enum err take_harmless(const struct form *f, struct slice key, const struct json *v,
                              struct request *out)
{
    (void)f, (void)key, (void)v, (void)out;
    return OK;
}

// Dashboards send these empty; a script cannot run here.
static enum err take_only_empty(const struct form *f, struct slice key, const struct json *v,
                                struct request *out)
{
    (void)out;
    if (v->type == JSON_OBJECT && v->count == 0)
        return OK;
    return form_refuse(f, v, "illegal_argument_exception", "[%.*s] is supported only empty",
                       SLICE_PRINT(key));
}

static enum err take_unsupported(const struct form *f, struct slice key, const struct json *v,
                                 struct request *out)
{
    (void)out;
    return form_refuse(f, v, "illegal_argument_exception", "[%.*s] is not supported",
                       SLICE_PRINT(key));
}

static const struct {
    const char *name;
    take_key take;
} keys[] = {
    {"query", take_query},
    {"post_filter", take_query},
    {"from", take_window},
    {"size", take_window},
    {"sort", take_sort},
    {"search_after", take_search_after},
    {"_source", take_source},
    {"fields", take_fields},
    {"docvalue_fields", take_fields},
    {"aggs", take_aggs},
    {"aggregations", take_aggs},
    {"track_total_hits", take_total_hits},
    {"min_score", take_min_score},
    {"version", take_flag},
    {"seq_no_primary_term", take_flag},
    {"track_scores", take_flag},
    {"profile", take_flag},
    {"explain", take_flag},
    {"timeout", take_timeout},
    {"stored_fields", take_stored_fields},
    {"highlight", take_harmless},
    {"terminate_after", take_terminate_after},
    {"preference", take_harmless},
    {"stats", take_harmless},
    {"indices_boost", take_harmless},
    {"pit", take_pit},
    {"script_fields", take_only_empty},
    {"runtime_mappings", take_only_empty},
    {"ext", take_only_empty},
    {"suggest", take_only_empty},
    {"collapse", take_unsupported},
    {"rescore", take_unsupported},
    {"slice", take_slice},
    {"knn", take_unsupported},
    {"rank", take_unsupported},
    {"retriever", take_unsupported},
};

static enum err take_member(const struct form *f, struct slice key, const struct json *v,
                            struct request *out)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_is(key, keys[i].name))
            return keys[i].take(f, key, v, out);
    }
    return form_refuse(f, v, "parsing_exception", "Unknown key for a %s in [%.*s].",
                       json_token_name(v), SLICE_PRINT(key));
}

enum err request_parse(const struct json *body, struct arena *request, struct request *out,
                       struct fault *why)
{
    uint32_t clauses = FORM_CLAUSES_MAX;
    struct form f = {.request = request, .why = why, .thing = "search", .clauses_left = &clauses};
    struct query *all = ARENA_NEW(request, struct query);
    *all = (struct query){.kind = QUERY_MATCH_ALL, .boost = 1};
    struct request r = {.query = all, .size = SIZE_DEFAULT, .track_total_hits = TOTAL_HITS_DEFAULT};
    if (body && body->type != JSON_OBJECT)
        return form_refuse(&f, body, "parsing_exception", "Expected [START_OBJECT] but found [%s]",
                           json_token_name(body));
    for (uint32_t i = 0; body && i < body->count; i++) {
        enum err e = take_member(&f, body->keys[i], &body->items[i], &r);
        if (e)
            return e;
    }
    *out = r;
    return OK;
}
