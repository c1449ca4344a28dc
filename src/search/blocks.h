// SPDX-License-Identifier: Apache-2.0
#pragma once

// The blocks that a search visits, and in which order.
//
// Before the first block is opened the query is held against what is known of all of them:
// postings of selective codes, smallest and largest values, where ids are.  What is left is
// the list; each block of it is still tested row by row (match.h).
//
// A search for rows sorted by a whole number, which is what a time is, visits blocks in
// the order of their best value: the first block that is worse than the worst row kept
// ends the sorting, for all that come after it are worse too.
//
// Owned by the search's room.  Read by any thread once it is planned.

#include "search/match.h"

struct block_place {
    uint32_t at;    // searched table
    uint32_t block; // of its view
    uint64_t doc;   // rows before it in all searched tables, in the order of tables and blocks
};

struct blocks {
    struct block_place *items;
    uint32_t count;
    bool is_ordered; // by `best`
    int64_t *best;   // of each item; see blocks_order()
};

// Those where a row may match; all of them when `m` is NULL.  ERR_LIMIT.
enum err blocks_plan(struct columns *cs, const struct match *m, struct blocks *out);

// Puts those first that have the largest (`descending`) or smallest values of a STORAGE_I64
// column; those without a value come last, with a `best` that no value is worse than.
// ERR_LIMIT.
enum err blocks_order(struct columns *cs, const struct column *c, bool descending,
                      struct blocks *b);
