// SPDX-License-Identifier: Apache-2.0
#pragma once

// A room: the working memory of one thread of a search, with a bound.
//
// What a search keeps grows with what it meets (buckets, distinct values), so no size can
// be checked before the work starts.  A room grows arrays by doubling out of one arena and
// counts bytes; past its limit it remembers that and gives NULL, and the search ends with
// ERR_LIMIT at the next block.  Everything goes with the room.  One thread at a time.
// Rooms of one search share a budget, from which they take in larger pieces.

#include "base/arena.h"

struct room {
    struct arena *arena;
    size_t bytes_left;
    struct budget *budget; // NULL: bytes_left is all there is
    size_t taken;          // from the budget
    bool is_over;          // a growth did not fit
};

struct budget;

struct room room_init(size_t limit_bytes);
struct room room_in(struct budget *b); // outlives the room
void room_done(struct room *r);

// Zeroed memory; NULL past the limit.
void *room_alloc(struct room *r, size_t bytes);

// Room for `need` elements of `bytes` each; `at` holds *cap of them and its contents are
// kept, what is new is zero.  NULL past the limit (`at` and *cap are good still).
void *room_grow(struct room *r, void *at, size_t *cap, size_t need, size_t bytes);
