// SPDX-License-Identifier: Apache-2.0
#pragma once

// Slabs: large stretches of memory from the system, of huge pages where it has them, cut
// into pieces of any size.
//
//     slab   |piece 1 |free|piece 2    |piece 3|free        |     a bit each 4 KiB
//
// malloc() gives freed memory back to the system when it likes and mixes it with everybody
// else's; here what is held is known to the byte, and a slab goes back when its last piece
// does.  A piece is put into the first gap that takes it.  A piece larger than a slab has
// a slab of its own.
//
// No lock inside: whoever owns it has one.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_GRANULE_BYTES = 4096 };

struct slab;

struct slabs {
    size_t slab_bytes; // of a new one
    size_t bytes;      // of all, from the system
    struct slab *items;
    uint32_t count, size;
};

void slabs_init(struct slabs *s, size_t slab_bytes); // any size; rounded up to granules
void slabs_done(struct slabs *s);                    // every piece must have been given back

// A piece, aligned to SLAB_GRANULE_BYTES.  NULL when no slab has room and a new one would
// make `bytes` of all exceed `bytes_max`, or the system has no more.
void *slabs_take(struct slabs *s, size_t bytes, size_t bytes_max);
void slabs_give(struct slabs *s, const void *at, size_t bytes); // as it was taken

// The slab that holds least; false when there is none.
bool slabs_emptiest(const struct slabs *s, const void **out_at, size_t *out_bytes);
