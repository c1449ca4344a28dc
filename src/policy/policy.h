// SPDX-License-Identifier: Apache-2.0
#pragma once

// policy.yml: what may enter.  What it does not name does not enter.
//
// Parsed strictly: an unknown key, treatment, type, table or column referred to is
// ERR_INVALID with "policy.yml line L: ..." in the words.  The form is in
// docs/reference/policy.md.  Pure: reads no file, connects to nothing.

#include "base/arena.h"
#include "base/err.h"
#include "data/schema.h"

struct treatment; // see treatment.h

struct policy_column {
    const char *name; // in the source
    uint32_t line;    // of policy.yml
    const struct treatment *treat;
    int64_t round_ms;                // round of a time: to: 1h
    double round_number;             // round of a number: to: 10
    uint32_t edge_count;             // bucket
    const double *edges;             // edge_count of them, rising
    double width;                    // bucket, without edges
    uint32_t characters;             // truncate
    uint32_t network_v4, network_v6; // truncate, without characters: bits
    const char *subject;             // pseudonym
    uint32_t allows; // detectors that the policy lets pass: bits, see detector_bit()
    bool is_key;     // part of the primary key
    int field;       // of the schema's table; -1 when dropped
};

struct policy_table {
    const char *schema_name; // "public" unless the policy says "sales.orders"
    const char *name;
    uint32_t line;
    uint32_t table;        // index into schema->tables
    uint32_t key_count;    // columns of the primary key, in key order; 0 of a pushed table
    const uint32_t *keys;  // index into columns
    uint32_t column_count; // every column the policy names
    const struct policy_column *columns;
    // The columns a source must deliver: not dropped, or part of the key; in this order
    // the sieve takes their raw values.
    uint32_t wanted_count;
    const uint32_t *wanted; // index into columns
};

struct policy_source {
    const char *name;
    uint32_t line;
    const char *conninfo; // of "postgres:", without user and password
    const char *replication_user, *replication_password_file; // file NULL: none needed
    const char *copy_user, *copy_password_file;
    uint32_t table_count;
    const struct policy_table *tables;
};

// An index that clients push documents into.  Its key is the document's _id.
struct policy_push {
    const char *source; // "push/" and its name, under which the store keeps its position
    struct policy_table table;
};

struct policy {
    const struct schema *schema;
    uint32_t source_count;
    const struct policy_source *sources;
    uint32_t push_count;
    const struct policy_push *pushes;
    const char *floor_subject; // NULL when no floor is declared
};

// All of the result is in `policy`; give it 128 MiB, of which a policy of LIMIT_POLICY_BYTES
// can take most.
enum err policy_parse(struct slice yaml, struct arena *policy, const struct policy **out,
                      struct fault *why);
