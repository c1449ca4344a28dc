// SPDX-License-Identifier: Apache-2.0
#include "search/ords.h"

#include "base/check.h"

// Slots are asked from memory so many pairs before they are looked at.
enum { AHEAD = 12 };

void ords_init(struct ords *o, struct room *room, uint64_t parent_bound, uint64_t key_bound)
{
    *o = (struct ords){.room = room};
    if (parent_bound == 0 || key_bound == 0 || key_bound > ORDS_DIRECT_MAX ||
        parent_bound > ORDS_DIRECT_MAX / key_bound)
        return;
    o->key_bound = key_bound;
    o->bound = parent_bound * key_bound;
}

static size_t slot_of(const struct ords *o, uint32_t parent, uint64_t key)
{
    // Multiply and fold: the upper half of the product depends on every bit of the key.
    uint64_t h = (key ^ (uint64_t)parent * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    return (h ^ h >> 32) & (o->slot_count - 1);
}

static bool rehash(struct ords *o)
{
    size_t slot_count = o->slot_count ? 2 * o->slot_count : 1024;
    uint32_t *slots = room_alloc(o->room, slot_count * sizeof *slots);
    if (!slots)
        return false;
    o->slots = slots;
    o->slot_count = slot_count;
    for (uint32_t ord = 0; ord < o->count; ord++) {
        size_t at = slot_of(o, o->parents[ord], o->keys[ord]);
        while (slots[at])
            at = (at + 1) & (slot_count - 1);
        slots[at] = ord + 1;
    }
    return true;
}

static bool reserve(struct ords *o, uint32_t more)
{
    size_t need = (size_t)o->count + more;
    uint64_t *keys = room_grow(o->room, o->keys, &o->keys_cap, need, sizeof *keys);
    uint32_t *parents = room_grow(o->room, o->parents, &o->parents_cap, need, sizeof *parents);
    if (keys)
        o->keys = keys;
    if (parents)
        o->parents = parents;
    if (!keys || !parents || need >= ORD_NONE)
        return false;
    while (2 * need > o->slot_count)
        if (!rehash(o))
            return false;
    return true;
}

static uint32_t hashed_add(struct ords *o, uint32_t parent, uint64_t key)
{
    size_t at = slot_of(o, parent, key);
    for (; o->slots[at]; at = (at + 1) & (o->slot_count - 1)) {
        uint32_t ord = o->slots[at] - 1;
        if (o->keys[ord] == key && o->parents[ord] == parent)
            return ord;
    }
    o->keys[o->count] = key;
    o->parents[o->count] = parent;
    o->slots[at] = ++o->count;
    return o->count - 1;
}

static void fetch_slot(const struct ords *o, const uint32_t *parents, const uint64_t *keys,
                       uint32_t at, uint32_t count)
{
    if (at < count)
        __builtin_prefetch(&o->slots[slot_of(o, parents[at], keys[at])]);
}

bool ords_add_many(struct ords *o, const uint32_t *parents, const uint64_t *keys, uint32_t count,
                   uint32_t *out)
{
    if (ords_is_direct(o)) {
        uint32_t bound = (uint32_t)o->key_bound;
        for (uint32_t i = 0; i < count; i++) {
            DCHECK(keys[i] < bound && parents[i] < o->bound / bound);
            out[i] = parents[i] * bound + (uint32_t)keys[i];
        }
        return true;
    }
    if (!reserve(o, count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        fetch_slot(o, parents, keys, i + AHEAD, count);
        // Neighbours are often alike: time goes on slowly, and groups come in runs.
        bool again = i > 0 && keys[i] == keys[i - 1] && o->parents[out[i - 1]] == parents[i];
        out[i] = again ? out[i - 1] : hashed_add(o, parents[i], keys[i]);
    }
    return true;
}

uint32_t ords_find(const struct ords *o, uint32_t parent, uint64_t key)
{
    if (parent == ORD_NONE)
        return ORD_NONE;
    if (ords_is_direct(o)) {
        uint64_t ord = (uint64_t)parent * o->key_bound + key;
        return key < o->key_bound && ord < o->bound ? (uint32_t)ord : ORD_NONE;
    }
    if (o->slot_count == 0)
        return ORD_NONE;
    for (size_t at = slot_of(o, parent, key); o->slots[at]; at = (at + 1) & (o->slot_count - 1)) {
        uint32_t ord = o->slots[at] - 1;
        if (o->keys[ord] == key && o->parents[ord] == parent)
            return ord;
    }
    return ORD_NONE;
}

// A counting sort of the ordinals by their parents, once.
static bool sort_by_parent(struct ords *o)
{
    for (uint32_t ord = 0; ord < o->count; ord++)
        if (o->parents[ord] >= o->parent_count)
            o->parent_count = o->parents[ord] + 1;
    o->first = room_alloc(o->room, sizeof *o->first * ((size_t)o->parent_count + 2));
    o->sorted = room_alloc(o->room, sizeof *o->sorted * ((size_t)o->count + 1));
    if (!o->first || !o->sorted)
        return false;
    for (uint32_t ord = 0; ord < o->count; ord++)
        o->first[o->parents[ord] + 2]++;
    for (uint32_t p = 2; p < o->parent_count + 2; p++)
        o->first[p] += o->first[p - 1];
    for (uint32_t ord = 0; ord < o->count; ord++)
        o->sorted[o->first[o->parents[ord] + 1]++] = ord;
    return true;
}

static bool list_one(struct ords *o, uint64_t key, uint32_t ord, const uint64_t *counts,
                     size_t counts_len, uint32_t *count)
{
    if (ord >= counts_len || counts[ord] == 0)
        return true;
    struct ords_entry *e =
        room_grow(o->room, o->entries, &o->entries_cap, (size_t)*count + 1, sizeof *e);
    if (!e)
        return false;
    o->entries = e;
    e[(*count)++] = (struct ords_entry){.key = key, .count = counts[ord], .ord = ord};
    return true;
}

static bool list_direct(struct ords *o, uint32_t parent, const uint64_t *counts, size_t counts_len,
                        uint32_t *count)
{
    uint64_t base = (uint64_t)parent * o->key_bound;
    for (uint64_t key = 0; key < o->key_bound && base + key < o->bound; key++)
        if (!list_one(o, key, (uint32_t)(base + key), counts, counts_len, count))
            return false;
    return true;
}

static bool list_hashed(struct ords *o, uint32_t parent, const uint64_t *counts, size_t counts_len,
                        uint32_t *count)
{
    if (!o->first && !sort_by_parent(o))
        return false;
    if (parent >= o->parent_count)
        return true;
    for (uint32_t i = o->first[parent]; i < o->first[parent + 1]; i++) {
        uint32_t ord = o->sorted[i];
        if (!list_one(o, o->keys[ord], ord, counts, counts_len, count))
            return false;
    }
    return true;
}

bool ords_list(struct ords *o, uint32_t parent, const uint64_t *counts, size_t counts_len,
               const struct ords_entry **out, uint32_t *out_count)
{
    uint32_t count = 0;
    bool ok = true;
    if (parent != ORD_NONE)
        ok = ords_is_direct(o) ? list_direct(o, parent, counts, counts_len, &count)
                               : list_hashed(o, parent, counts, counts_len, &count);
    *out = o->entries;
    *out_count = count;
    return ok;
}
