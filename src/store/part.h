// SPDX-License-Identifier: Apache-2.0
#pragma once

// A part: a stretch of a table's rows that is held together, a segment or a memory part.
//
// Parts are counted references; whoever holds one may read it on any thread.  What lives
// of a part is not in the part but in an entry beside it (entry.h), as it changes.

#include "store/attribute.h"
#include "store/memory.h"
#include "store/rowmap.h"
#include "store/segment.h"

struct part {
    uint32_t refs;
    uint64_t id;             // no other part of this process has had it
    uint32_t segment_rows;   // 0 for memory: its count is in the entry
    struct segment *segment; // or
    struct memory *memory;
    uint64_t file;                 // number of the segment's file
    uint64_t first_row;            // row numbers first_row ... first_row + span - 1 belong here
    uint64_t span;                 // memory: grows, so its last is not known here
    struct rowmap *rowmap;         // NULL for memory: row number = first_row + row
    struct attributes *attributes; // NULL for memory
    uint64_t all[BLOCK_ROWS / 64]; // live bits of the segment's last block when all its rows live
};

struct part *part_of_memory(const struct table *t, uint64_t first_row);
// Takes the segment and the map.
struct part *part_of_segment(struct segment *s, uint64_t file, uint64_t first_row, uint64_t span,
                             struct rowmap *map);
struct part *part_ref(struct part *p);
void part_unref(struct part *p); // NULL is fine

uint32_t part_code_at(const struct part *p, uint32_t row, uint32_t field);
bool part_i64_at(const struct part *p, uint32_t row, uint32_t field, int64_t *out);
bool part_f64_at(const struct part *p, uint32_t row, uint32_t field, double *out);
struct row_key part_key_at(const struct part *p, uint32_t row);
void part_keys(const struct part *p, uint32_t block, uint32_t rows, struct row_key *out);
void part_codes(const struct part *p, uint32_t block, uint32_t rows, uint32_t field, uint32_t *out);
void part_codes_narrow(const struct part *p, uint32_t block, uint32_t rows, uint32_t field,
                       unsigned width, void *out);
void part_codes_of(const struct part *p, uint32_t block, uint32_t field,
                   const struct block_rows *rows, uint32_t *out);
void part_i64_of(const struct part *p, uint32_t block, uint32_t field,
                 const struct block_rows *rows, int64_t *out, bool *out_has);
void part_i64(const struct part *p, uint32_t block, uint32_t rows, uint32_t field, int64_t *out,
              uint64_t *out_present);
void part_f64(const struct part *p, uint32_t block, uint32_t rows, uint32_t field, double *out,
              uint64_t *out_present);

struct wanted_codes { // of a field
    uint32_t field;
    const uint32_t *codes; // rising
    uint32_t count;
};

// Sets the bit of each block of the part's first `rows` rows (those of the entry) that may have
// one of the codes; block 0 is bit `first`.
void part_blocks_of(const struct part *p, uint32_t rows, const struct wanted_codes *want,
                    uint32_t first, uint64_t *bits);
struct block_range part_range(const struct part *p, uint32_t block, uint32_t field);
