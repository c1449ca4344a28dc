// SPDX-License-Identifier: Apache-2.0
#include "api/bulk_action.h"

#include <stdio.h>

// The parameters of an action that change nothing here, or are looked at below.
static const char *const known[] = {"_index",
                                    "_id",
                                    "_type",
                                    "routing",
                                    "_routing",
                                    "parent",
                                    "op_type",
                                    "retry_on_conflict",
                                    "_retry_on_conflict",
                                    "require_data_stream",
                                    "list_executed_pipelines",
                                    "_source",
                                    NULL};

// Those that would change what is written; leaving them out would be a lie.
static const char *const refused[][2] = {
    {"pipeline", "illegal_argument_exception: [pipeline] is not supported: there are no ingest "
                 "pipelines"},
    {"version_type", "illegal_argument_exception: [version_type] is not supported: use [if_seq_no] "
                     "and [if_primary_term]"},
    {"dynamic_templates", "illegal_argument_exception: [dynamic_templates] is not supported: "
                          "columns come from the policy"},
};

enum { REFUSED_COUNT = sizeof refused / sizeof refused[0] };

static enum err malformed(struct fault *why, uint32_t number, const char *expected,
                          const char *found)
{
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: Malformed action/metadata line [%u], expected %s but "
                "found [%s]",
                number, expected, found);
}

static enum err op_of(struct slice name, uint32_t number, enum push_op *out, struct fault *why)
{
    for (int op = 0; op < PUSH_OP_COUNT; op++) {
        if (slice_is(name, push_op_name((enum push_op)op))) {
            *out = (enum push_op)op;
            return OK;
        }
    }
    char shown[64];
    snprintf(shown, sizeof shown, "%.*s", name.len < 60 ? (int)name.len : 60,
             (const char *)name.at);
    return malformed(why, number, "field [create], [delete], [index] or [update]", shown);
}

static bool is_known(struct slice name)
{
    for (const char *const *k = known; *k; k++) {
        if (slice_is(name, *k))
            return true;
    }
    return false;
}

// "" and "_none" mean no pipeline; the versions that are Elasticsearch's own are ours.
static bool is_idle(struct slice name, const struct json *value)
{
    if (value->type != JSON_STRING)
        return value->type == JSON_NULL;
    if (slice_is(name, "pipeline"))
        return value->text.len == 0 || slice_is(value->text, "_none");
    return slice_is(name, "version_type") && slice_is(value->text, "internal");
}

static enum err take_whole_number(const struct json *value, uint32_t number, const char *name,
                                  uint64_t *out, struct fault *why)
{
    int64_t v = 0;
    struct fault said = {0};
    if (json_i64(value, &v, &said) == OK && v >= 0) {
        *out = (uint64_t)v;
        return OK;
    }
    return fail(why, ERR_INVALID,
                "illegal_argument_exception: Malformed action/metadata line [%u]: [%s] must be a "
                "whole number and non negative",
                number, name);
}

// What makes an action one under a condition.  False in *out_is: it is another parameter.
static enum err take_condition(struct slice name, const struct json *value, uint32_t number,
                               struct bulk_action *out, bool *out_is, struct fault *why)
{
    *out_is = true;
    if (slice_is(name, "if_seq_no")) {
        out->has_seq_no = true;
        return take_whole_number(value, number, "if_seq_no", &out->only_if.seq_no, why);
    }
    if (slice_is(name, "if_primary_term")) {
        out->has_term = true;
        return take_whole_number(value, number, "if_primary_term", &out->only_if.term, why);
    }
    if (slice_is(name, "require_alias"))
        return value->type == JSON_NULL ? OK : json_bool(value, &out->needs_alias, why);
    *out_is = slice_is(name, "version");
    if (*out_is && value->type != JSON_NULL)
        out->invalid = "internal versioning can not be used for optimistic concurrency control. "
                       "Please use `if_seq_no` and `if_primary_term` instead";
    return OK;
}

const char *bulk_condition_fault(const struct bulk_action *a)
{
    bool has = a->has_seq_no || a->has_term;
    if (a->invalid || !has)
        return a->invalid;
    if (a->op == PUSH_CREATE)
        return "create operations do not support compare and set. use index instead";
    if (!a->has_term || a->only_if.term == 0)
        return "ifSeqNo is set, but primary term is [0]";
    if (!a->has_seq_no)
        return "ifSeqNo is unassigned, but primary term is set";
    if (a->id.len == 0)
        return "an id must be provided if version type or value are set";
    return NULL;
}

static bool note_refused(struct slice name, const struct json *value, struct bulk_action *out)
{
    for (int i = 0; i < REFUSED_COUNT; i++) {
        if (!slice_is(name, refused[i][0]))
            continue;
        if (!is_idle(name, value))
            out->refused = refused[i][1];
        return true;
    }
    return false;
}

