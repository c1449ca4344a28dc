// SPDX-License-Identifier: Apache-2.0
#pragma once

// Relations of a stream: what PostgreSQL said about the tuples of each relation id, and
// where our wanted columns are in them.  Names decide, then types: a column that is gone
// or of another type than at the preflight ends the stream (ERR_CONFLICT), and the next
// preflight says what to do; nothing of it comes in by position.  Columns nobody wants
// have no place here and are never looked at.

#include "source/pg_shape.h"

struct pg_relations;

struct pg_relation_map {
    uint32_t oid;
    int table;        // of the spec; -1: not ours, to be passed over
    uint16_t *places; // per wanted column; NULL when not ours
};

struct pg_relations *pg_relations_new(const struct pg_shape *shapes, uint32_t shape_count);
void pg_relations_free(struct pg_relations *r); // NULL is fine

// ERR_LIMIT: more relations than PG_RELATIONS_MAX.
enum { PG_RELATIONS_MAX = 1 << 16 }; // a root with as many partitions names each of them
enum err pg_relations_learn(struct pg_relations *r, const struct pg_relation *relation,
                            struct fault *why);

// ERR_CORRUPT: the server never said what this relation is.
enum err pg_relations_get(const struct pg_relations *r, uint32_t oid,
                          const struct pg_relation_map **out, struct fault *why);
