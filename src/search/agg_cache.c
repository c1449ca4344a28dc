// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache.h"

#include "base/check.h"
#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SLOTS_MIN = 1024,
    SEEN_SLOTS = 8192,    // keys that have come by once, by their hash
    TABLES_WATCHED = 256, // of whose parts the last state is known
    LARGE_ONE_IN = 8,
};

//   slots ──▶ entry ──▶ entry        by hash, chained
//   newest ◀─▶ entry ◀─▶ entry ◀─▶ oldest   by last use
struct agg_cached {
    _Atomic uint32_t refs; // the cache's own is one of them
    enum agg_cache_kind kind;
    struct agg_cache_group group;
    bool has_group;
    uint64_t hash;
    uint64_t number;
    size_t charge;
    struct agg_cached *next; // of the slot
    struct agg_cached *newer, *older;
    size_t key_len, len;
    uint8_t at[]; // the key, then the bytes
};

struct agg_cache {
    pthread_mutex_t entries; // guards all below
    struct budget *up;
    size_t bytes_max;
    struct agg_cached **slots;
    size_t slot_count;
    struct agg_cached *newest, *oldest;
    struct agg_cache_counts counts[CACHE_KIND_COUNT];
    uint64_t seen[SEEN_SLOTS];
    uint64_t parts_hash[TABLES_WATCHED];
};

struct agg_cache *agg_cache_new(size_t bytes_max, struct budget *up)
{
    struct agg_cache *c = calloc(1, sizeof *c);
    CHECK(c);
    CHECK(pthread_mutex_init(&c->entries, NULL) == 0);
    c->bytes_max = bytes_max;
    c->up = up;
    c->slot_count = SLOTS_MIN;
    c->slots = calloc(c->slot_count, sizeof(struct agg_cached *));
    CHECK(c->slots);
    return c;
}

// ---- entries ----

struct slice agg_cached_bytes(const struct agg_cached *e)
{
    return slice_of(e->at + e->key_len, e->len);
}

uint64_t agg_cached_number(const struct agg_cached *e)
{
    return e->number;
}

void agg_cached_release(const struct agg_cached *e)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away, as -Wcast-qual asks.
    struct agg_cached *own = (struct agg_cached *)(uintptr_t)e;
    if (own && atomic_fetch_sub(&own->refs, 1) == 1)
        free(own);
}

static uint64_t hash_of(enum agg_cache_kind kind, struct slice key)
{
    return hash_bytes(key.at, key.len) + (uint64_t)kind;
}

static bool has_key(const struct agg_cached *e, enum agg_cache_kind kind, uint64_t hash,
                    struct slice key)
{
    return e->hash == hash && e->kind == kind && slice_equal(slice_of(e->at, e->key_len), key);
}

static struct agg_cached *entry_new(enum agg_cache_kind kind, struct slice key, struct slice bytes)
{
    static _Atomic uint64_t numbers;
    struct agg_cached *e = malloc(sizeof *e + key.len + bytes.len);
    CHECK(e);
    *e = (struct agg_cached){.refs = 1,
                             .kind = kind,
                             .hash = hash_of(kind, key),
                             .number = atomic_fetch_add(&numbers, 1) + 1,
                             .charge = sizeof *e + key.len + bytes.len,
                             .key_len = key.len,
                             .len = bytes.len};
    memcpy(e->at, key.at, key.len);
    if (bytes.len)
        memcpy(e->at + key.len, bytes.at, bytes.len);
    return e;
}

// ---- the lists ----

static void unlink_use(struct agg_cache *c, struct agg_cached *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
    e->newer = NULL;
    e->older = NULL;
}

