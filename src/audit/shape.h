// SPDX-License-Identifier: Apache-2.0
#pragma once

// The shape of a query: what was asked, without what was asked for.
//
//     and(outcome=?, device in ?3, at>=2019-12-04T00:00:00.000Z) size=10 sort=-at
//     aggs=terms(device.model,10){avg(latency)}
//
// No value that a caller wrote is in it, for that may be a person's: `?` stands for one and
// `?3` for three, and neither names of aggregations nor names of fields that no index has
// are shown.  The exception is a bound on the field that orders an index in time, which
// says what period was looked at: it is a date that was parsed and printed again.
// Two queries that differ in values only have one shape.  Longer ones are cut, with "...".
// Pure.

#include "base/buf.h"
#include "data/schema.h"
#include "query/request.h"

enum { SHAPE_BYTES_MAX = 4096 };

struct shape_of {
    const struct schema *schema;
    const uint32_t *tables; // that are searched
    uint32_t table_count;
    int64_t now_ms; // of "now" in dates
    // Called for every field the request uses that `table` has, perhaps more than once.
    void (*used)(void *context, uint32_t table, const struct field_path *path);
    void *context;
};

void shape_print(const struct shape_of *of, const struct request *r, struct buf *out);
