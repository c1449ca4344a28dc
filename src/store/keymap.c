// SPDX-License-Identifier: Apache-2.0
#include "store/keymap.h"

#include "base/check.h"
#include "base/hash.h"
#include "data/push.h"

#include <stdlib.h>
#include <string.h>

// A slot:  63 ......... 40 | 39 ................ 0
//          24 bits of hash | row number            (all ones: empty)
//
// Bits of the hash: the top 10 choose the shard (but of numbered rows), the 24 below them are kept
// and, as a fraction of 2^24, say where in the shard the slot belongs.

enum {
    SHARD_BITS = 10,
    SHARDS = 1 << SHARD_BITS,
    TAG_BITS = 64 - KEYMAP_ROW_BITS,
    SHARD_SLOTS_MIN = 16,
    // Numbers of one shard before the next is its turn: as many as fill one that has grown to 9628
    // slots, so that what is full of a stretch takes 10 bytes a row.
    STRETCH = 7700,
};

#define EMPTY    UINT64_MAX
#define ROW_MASK (((uint64_t)1 << KEYMAP_ROW_BITS) - 1)

struct shard {
    uint64_t *slots; // NULL until the first key
    uint32_t size;
    uint32_t used;
};

struct keymap {
    uint64_t count;
    uint64_t slots;
    uint32_t first_size; // of a shard
    struct shard shards[SHARDS];
};

struct place {
    uint32_t shard;
    uint32_t tag;
};

static struct place place_of(struct row_key key)
{
    uint64_t h = hash_u64(key.lo ^ (key.hi << 23 | key.hi >> 41));
    uint64_t shard = h >> (64 - SHARD_BITS);
    if (push_key_is_number(key))
        shard = key.lo / STRETCH % SHARDS;
    return (struct place){
        .shard = (uint32_t)shard,
        .tag = (uint32_t)(h >> (64 - SHARD_BITS - TAG_BITS)) & ((1U << TAG_BITS) - 1),
    };
}

static uint32_t home_of(const struct shard *s, uint64_t tag)
{
    return (uint32_t)(tag * s->size >> TAG_BITS);
}

static uint32_t after(const struct shard *s, uint32_t at)
{
    return at + 1 == s->size ? 0 : at + 1;
}

struct keymap *keymap_new(void)
{
    struct keymap *m = calloc(1, sizeof *m);
    CHECK(m);
    m->first_size = SHARD_SLOTS_MIN;
    return m;
}

void keymap_reserve(struct keymap *m, uint64_t count)
{
    CHECK(m->count == 0);
    // Shards differ by a few square roots of their size; a tenth of room covers most.
    uint64_t size = count / SHARDS + count / SHARDS * 3 / 8 + SHARD_SLOTS_MIN;
    m->first_size = size < 1U << TAG_BITS ? (uint32_t)size : 1U << TAG_BITS;
}

void keymap_clear(struct keymap *m)
{
    for (uint32_t i = 0; i < SHARDS; i++)
        free(m->shards[i].slots);
    memset(m, 0, sizeof *m);
    m->first_size = SHARD_SLOTS_MIN;
}

void keymap_free(struct keymap *m)
{
    if (!m)
        return;
    keymap_clear(m);
    free(m);
}

void keymap_prefetch(const struct keymap *m, struct row_key key)
{
    struct place p = place_of(key);
    const struct shard *s = &m->shards[p.shard];
    if (s->slots)
        __builtin_prefetch(&s->slots[home_of(s, p.tag)], 1);
}

static void shard_insert(struct shard *s, uint64_t slot)
{
    uint32_t at = home_of(s, slot >> KEYMAP_ROW_BITS);
    while (s->slots[at] != EMPTY)
        at = after(s, at);
    s->slots[at] = slot;
    s->used++;
}

static void shard_grow(struct keymap *m, struct shard *s)
{
    struct shard old = *s;
    s->size = old.size ? old.size + old.size / 4 : m->first_size;
    s->used = 0;
    s->slots = malloc(s->size * sizeof *s->slots);
    CHECK(s->slots);
    memset(s->slots, 0xff, s->size * sizeof *s->slots);
    for (uint32_t i = 0; i < old.size; i++) {
        if (old.slots[i] != EMPTY)
            shard_insert(s, old.slots[i]);
    }
    m->slots += s->size - old.size;
    free(old.slots);
}

// The slot of this key in its shard; false when it is not there.
static bool shard_find(const struct shard *s, uint32_t tag, struct row_key key,
                       struct keymap_probe probe, uint32_t *out_at)
{
    if (!s->slots)
        return false;
    for (uint32_t at = home_of(s, tag); s->slots[at] != EMPTY; at = after(s, at)) {
        uint64_t slot = s->slots[at];
        if (slot >> KEYMAP_ROW_BITS != tag)
            continue;
        if (probe.has_key(probe.context, slot & ROW_MASK, key)) {
            *out_at = at;
            return true;
        }
    }
    return false;
}

uint64_t keymap_find(const struct keymap *m, struct row_key key, struct keymap_probe probe)
{
    struct place p = place_of(key);
    const struct shard *s = &m->shards[p.shard];
    uint32_t at = 0;
    return shard_find(s, p.tag, key, probe, &at) ? s->slots[at] & ROW_MASK : KEYMAP_NONE;
}

uint64_t keymap_put(struct keymap *m, struct row_key key, uint64_t row, struct keymap_probe probe)
{
    CHECK(row < ROW_MASK);
    struct place p = place_of(key);
    struct shard *s = &m->shards[p.shard];
    uint64_t slot = (uint64_t)p.tag << KEYMAP_ROW_BITS | row;
    uint32_t at = 0;
    if (shard_find(s, p.tag, key, probe, &at)) {
        uint64_t before = s->slots[at] & ROW_MASK;
        s->slots[at] = slot;
        return before;
    }
    if ((uint64_t)(s->used + 1) * 5 > (uint64_t)s->size * 4)
        shard_grow(m, s);
    shard_insert(s, slot);
    m->count++;
    return KEYMAP_NONE;
}

// Whether an entry whose home is `home` may be moved back from `at` to the gap: its home
// is not in the circular range (gap, at].
static bool may_fill(uint32_t gap, uint32_t at, uint32_t home)
{
    bool between = gap < at ? home > gap && home <= at : home > gap || home <= at;
    return !between;
}

static void shard_remove(struct shard *s, uint32_t gap)
{
    s->slots[gap] = EMPTY;
    s->used--;
    for (uint32_t at = after(s, gap); s->slots[at] != EMPTY; at = after(s, at)) {
        if (!may_fill(gap, at, home_of(s, s->slots[at] >> KEYMAP_ROW_BITS)))
            continue;
        s->slots[gap] = s->slots[at];
        s->slots[at] = EMPTY;
        gap = at;
    }
}

uint64_t keymap_take(struct keymap *m, struct row_key key, struct keymap_probe probe)
{
    struct place p = place_of(key);
    struct shard *s = &m->shards[p.shard];
    uint32_t at = 0;
    if (!shard_find(s, p.tag, key, probe, &at))
        return KEYMAP_NONE;
    uint64_t row = s->slots[at] & ROW_MASK;
    shard_remove(s, at);
    m->count--;
    return row;
}

uint64_t keymap_count(const struct keymap *m)
{
    return m->count;
}

uint64_t keymap_bytes(const struct keymap *m)
{
    return sizeof *m + m->slots * sizeof(uint64_t);
}