static void link_newest(struct agg_cache *c, struct agg_cached *e)
{
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static struct agg_cached **place_of(struct agg_cache *c, const struct agg_cached *e)
{
    struct agg_cached **at = &c->slots[e->hash & (c->slot_count - 1)];
    while (*at != e)
        at = &(*at)->next;
    return at;
}

static void drop(struct agg_cache *c, struct agg_cached *e)
{
    *place_of(c, e) = e->next;
    unlink_use(c, e);
    struct agg_cache_counts *of = &c->counts[e->kind];
    of->evictions++;
    of->entries--;
    of->bytes -= e->charge;
    if (c->up)
        budget_give(c->up, e->charge);
    agg_cached_release(e);
}

static void grow(struct agg_cache *c)
{
    size_t slot_count = 2 * c->slot_count;
    struct agg_cached **slots = calloc(slot_count, sizeof(struct agg_cached *));
    CHECK(slots);
    for (struct agg_cached *e = c->newest; e; e = e->older) {
        struct agg_cached **slot = &slots[e->hash & (slot_count - 1)];
        e->next = *slot;
        *slot = e;
    }
    free(c->slots);
    c->slots = slots;
    c->slot_count = slot_count;
}

void agg_cache_free(struct agg_cache *c)
{
    if (!c)
        return;
    while (c->oldest)
        drop(c, c->oldest);
    pthread_mutex_destroy(&c->entries);
    free(c->slots);
    free(c);
}

static size_t bytes_now(const struct agg_cache *c)
{
    size_t bytes = 0;
    for (int i = 0; i < CACHE_KIND_COUNT; i++)
        bytes += c->counts[i].bytes;
    return bytes;
}

// Lets the oldest go until so many bytes more are allowed here and above.
static bool make_room(struct agg_cache *c, size_t charge)
{
    while (c->oldest && bytes_now(c) + charge > c->bytes_max)
        drop(c, c->oldest);
    while (c->up && !budget_take(c->up, charge)) {
        if (!c->oldest)
            return false;
        drop(c, c->oldest);
    }
    return true;
}

static struct agg_cached *find(struct agg_cache *c, enum agg_cache_kind kind, uint64_t hash,
                               struct slice key)
{
    struct agg_cached *e = c->slots[hash & (c->slot_count - 1)];
    while (e && !has_key(e, kind, hash, key))
        e = e->next;
    return e;
}

// ---- the doors ----

const struct agg_cached *agg_cache_get(struct agg_cache *c, enum agg_cache_kind kind,
                                       struct slice key)
{
    if (!c)
        return NULL;
    uint64_t hash = hash_of(kind, key);
    pthread_mutex_lock(&c->entries);
    struct agg_cached *e = find(c, kind, hash, key);
    if (e) {
        atomic_fetch_add(&e->refs, 1);
        unlink_use(c, e);
        link_newest(c, e);
    }
    *(e ? &c->counts[kind].hits : &c->counts[kind].misses) += 1;
    pthread_mutex_unlock(&c->entries);
    return e;
}

static size_t entries_now(const struct agg_cache *c)
{
    size_t entries = 0;
    for (int i = 0; i < CACHE_KIND_COUNT; i++)
        entries += c->counts[i].entries;
    return entries;
}

static void put(struct agg_cache *c, struct agg_cached *e)
{
    c->counts[e->kind].entries++;
    c->counts[e->kind].bytes += e->charge;
    if (entries_now(c) > c->slot_count)
        grow(c);
    struct agg_cached **slot = &c->slots[e->hash & (c->slot_count - 1)];
    e->next = *slot;
    *slot = e;
    link_newest(c, e);
}

void agg_cache_put(struct agg_cache *c, enum agg_cache_kind kind, struct slice key,
                   const struct agg_cache_group *group, struct slice bytes)
{
    if (!c || key.len + bytes.len > c->bytes_max / LARGE_ONE_IN)
        return;
    struct agg_cached *e = entry_new(kind, key, bytes);
    e->has_group = group != NULL;
    if (group)
        e->group = *group;
    pthread_mutex_lock(&c->entries);
    bool is_there = find(c, kind, e->hash, key) != NULL; // another search was faster
    bool fits = !is_there && make_room(c, e->charge);
    if (fits)
        put(c, e);
    pthread_mutex_unlock(&c->entries);
    if (!fits)
        agg_cached_release(e);
}

bool agg_cache_is_again(struct agg_cache *c, struct slice key)
{
    uint64_t hash = hash_bytes(key.at, key.len);
    pthread_mutex_lock(&c->entries);
    uint64_t *slot = &c->seen[hash % SEEN_SLOTS];
    bool again = *slot == hash;
    *slot = hash;
    pthread_mutex_unlock(&c->entries);
    return again;
}

static bool is_listed(const uint64_t *parts, uint32_t count, uint64_t part)
{
    for (uint32_t i = 0; i < count; i++)
        if (parts[i] == part)
            return true;
    return false;
}

static void drop_others(struct agg_cache *c, uint32_t table, const uint64_t *parts, uint32_t count)
{
    for (struct agg_cached *e = c->oldest; e;) {
        struct agg_cached *newer = e->newer;
        if (e->has_group && e->group.table == table && !is_listed(parts, count, e->group.part))
            drop(c, e);
        e = newer;
    }
}

void agg_cache_keep(struct agg_cache *c, uint32_t table, const uint64_t *parts, uint32_t count)
{
    uint64_t hash = hash_bytes(parts, count * sizeof *parts);
    pthread_mutex_lock(&c->entries);
    if (table >= TABLES_WATCHED || c->parts_hash[table] != hash)
        drop_others(c, table, parts, count);
    if (table < TABLES_WATCHED)
        c->parts_hash[table] = hash;
    pthread_mutex_unlock(&c->entries);
}

void agg_cache_stats(struct agg_cache *c, struct agg_cache_stats *out)
{
    *out = (struct agg_cache_stats){0};
    if (!c)
        return;
    pthread_mutex_lock(&c->entries);
    memcpy(out->of, c->counts, sizeof out->of);
    out->bytes_max = c->bytes_max;
    pthread_mutex_unlock(&c->entries);
}