static bool takes_text(const struct json *v)
{
    return v->type == JSON_STRING || v->type == JSON_NUMBER;
}

static enum err take_parameter(struct slice name, const struct json *value, uint32_t number,
                               struct bulk_action *out, struct fault *why)
{
    bool is_condition = false;
    enum err e = take_condition(name, value, number, out, &is_condition, why);
    if (e || is_condition || note_refused(name, value, out))
        return e;
    if (!is_known(name))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Action/metadata line [%u] contains an unknown "
                    "parameter [%.*s]",
                    number, name.len < 100 ? (int)name.len : 100, (const char *)name.at);
    bool is_index = slice_is(name, "_index");
    bool is_id = slice_is(name, "_id");
    if (value->type == JSON_NULL)
        return OK;
    if ((is_index || is_id) && !takes_text(value))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Malformed action/metadata line [%u], expected a "
                    "simple value for field [%s] but found [%s]",
                    number, is_id ? "_id" : "_index", json_token_name(value));
    if (is_index)
        out->index = value->text;
    if (is_id)
        out->id = value->text;
    if (is_id && value->text.len == 0)
        out->refused = "illegal_argument_exception: if _id is specified it must not be empty";
    if (slice_is(name, "op_type") && value->type == JSON_STRING && slice_is(value->text, "create"))
        out->op = out->op == PUSH_INDEX ? PUSH_CREATE : out->op;
    return OK;
}

static enum err take_parameters(const struct json *of, uint32_t number, struct bulk_action *out,
                                struct fault *why)
{
    if (of->type == JSON_NULL)
        return OK;
    if (of->type != JSON_OBJECT)
        return malformed(why, number, "START_OBJECT or END_OBJECT", json_token_name(of));
    for (uint32_t i = 0; i < of->count; i++) {
        enum err e = take_parameter(of->keys[i], &of->items[i], number, out, why);
        if (e)
            return e;
    }
    if (out->id.len > PUSH_ID_BYTES_MAX)
        out->refused = "illegal_argument_exception: id is too long, must be no longer than 512 "
                       "bytes";
    return OK;
}

static bool is_blank(struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] != ' ' && line.at[i] != '\t' && line.at[i] != '\r')
            return false;
    }
    return true;
}

enum err bulk_action_parse(struct slice line, uint32_t number, struct arena *scratch,
                           struct bulk_action *out, bool *out_skip, struct fault *why)
{
    *out = (struct bulk_action){0};
    *out_skip = is_blank(line);
    if (*out_skip)
        return OK;
    const struct json *tree = NULL;
    struct fault said = {0};
    if (json_parse(line, scratch, &tree, &said))
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: Malformed action/metadata line [%u]: %s", number,
                    said.words);
    if (tree->type != JSON_OBJECT)
        return malformed(why, number, "START_OBJECT", json_token_name(tree));
    if (tree->count == 0)
        return malformed(why, number, "FIELD_NAME", "END_OBJECT");
    enum err e = op_of(tree->keys[0], number, &out->op, why);
    if (e)
        return e;
    if (tree->count > 1)
        return malformed(why, number, "END_OBJECT", "FIELD_NAME");
    e = take_parameters(&tree->items[0], number, out, why);
    out->only_if.is_given = out->has_seq_no && out->has_term;
    return e;
}

static enum err take_update(struct slice name, const struct json *value, struct bulk_update *out,
                            struct fault *why)
{
    if (slice_is(name, "doc"))
        out->doc = value;
    else if (slice_is(name, "upsert"))
        out->upsert = value;
    else if (slice_is(name, "doc_as_upsert"))
        return json_bool(value, &out->doc_as_upsert, why);
    else if (slice_is(name, "script"))
        return fail(why, ERR_INVALID, "illegal_argument_exception: there are no scripts");
    else if (slice_is(name, "detect_noop"))
        return json_bool(value, &out->keeps_same, why);
    else if (!slice_is(name, "_source"))
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: [UpdateRequest] unknown field [%.*s]",
                    name.len < 100 ? (int)name.len : 100, (const char *)name.at);
    return OK;
}

enum err bulk_update_parse(struct slice body, struct arena *scratch, struct bulk_update *out,
                           struct fault *why)
{
    *out = (struct bulk_update){.keeps_same = true};
    const struct json *tree = NULL;
    struct fault said = {0};
    if (json_parse(body, scratch, &tree, &said))
        return fail(why, ERR_INVALID, "x_content_parse_exception: %s", said.words);
    if (tree->type != JSON_OBJECT)
        return fail(why, ERR_INVALID, "x_content_parse_exception: an update is an object, not %s",
                    json_type_name(tree->type));
    for (uint32_t i = 0; i < tree->count; i++) {
        enum err e = take_update(tree->keys[i], &tree->items[i], out, why);
        if (e)
            return e;
    }
    if (!out->doc)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: script or doc is "
                    "missing;");
    return OK;
}
