// SPDX-License-Identifier: Apache-2.0
#pragma once

// Attributes: what a look-up says of each row of a segment, kept beside the rows.
//
// A search by device.model would gather from a table of all devices row by row.  What it has
// gathered for a block stays with the segment, in the narrow codes that a search reads:
//
//     part ── attribute (connections.device, devices.model, 1 byte) ── version ── block 0
//                                                                               block 1 ...
//
// It is an index, no cache of answers.  A version is about one state of the look-up: the root
// of its copy-on-write array.  A search of another state compares the two roots, which share
// the leaves that nobody wrote to, and gets the keys of which the value differs; postings say
// in which blocks these are.  All other blocks are the same in both states.  A newer state
// becomes the version, without the blocks that differ; those are gathered anew by whom they
// matter to, and an older one passes over them.
//
// Of several fields of the table referred to, which questions ask for together, the values of a row
// make one combination, and devices of a few hundred sorts have few of these.  An attribute of
// combinations holds their numbers, a byte each, which a part hands out as they come:
//
//     firmware 7, region 2  ->  combination 0
//     firmware 3, region 2  ->  combination 1
//
// Rules: a reader belongs to one search, whose threads may all use it; its view and that of
// the table referred to outlive it.  What is kept goes with the segment, is charged to the
// budget of segments (units.h), and stays below the room's limit all together.  When the room is
// nearly full, what no search has asked for lately goes; what is asked for stays, and of more
// than there is room for the rest is looked up each time.

#include "store/view.h"

#include <pthread.h>

struct attribute;
struct units;

struct attribute_room {   // one of a store; outlives its parts
    uint64_t limit;       // bytes; 0: nothing is kept
    uint64_t used;        // changed atomically
    struct units *units;  // what is kept is charged to; NULL: to nobody
    pthread_mutex_t lock; // guards the rest; taken before a part's
    uint64_t clock;       // readers opened
    uint64_t gone;        // attributes of a part that had to make room
    struct attribute *first;
};

void attribute_room_init(struct attribute_room *r, uint64_t limit, struct units *units);
void attribute_room_done(struct attribute_room *r);

// Of one part.
struct attributes;

struct attributes *attributes_new(void);
void attributes_free(struct attributes *a); // NULL is fine
uint64_t attributes_bytes(struct attributes *a);

enum { COMBINED_MAX = 4, COMBINATIONS_MAX = 255, COMBINATION_NONE = 255 };

struct attribute_path {
    uint32_t field; // that refers
    const struct view *target;
    uint32_t target_field; // STORAGE_CODE
    unsigned width;        // bytes of a code, which all fit: 1, 2 or 4; of a combination 1
    uint32_t more_count;   // further fields, which make it one of combinations
    uint32_t more[COMBINED_MAX - 1];
};

// A part's.  The first `count` stay as they are; that is read with combinations_count().
struct combinations {
    pthread_mutex_t lock; // of whoever adds
    uint32_t fields;
    uint32_t count;
    uint32_t values[COMBINATIONS_MAX][COMBINED_MAX]; // codes of the fields, none missing
};

struct attribute_reader;

// NULL where nothing can be kept: nobody refers to the table, or no segment is there.
struct attribute_reader *attribute_open(const struct view *v, const struct attribute_path *path);
void attribute_close(struct attribute_reader *r); // NULL is fine

// The block's codes by row, all ones for none; NULL when they are not there and have to be
// looked up.  Good until the reader is closed.
const void *attribute_codes(const struct attribute_reader *r, const struct block *b);
// Whether these are there, of one byte, and none is missing.
bool attribute_is_whole(const struct attribute_reader *r, const struct block *b);
// Takes a copy of a block's codes that have been looked up, dead rows' too, if there is room.
void attribute_keep(const struct attribute_reader *r, const struct block *b, const void *codes);
// Whether attribute_keep() may have room for the block.
bool attribute_takes(const struct attribute_reader *r, const struct block *b);
// Of a reader of combinations: those of the block's part, which all its blocks' codes are places
// in.  NULL: nothing can be kept of the part.
struct combinations *attribute_combinations(const struct attribute_reader *r,
                                            const struct block *b);
uint32_t combinations_count(const struct combinations *c);
// The combination's number, a new one if need be; COMBINATION_NONE when there are too many.  Any
// thread.
uint32_t combinations_add(struct combinations *c, const uint32_t *values);
// Blocks of the view whose codes are not there.
uint32_t attribute_missing(const struct attribute_reader *r);
