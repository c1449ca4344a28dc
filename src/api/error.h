// SPDX-License-Identifier: Apache-2.0
#pragma once

// Faults in Elasticsearch's shape.
//
//     {"error":{"root_cause":[{"type":"T","reason":"R"}],"type":"T","reason":"R"},"status":S}
//
// The words of a fault are "T: R"; without a T the code gives one.

#include "base/err.h"
#include "base/slice.h"
#include "json/json_writer.h"

struct error {
    int status;
    struct slice type, reason;
    struct slice index; // index_not_found_exception: which; len 0 for none
    // Of "failed to create query: T: R", whose reason is "failed to create query: R".
    struct slice cause_type, cause_reason;
    uint64_t line, column; // parsing_exception: where; line 0 for none
    // circuit_breaking_exception: what would have been used, and the limit; 0 for none.
    uint64_t bytes_wanted, bytes_limit;
    uint64_t buckets_max; // too_many_buckets_exception: the limit; 0 for none
};

// The slices point into `why` or are constant.
struct error error_of(enum err code, const struct fault *why);

// The value of "error" (an object), without "status".
void error_object(struct json_writer *w, const struct error *e);

// The same as a failure of all shards while searching `index` (search_phase_execution_exception);
// NULL: of nothing that was searched.
void error_search_object(struct json_writer *w, const struct error *e, const char *index);

// True for types that the shards find out: what Elasticsearch wraps.
bool error_is_of_shards(const struct error *e);
