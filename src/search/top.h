// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first `size` of many items, without keeping the rest: a heap with the worst on top.
//
// Items are numbers that mean something to `compare`, which gives a whole order (no two
// items equal, or which of them stays is open).

#include <stdbool.h>
#include <stdint.h>

struct top {
    uint32_t *heap; // room for `size`
    uint32_t size, count;
    int (*compare)(const void *context, uint32_t a, uint32_t b);
    const void *context;
};

enum { TOP_NOTHING = UINT32_MAX };

// The item that is not among the first now: TOP_NOTHING, `item` itself or an older one.
uint32_t top_offer(struct top *t, uint32_t item);

// Puts heap[0 .. count) in order, best first.  No offers after that.
void top_sort(struct top *t);
