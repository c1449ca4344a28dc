// SPDX-License-Identifier: Apache-2.0
#pragma once

// Content-Type and Accept, as Elasticsearch's clients send them: plain JSON, NDJSON, and
// the vendor types "application/vnd.elasticsearch+json; compatible-with=8" (7, 8, 9, with
// and without blanks) and those of OpenSearch.  Pure.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct media {
    struct slice json_type; // Content-Type of a JSON reply: the vendor type only if asked for
    bool wants_json;        // Accept names JSON: _cat answers so
    bool body_is_ndjson;
};

// ERR_INVALID for a type we do not speak; *out_status is then the HTTP status (400, 406).
enum err negotiate(struct slice content_type, struct slice accept, bool has_body, struct media *out,
                   int *out_status, struct fault *why);
