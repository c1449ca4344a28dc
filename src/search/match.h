// SPDX-License-Identifier: Apache-2.0
#pragma once

// Matches: the query as something to hold against blocks.
//
// match_plan() ties a query to columns: literals become codes (one bit per code of the
// dictionary), numbers and bounds, and what cannot match becomes MATCH_NONE.
// match_block() answers for a whole block in three ways: none of its rows, all of them, or
// a bit per row.  Block statistics decide the first two where they can, so that fields are
// decoded only where rows differ.

#include "query/query.h"
#include "search/column.h"

enum match_kind {
    MATCH_ALL,
    MATCH_NONE,
    MATCH_CODES, // rows whose code is in a set
    MATCH_LONGS, // rows whose number is in a set
    MATCH_DOUBLES,
    MATCH_LONG_RANGE, // lo <= v <= hi
    MATCH_DOUBLE_RANGE,
    MATCH_EXISTS,
    MATCH_IDS,
    MATCH_TABLES, // rows of some of the searched tables (_index)
    MATCH_BOOL,
};

struct match {
    enum match_kind kind;
    struct column *column;
    uint64_t *set;             // CODES: bit per code; TABLES: bit per searched table
    uint32_t set_count;        // codes in the set
    uint32_t code_lo, code_hi; // CODES: smallest and largest of them
    uint64_t *scratch;         // BOOL: BLOCK_WORDS words for its clauses
    int64_t *longs;            // LONGS: ascending
    double *doubles;           // DOUBLES: ascending
    uint32_t value_count;
    int64_t lo, hi;
    double lo_f64, hi_f64;
    // IDS: keys, and where they are in the table at hand.
    struct row_key *keys;
    struct row_ref *refs; // ascending by block
    uint32_t ref_count;
    uint32_t bound_at; // index of the searched table `refs` is about; UINT32_MAX: none yet
    // BOOL
    struct match *must, *should, *must_not; // must: must and filter
    uint32_t must_count, should_count, must_not_count, should_min;
    uint16_t *hits; // how many should clauses took each row; NULL unless should_min > 1
    // The order in which `must` is gone through (match_must.c); it never changes what matches.
    struct match **order;
    uint32_t blocks;
    // Of a clause: rows that were left before it and after it, of the blocks looked at lately.
    uint64_t rows_before, rows_after;
};

enum err match_plan(struct columns *cs, const struct query *q, int64_t now_ms, struct match *out,
                    struct fault *why);

enum match_rows { ROWS_NONE, ROWS_ALL, ROWS_SOME };

// `out` (BLOCK_WORDS words) is written for ROWS_SOME only.  Dead rows may be among them.
enum match_rows match_block(struct columns *cs, struct match *m, uint64_t *out);

// The constant score of a row that matches: 0 where nothing in the query scores.
double match_score(const struct query *q);
