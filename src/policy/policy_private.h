// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files that read a policy share: the draft, filled in this order
//
//     policy.c          the document: sources, metrics, floor; unknown keys
//     policy_source.c   a source: how to connect
//     policy_push.c     the indices that clients push into
//     policy_table.c    tables and columns of both, and the schema's tables of them
//     policy_link.c     look-ups and subjects, once all tables are known
//     policy_metric.c   metrics and the floor
//     fingerprint.c     what it all comes to
//
// and the small checks they all use.

#include "policy/policy.h"
#include "policy/yaml_tree.h"

enum {
    SOURCES_MAX = 16,             // each takes a connection and a slot in its primary
    SOURCE_NAME_BYTES = 63,       // position.source holds it with its NUL
    PUSHES_MAX = 64,              // each has buffers of its own in two processes
    WORD_BYTES = 63,              // a subject kind; part of a key's label
    SUBJECTS_MAX = 256,           // each has a key and a dictionary of its own
    SEALED_NAMES_BYTES_MAX = 100, // of table and column: part of a key's label and a file's name
    METRIC_BY_MAX = 8,            // a cube's cells multiply with each
    FLOOR_SUBJECTS_MAX = 1000     // a larger floor shows nothing at all
};

struct policy_lookup {
    uint32_t table; // of the schema
    struct field *field;
    const char *target;
    uint32_t line;
};

struct policy_draft {
    struct arena *arena;
    struct fault *why;
    struct policy *policy;
    struct schema *schema;
    struct table *tables; // the schema's, LIMIT_TABLES of room
    struct policy_lookup *lookups;
    uint32_t lookup_count;
    uint32_t lookup_room;
};

enum err policy_read_source(struct policy_draft *d, const struct yaml_tree *source,
                            struct policy_source *out);
enum err policy_read_tables(struct policy_draft *d, const struct yaml_tree *tables,
                            struct policy_source *out);
enum err policy_read_pushes(struct policy_draft *d, const struct yaml_tree *push);
// `source`: as in struct table.  Without a key when `is_pushed`.
enum err policy_read_table(struct policy_draft *d, const struct yaml_tree *node, const char *source,
                           bool is_pushed, struct policy_table *out);
enum err policy_link(struct policy_draft *d);
enum err policy_read_metrics(struct policy_draft *d, const struct yaml_tree *metrics);
enum err policy_read_floor(struct policy_draft *d, const struct yaml_tree *floor);
uint64_t policy_fingerprint(const struct policy *p);      // of the sources
uint64_t policy_push_fingerprint(const struct policy *p); // of what is pushed; 0 without any

// `map` is a map and every key of it is in `allowed` (ended by NULL); `what` is for the
// words: "a table".
enum err policy_check_keys(const struct yaml_tree *map, const char *const *allowed,
                           const char *what, struct fault *why);

// A member that must be there and be of this kind.
enum err policy_need(const struct yaml_tree *map, const char *name, enum yaml_kind kind,
                     const struct yaml_tree **out, struct fault *why);

// Lower-case letters, digits, _ and -, at most WORD_BYTES of them.
enum err policy_check_word(const struct yaml_tree *text, const char *what, struct fault *why);
