// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "query/lucene.h"
#include "query/request_private.h"

// Parameters of the URL: text, read here into the same request as the body.

typedef enum err (*take_parameter)(const struct form *f, struct slice name, struct slice value,
                                   struct request *r);

// A JSON string in place of the parameter, for the readers that the body has.
static struct json as_json(struct slice value)
{
    return (struct json){.type = JSON_STRING, .text = value, .line = 1, .column = 1};
}

static enum err bad_number(const struct form *f, struct slice name, struct slice value)
{
    return fail(f->why, ERR_INVALID,
                "illegal_argument_exception: Failed to parse int parameter [%.*s] with value "
                "[%.*s]",
                SLICE_PRINT(name), SLICE_PRINT(value));
}

static enum err take_window(const struct form *f, struct slice name, struct slice value,
                            struct request *r)
{
    int64_t count = 0;
    if (parse_i64(value, &count))
        return bad_number(f, name, value);
    return slice_is(name, "from") ? request_from(f, count, r) : request_size(f, count, r);
}

static enum err take_terminate_after(const struct form *f, struct slice name, struct slice value,
                                     struct request *r)
{
    int64_t rows = 0;
    if (parse_i64(value, &rows))
        return bad_number(f, name, value);
    return request_terminate_after(f, rows, r);
}

static enum err take_sort(const struct form *f, struct slice name, struct slice value,
                          struct request *r)
{
    (void)name;
    return request_sort_text(f, value, r);
}

static enum err take_q(const struct form *f, struct slice name, struct slice value,
                       struct request *r)
{
    (void)name;
    const struct lucene_options options = {0};
    return lucene_parse(f, value, &options, &r->query);
}

// A flag of the URL is true when it has no value.
static enum err read_flag(const struct form *f, struct slice name, struct slice value, bool *out)
{
    if (value.len > 0 && !slice_is(value, "true") && !slice_is(value, "false"))
        return fail(f->why, ERR_INVALID,
                    "illegal_argument_exception: Failed to parse value of [%.*s] as only [true] or "
                    "[false] are allowed.",
                    SLICE_PRINT(name));
    *out = !slice_is(value, "false");
    return OK;
}

static enum err take_source(const struct form *f, struct slice name, struct slice value,
                            struct request *r)
{
    (void)name;
    r->source = (struct source_filter){.is_given = true, .is_off = slice_is(value, "false")};
    if (value.len > 0 && !r->source.is_off && !slice_is(value, "true"))
        request_names(f, value, &r->source.includes, &r->source.include_count);
    return OK;
}

static enum err take_source_list(const struct form *f, struct slice name, struct slice value,
                                 struct request *r)
{
    r->source.is_given = true;
    if (slice_starts(name, slice_text("_source_exclude")))
        request_names(f, value, &r->source.excludes, &r->source.exclude_count);
    else
        request_names(f, value, &r->source.includes, &r->source.include_count);
    return OK;
}

static enum err take_total_hits(const struct form *f, struct slice name, struct slice value,
                                struct request *r)
{
    (void)name;
    struct json v = as_json(value.len ? value : slice_text("true"));
    return request_total_hits(f, &v, r);
}

static enum err take_docvalue_fields(const struct form *f, struct slice name, struct slice value,
                                     struct request *r)
{
    (void)name;
    const struct slice *names = NULL;
    uint32_t count = 0;
    request_names(f, value, &names, &count);
    struct field_wish *wishes = ARENA_ARRAY(f->request, struct field_wish, count);
    for (uint32_t i = 0; i < count; i++)
        wishes[i].pattern = names[i];
    r->docvalue_fields = wishes;
    r->docvalue_field_count = count;
    return OK;
}

static enum err take_flag(const struct form *f, struct slice name, struct slice value,
                          struct request *r)
{
    bool *flag = slice_is(name, "version")               ? &r->wants_version
                 : slice_is(name, "seq_no_primary_term") ? &r->wants_seq_no
                 : slice_is(name, "track_scores")        ? &r->tracks_scores
                                                         : &r->wants_explain;
    return read_flag(f, name, value, flag);
}

static enum err take_stored_fields(const struct form *f, struct slice name, struct slice value,
                                   struct request *r)
{
    (void)f, (void)name;
    r->has_stored_fields = true;
    r->hides_id = slice_is(value, "_none_");
    return OK;
}

static enum err take_timeout(const struct form *f, struct slice name, struct slice value,
                             struct request *r)
{
    (void)name;
    return request_timeout(f, value, r);
}

static enum err take_min_score(const struct form *f, struct slice name, struct slice value,
                               struct request *r)
{
    r->min_score_given = true;
    return parse_f64(value, &r->min_score) ? bad_number(f, name, value) : OK;
}

// How text would be cut into words, or how a cluster would work: no effect here.
static enum err take_harmless(const struct form *f, struct slice name, struct slice value,
                              struct request *r)
{
    (void)f, (void)name, (void)value, (void)r;
    return OK;
}

// These change what "q" means, and come in any order with it.
static enum err take_of_body(const struct form *f, struct slice name, struct slice value,
                             struct request *r)
{
    (void)value, (void)r;
    return fail(f->why, ERR_INVALID,
                "illegal_argument_exception: [%.*s] is not supported here; use a [query_string] "
                "query in the body",
                SLICE_PRINT(name));
}

static const struct {
    const char *name;
    take_parameter take;
} parameters[] = {
    {"q", take_q},
    {"from", take_window},
    {"size", take_window},
    {"sort", take_sort},
    {"_source", take_source},
    {"_source_includes", take_source_list},
    {"_source_include", take_source_list},
    {"_source_excludes", take_source_list},
    {"_source_exclude", take_source_list},
    {"track_total_hits", take_total_hits},
    {"docvalue_fields", take_docvalue_fields},
    {"version", take_flag},
    {"seq_no_primary_term", take_flag},
    {"track_scores", take_flag},
    {"explain", take_flag},
    {"timeout", take_timeout},
    {"min_score", take_min_score},
    {"stored_fields", take_stored_fields},
    {"terminate_after", take_terminate_after},
    {"stats", take_harmless},
    {"df", take_of_body},
    {"analyzer", take_harmless},
    {"analyze_wildcard", take_harmless},
    {"default_operator", take_of_body},
    {"lenient", take_harmless},
};

enum err request_parameter(struct request *r, struct slice name, struct slice value,
                           struct arena *request, bool *out_known, struct fault *why)
{
    struct form f = {.request = request, .why = why, .thing = "search"};
    *out_known = false;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        if (!slice_is(name, parameters[i].name))
            continue;
        *out_known = true;
        return parameters[i].take(&f, name, value, r);
    }
    return OK;
}
