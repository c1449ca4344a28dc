// SPDX-License-Identifier: Apache-2.0
#pragma once

// A table's shape: what the preflight learned about it, and how its rows become raws.

#include "base/arena.h"
#include "source/pg_type.h"
#include "source/source.h"

struct pg_shape {
    const struct source_table *table;
    uint32_t oid;          // pg_class
    bool is_partitioned;   // the root of partitions
    double rows_estimated; // -1 unknown
    uint32_t *type_oids;   // per wanted column: as declared, so a domain's own
    enum pg_kind *kinds;   // per wanted column
};

// Turns tuples of one table into the sink's rows.  One per source; reused row by row.
struct pg_rows {
    const struct source_sink *sink;
    struct arena *scratch; // of one row
    struct raw *values;    // as many as the widest table wants
    struct raw *old_key;
};

void pg_rows_init(struct pg_rows *r, const struct source_sink *sink);
void pg_rows_done(struct pg_rows *r);

// A copied row, fields in the order of the wanted columns.
enum err pg_rows_copied(struct pg_rows *r, uint32_t table, const struct pg_shape *shape,
                        const struct pg_field *fields, struct fault *why);

// 'I', 'U' or 'D'.  `places`: per wanted column, where it is in the tuple.  A new tuple
// whose key differs from the old one's is ROW_MOVE.  ERR_CORRUPT: no key where one must be.
enum err pg_rows_changed(struct pg_rows *r, uint32_t table, const struct pg_shape *shape,
                         const uint16_t *places, const struct pg_message *m, struct fault *why);
