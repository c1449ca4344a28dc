// SPDX-License-Identifier: Apache-2.0
#pragma once

// What serve asks keeper when the pseudonyms of a kind get another layer (keys/layer.h): values
// under one generation, and keeper's answer is the same values under the next, in their order.
//
//     asked      from u32 | to u32 | kind (with its length) | values, 16 bytes each
//     answered   values, 16 bytes each

#include "base/buf.h"
#include "base/err.h"

enum { RELAYER_VALUE_BYTES = 16, RELAYER_VALUES_MAX = 1024 };

struct relayer_question {
    uint32_t from, to;
    struct slice kind;
    struct slice values; // RELAYER_VALUE_BYTES times 1 to RELAYER_VALUES_MAX
};

void relayer_question_print(const struct relayer_question *q, struct buf *out);
// Slices of `bytes`.  ERR_CORRUPT.
enum err relayer_question_parse(struct slice bytes, struct relayer_question *out,
                                struct fault *why);
