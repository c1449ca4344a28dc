// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lines of a _bulk body: {"index":{"_index":"i","_id":"1"}}, then the document.
//
// Runs in the process mirror, as documents do: what a body holds, serve never parses.

#include "base/arena.h"
#include "base/err.h"
#include "data/push.h"
#include "json/json.h"

struct bulk_action {
    enum push_op op;
    struct slice index; // len 0: the request's
    struct slice id;    // len 0: none
    // What the action asks for and this server does not do, in words for its item
    // ("type: reason"); NULL when all is well.
    const char *refused;
    const char *invalid; // why the whole request is refused, in the same words
    struct push_condition only_if;
    bool has_seq_no, has_term; // of only_if
    bool needs_alias;
};

// What Elasticsearch says of an action's condition before it runs anything; NULL: it is fine.
const char *bulk_condition_fault(const struct bulk_action *a);

// `line` without its newline; `number` is its place in the body, from 1.  The slices are of
// the line or of the arena.  ERR_INVALID: the whole body is refused, in Elasticsearch's
// words.  *out_skip: the line is empty and counts as none.
enum err bulk_action_parse(struct slice line, uint32_t number, struct arena *scratch,
                           struct bulk_action *out, bool *out_skip, struct fault *why);

// The body of an update.
struct bulk_update {
    const struct json *doc;    // what changes; NULL without
    const struct json *upsert; // what comes where there is nothing to change; NULL without
    bool doc_as_upsert;
    bool keeps_same; // "detect_noop": a row that would stay as it is is left alone
};

// ERR_INVALID in Elasticsearch's words.
enum err bulk_update_parse(struct slice body, struct arena *scratch, struct bulk_update *out,
                           struct fault *why);
