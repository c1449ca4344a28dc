// SPDX-License-Identifier: Apache-2.0
#include "metric/combos.h"

#include "base/check.h"

#include <stdlib.h>

enum { COMBOS_FIRST = 64 };

void combos_init(struct combos *c, uint32_t dims)
{
    *c = (struct combos){.dims = dims};
}

void combos_done(struct combos *c)
{
    free(c->codes);
    free(c->holds);
    free(c->unused);
    free(c->slots);
    combos_init(c, c->dims);
}

uint64_t combos_bytes(const struct combos *c)
{
    return ((uint64_t)c->cap * (c->dims + 2) + c->slot_count) * sizeof(uint32_t);
}

static uint32_t slot_of(const struct combos *c, const uint32_t *codes)
{
    // Multiply and fold: one step a dimension, as this is done for every row counted.
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (uint32_t d = 0; d < c->dims; d++)
        h = (h ^ h >> 32 ^ codes[d]) * 0xd6e8feb86659fd93u;
    return (uint32_t)(h ^ h >> 32) & (c->slot_count - 1);
}

static bool has_codes(const struct combos *c, uint32_t combo, const uint32_t *codes)
{
    const uint32_t *own = combos_codes(c, combo);
    for (uint32_t d = 0; d < c->dims; d++)
        if (own[d] != codes[d])
            return false;
    return true;
}

// The slot of these codes, or the empty one where they would go.
static uint32_t find(const struct combos *c, const uint32_t *codes)
{
    uint32_t at = slot_of(c, codes);
    while (c->slots[at] && !has_codes(c, c->slots[at] - 1, codes))
        at = (at + 1) & (c->slot_count - 1);
    return at;
}

static void *resize(void *at, size_t count)
{
    void *p = realloc(at, count * sizeof(uint32_t) + 1);
    CHECK(p != NULL);
    return p;
}

static void grow(struct combos *c)
{
    CHECK(c->cap <= UINT32_MAX / 4);
    c->cap = c->cap ? 2 * c->cap : COMBOS_FIRST;
    c->codes = resize(c->codes, (size_t)c->cap * c->dims);
    c->holds = resize(c->holds, c->cap);
    c->unused = resize(c->unused, c->cap);
    c->slot_count = 2 * c->cap;
    free(c->slots);
    c->slots = calloc(c->slot_count, sizeof *c->slots);
    CHECK(c->slots != NULL);
}

// Puts those that are held into new slots; the others are free to be given out.
static void make_room(struct combos *c)
{
    c->unused_count = 0;
    for (uint32_t i = c->count; i-- > 0;)
        if (c->holds[i] == 0)
            c->unused[c->unused_count++] = i;
    // Growing also when few are free, so that this is not done for every new combo.
    if (c->unused_count <= c->cap / 2)
        grow(c);
    else
        memset(c->slots, 0, c->slot_count * sizeof *c->slots);
    for (uint32_t i = 0; i < c->count; i++)
        if (c->holds[i])
            c->slots[find(c, combos_codes(c, i))] = i + 1;
}

uint32_t combos_add(struct combos *c, const uint32_t *codes)
{
    if (c->last < c->count && has_codes(c, c->last, codes) && c->holds[c->last])
        return c->last;
    uint32_t at = c->slot_count ? find(c, codes) : 0;
    if (c->slot_count && c->slots[at]) {
        c->last = c->slots[at] - 1;
        return c->last;
    }
    if (c->unused_count == 0 && c->count == c->cap) {
        make_room(c);
        at = find(c, codes);
    }
    uint32_t combo = c->unused_count ? c->unused[--c->unused_count] : c->count++;
    c->slots[at] = combo + 1;
    c->holds[combo] = 0;
    if (c->dims)
        memcpy(c->codes + (size_t)combo * c->dims, codes, c->dims * sizeof *codes);
    c->last = combo;
    return combo;
}
