// SPDX-License-Identifier: Apache-2.0
#pragma once

// Aliases: second names of indices, for all that take an index expression.
//
// An alias is a thing of the catalogue (access/thing.h) with the body
//
//     {"indices": {"events": {"filter": {...}, "is_write_index": true, ...}}}
//
// It never widens: who may not read an index does not read it under another name.  Its filter is
// of the rows that a search through it finds, aggregations included; single rows by id have none,
// as in Elasticsearch.  An index of the policy stands above an alias of its name.

#include "access/thing.h"
#include "data/schema.h"
#include "json/json.h"

struct alias { // of one index; an alias of two indices is here twice
    struct slice name;
    uint32_t table;
    const struct json *options; // what stands in the body for this index
};

struct alias_list {
    const struct alias *at; // in the order of names
    uint32_t count;
    uint64_t generation;
};

// Those whose indices are there, in `arena`.
enum err aliases_read(struct access *a, const struct schema *s, struct arena *arena,
                      struct alias_list *out, struct fault *why);

bool aliases_has(const struct alias_list *l, struct slice name);
const struct json *alias_filter(const struct alias *a); // NULL: all rows

// The index that documents sent to the alias are for.  ERR_NOT_FOUND without words: there is no
// such alias.  ERR_INVALID: it has several indices, and none of them is it.
enum err aliases_write_index(const struct alias_list *l, struct slice name, uint32_t *out,
                             struct fault *why);

// Reads, changes and writes back.
enum { ALIASES_OF_REQUEST_MAX = 1024 };

struct alias_edit {
    struct slice alias;
    uint32_t table;
    const struct json *options; // NULL: it goes
};

struct alias_edits {
    const struct schema *schema;
    const struct alias_list *now; // as they were read
    const struct alias_edit *at;  // in this order
    uint32_t count;
};

// All of the edits, or none.  ERR_NOT_FOUND: one to go was not there.  ERR_CONFLICT
// without words: somebody else changed the catalogue between; read again.
enum err aliases_change(struct access *a, const struct access_by *by,
                        const struct alias_edits *edits, struct arena *arena, struct fault *why);
