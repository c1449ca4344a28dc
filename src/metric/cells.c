// SPDX-License-Identifier: Apache-2.0
#include "metric/cells.h"

#include "base/check.h"

#include <stdlib.h>

enum { CELLS_FIRST = 256 };

void cells_init(struct cells *c, uint32_t dims)
{
    *c = (struct cells){.dims = dims};
}

void cells_done(struct cells *c)
{
    free(c->buckets);
    free(c->codes);
    free(c->counts);
    free(c->slots);
    cells_init(c, c->dims);
}

static uint32_t slot_of(const struct cells *c, int64_t bucket, const uint32_t *codes)
{
    // Multiply and fold: one step a dimension, as this is done for every row counted.
    uint64_t h = ((uint64_t)bucket + 1) * 0x9e3779b97f4a7c15u;
    for (uint32_t d = 0; d < c->dims; d++)
        h = (h ^ h >> 32 ^ codes[d]) * 0xd6e8feb86659fd93u;
    return (uint32_t)(h ^ h >> 32) & (c->slot_count - 1);
}

static bool is_cell(const struct cells *c, uint32_t cell, int64_t bucket, const uint32_t *codes)
{
    const uint32_t *own = cells_codes(c, cell);
    for (uint32_t d = 0; d < c->dims; d++)
        if (own[d] != codes[d])
            return false;
    return c->buckets[cell] == bucket;
}

static void drop_empty(struct cells *c)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->counts[i].count == 0 && c->counts[i].matched == 0)
            continue;
        c->buckets[kept] = c->buckets[i];
        c->counts[kept] = c->counts[i];
        memmove(c->codes + (size_t)kept * c->dims, c->codes + (size_t)i * c->dims,
                c->dims * sizeof *c->codes);
        kept++;
    }
    c->count = kept;
}

static void *resize(void *at, size_t count, size_t bytes)
{
    void *p = realloc(at, count * bytes + 1);
    CHECK(p != NULL);
    return p;
}

static void rehash(struct cells *c)
{
    c->slot_count = 2 * c->cap;
    free(c->slots);
    c->slots = calloc(c->slot_count, sizeof *c->slots);
    CHECK(c->slots != NULL);
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t at = slot_of(c, c->buckets[i], cells_codes(c, i));
        while (c->slots[at])
            at = (at + 1) & (c->slot_count - 1);
        c->slots[at] = i + 1;
    }
}

static bool make_room(struct cells *c)
{
    drop_empty(c);
    // Growing also when little was dropped, so that this is not done for every new cell.
    if (c->count >= c->cap / 2 || c->cap == 0) {
        if (c->cap >= CELLS_MAX && c->count == c->cap)
            return false;
        if (c->cap < CELLS_MAX)
            c->cap = c->cap ? 2 * c->cap : CELLS_FIRST;
        c->buckets = resize(c->buckets, c->cap, sizeof *c->buckets);
        c->codes = resize(c->codes, (size_t)c->cap * c->dims, sizeof *c->codes);
        c->counts = resize(c->counts, c->cap, sizeof *c->counts);
    }
    rehash(c);
    return true;
}

static void add_to(struct cells *c, uint32_t cell, struct cell_count by)
{
    c->counts[cell].count += by.count;
    c->counts[cell].matched += by.matched;
    c->last = cell;
}

// The slot of a key, or the empty one where it would go.
static uint32_t find(const struct cells *c, int64_t bucket, const uint32_t *codes)
{
    uint32_t at = slot_of(c, bucket, codes);
    while (c->slots[at] && !is_cell(c, c->slots[at] - 1, bucket, codes))
        at = (at + 1) & (c->slot_count - 1);
    return at;
}

bool cells_add(struct cells *c, int64_t bucket, const uint32_t *codes, struct cell_count by)
{
    if (c->last < c->count && is_cell(c, c->last, bucket, codes)) {
        add_to(c, c->last, by);
        return true;
    }
    uint32_t at = c->slot_count ? find(c, bucket, codes) : 0;
    if (c->slot_count && c->slots[at]) {
        add_to(c, c->slots[at] - 1, by);
        return true;
    }
    if (c->count == c->cap) {
        if (!make_room(c))
            return false;
        at = find(c, bucket, codes);
    }
    uint32_t cell = c->count++;
    c->slots[at] = cell + 1;
    c->buckets[cell] = bucket;
    if (c->dims)
        memcpy(c->codes + (size_t)cell * c->dims, codes, c->dims * sizeof *codes);
    c->counts[cell] = (struct cell_count){0};
    add_to(c, cell, by);
    return true;
}
