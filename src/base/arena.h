// SPDX-License-Identifier: Apache-2.0
#pragma once

// An arena: memory that is given back all at once.
//
// Name an arena parameter after how long its memory lives: `request`, `batch`,
// `segment`, `scratch`.  Nothing in an arena is freed on its own.
//
// An arena has a budget, set where the work comes in.  Sizes that come from
// outside are checked against a named limit *before* they reach an arena; going
// over the budget after that is a bug of ours, or the machine is out of memory,
// and either way the process stops.  So arena_alloc() never returns NULL.

#include "base/slice.h"

#include <stddef.h>

struct arena;

struct arena *arena_new(size_t budget_bytes);
void arena_free(struct arena *a);  // NULL is fine
void arena_reset(struct arena *a); // keeps one block, of about what was used, for the next round

// Zeroed, aligned for any type, alive until the arena is reset or freed.
void *arena_alloc(struct arena *a, size_t bytes) __attribute__((returns_nonnull, malloc));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

// `count` of them, zeroed.  `count` has met a limit before (see above).
#define ARENA_ARRAY(arena, type, count) \
    ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

// A copy of the bytes, with a NUL behind them.
struct slice arena_copy(struct arena *a, struct slice bytes);
const char *arena_string(struct arena *a, struct slice bytes);
struct slice arena_print(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// For `struct arena *scratch AUTO(arena_freep) = arena_new(...)`.
#define AUTO(drop) __attribute__((cleanup(drop)))

static inline void arena_freep(struct arena **a)
{
    arena_free(*a);
}
