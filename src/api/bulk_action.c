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
                                    "require_alias",
                                    "require_data_stream",
                                    "list_executed_pipelines",
                                    "_source",
                                    NULL};

// Those that would change what is written; leaving them out would be a lie.
static const char *const refused[][2] = {
    {"pipeline", "illegal_argument_exception: [pipeline] is not supported: there are no ingest "
                 "pipelines"},
    {"if_seq_no", "illegal_argument_exception: [if_seq_no] is not supported"},
    {"if_primary_term", "illegal_argument_exception: [if_primary_term] is not supported"},
    {"version", "illegal_argument_exception: [version] is not supported"},
    {"version_type", "illegal_argument_exception: [version_type] is not supported"},
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

// "" and "_none" mean no pipeline.
static bool is_idle(struct slice name, const struct json *value)
{
    return value->type == JSON_NULL || (slice_is(name, "pipeline") && value->type == JSON_STRING &&
                                        (value->text.len == 0 || slice_is(value->text, "_none")));
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
    if (note_refused(name, value, out))
        return OK;
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
    return take_parameters(&tree->items[0], number, out, why);
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
    else if (!slice_is(name, "detect_noop") && !slice_is(name, "_source"))
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: [UpdateRequest] unknown field [%.*s]",
                    name.len < 100 ? (int)name.len : 100, (const char *)name.at);
    return OK;
}

enum err bulk_update_parse(struct slice body, struct arena *scratch, struct bulk_update *out,
                           struct fault *why)
{
    *out = (struct bulk_update){0};
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
