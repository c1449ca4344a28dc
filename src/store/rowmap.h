// SPDX-License-Identifier: Apache-2.0
#pragma once

// A row map: from row numbers to places in a segment.
//
// A table numbers its rows as they arrive, and the number of a row never changes.  A
// segment holds some rows of a range of numbers (`span`), in their order; the others
// were dead when it was written.  So sealing and merging need not touch the key map.
// Nothing is stored when every number has its row; else a bitmap with ranks, or, where
// fewer than one in 64 is left, the numbers themselves.
// Numbers here are offsets from the first number of the range.

#include <stdbool.h>
#include <stdint.h>

struct rowmap;

struct rowmap *rowmap_new(uint64_t span, uint64_t row_count); // row_count <= span
void rowmap_free(struct rowmap *m);                           // NULL is fine

// Of the next place; ascending.  All `row_count` of them before any rowmap_find().
void rowmap_add(struct rowmap *m, uint64_t offset);
void rowmap_end(struct rowmap *m); // counts the ranks

// False when the row of that number is not in the segment.
bool rowmap_find(const struct rowmap *m, uint64_t offset, uint32_t *out_place);

// Walks over the numbers of places 0, 1, 2, ...
struct rowmap_walk {
    const struct rowmap *map;
    uint64_t place;
    uint64_t offset; // of the next place, or where to look for it
};

static inline struct rowmap_walk rowmap_walk(const struct rowmap *m)
{
    return (struct rowmap_walk){.map = m};
}

uint64_t rowmap_next(struct rowmap_walk *walk); // at most row_count times

uint64_t rowmap_at(const struct rowmap *m, uint32_t place); // its number; below row_count

uint64_t rowmap_bytes(const struct rowmap *m);
