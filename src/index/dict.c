// SPDX-License-Identifier: Apache-2.0
#include "index/dict.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

// Values by code                              Codes by value
//
//   chunks[0]  64 entries                       slots, open addressing, a power of two:
//   chunks[1]  64 entries                         hash (32 bits) | code + 1 (32 bits)
//   chunks[2]  128                                0 = empty
//   ...        doubling up to 1 Mi              The place of a value is the topmost bits of its
//   chunks[k]  1 Mi entries each                hash, so growing moves slots in order and never
//                                               touches a value.
//   entry: `fixed_bytes` of value, or a pointer to {length u16, bytes} in text memory
//
// Chunks are made once and never move.  An entry is written before `count` is published,
// so whoever has read a count may read every entry below it without a lock.  The slots
// are guarded by `slots_lock`; only the one writer changes them, so it reads them freely.

enum {
    CHUNK_BITS_MIN = 6,
    CHUNK_BITS_MAX = 20,
    CHUNKS_DOUBLING = CHUNK_BITS_MAX - CHUNK_BITS_MIN + 1,
    CHUNK_COUNT_MAX = CHUNKS_DOUBLING + (1 << (32 - CHUNK_BITS_MAX)),
    SLOT_BITS_MIN = 4,
    SLOT_BITS_MAX = 32,
    TEXT_BYTES_MIN = 4 << 10,
    TEXT_BYTES_MAX = 1 << 20,
    HUGE_PAGE_BYTES = 2 << 20,
    PREFETCH_AHEAD = 32,
};

struct text_block {
    struct text_block *next;
    size_t used, size; // bytes of `at`
    uint8_t at[];
};

struct dict {
    uint32_t fixed_bytes; // 0: entries are pointers
    uint32_t entry_bytes;
    _Atomic uint32_t count;
    _Atomic uint64_t bytes;
    uint8_t *chunks[CHUNK_COUNT_MAX];
    struct text_block *text; // newest first
    pthread_rwlock_t slots_lock;
    unsigned slot_bits;
    uint64_t *slots;
};

// --- values by code

static unsigned chunk_of(uint32_t code, uint32_t *out_entry)
{
    if (code >> CHUNK_BITS_MAX) {
        *out_entry = code & ((1u << CHUNK_BITS_MAX) - 1);
        return CHUNKS_DOUBLING - 1 + (code >> CHUNK_BITS_MAX);
    }
    if (!(code >> CHUNK_BITS_MIN)) {
        *out_entry = code;
        return 0;
    }
    unsigned top = 31 - (unsigned)__builtin_clz(code);
    *out_entry = code - (1u << top);
    return top - CHUNK_BITS_MIN + 1;
}

static size_t chunk_entries(unsigned chunk)
{
    if (chunk == 0)
        return (size_t)1 << CHUNK_BITS_MIN;
    if (chunk >= CHUNKS_DOUBLING)
        return (size_t)1 << CHUNK_BITS_MAX;
    return (size_t)1 << (chunk - 1 + CHUNK_BITS_MIN);
}

static uint8_t *entry_at(const struct dict *d, uint32_t code)
{
    uint32_t entry;
    unsigned chunk = chunk_of(code, &entry);
    return d->chunks[chunk] + (size_t)entry * d->entry_bytes;
}

struct slice dict_value(const struct dict *d, uint32_t code)
{
    const uint8_t *entry = entry_at(d, code);
    if (d->fixed_bytes)
        return slice_of(entry, d->fixed_bytes);
    const uint8_t *text;
    memcpy(&text, entry, sizeof text);
    uint16_t len;
    memcpy(&len, text, sizeof len);
    return slice_of(text + sizeof len, len);
}

static void count_bytes(struct dict *d, size_t more)
{
    atomic_fetch_add_explicit(&d->bytes, more, memory_order_relaxed);
}

static uint8_t *text_room(struct dict *d, size_t len)
{
    struct text_block *b = d->text;
    if (!b || b->size - b->used < len) {
        size_t size = b && b->size * 2 < TEXT_BYTES_MAX ? b->size * 2 : TEXT_BYTES_MAX;
        if (!b)
            size = TEXT_BYTES_MIN;
        if (size < len)
            size = len;
        b = malloc(sizeof *b + size);
        CHECK(b != NULL);
        *b = (struct text_block){.next = d->text, .size = size};
        d->text = b;
        count_bytes(d, sizeof *b + size);
    }
    uint8_t *at = b->at + b->used;
    b->used += len;
    return at;
}

static void write_entry(struct dict *d, uint32_t code, struct slice value)
{
    uint32_t entry;
    unsigned chunk = chunk_of(code, &entry);
    if (!d->chunks[chunk]) {
        size_t size = chunk_entries(chunk) * d->entry_bytes;
        d->chunks[chunk] = malloc(size);
        CHECK(d->chunks[chunk] != NULL);
        count_bytes(d, size);
    }
    uint8_t *at = entry_at(d, code);
    if (d->fixed_bytes) {
        memcpy(at, value.at, value.len);
        return;
    }
    uint16_t len = (uint16_t)value.len;
    uint8_t *text = text_room(d, sizeof len + value.len);
    memcpy(text, &len, sizeof len);
    if (value.len)
        memcpy(text + sizeof len, value.at, value.len);
    memcpy(at, &text, sizeof text);
}

// --- codes by value

static uint64_t *slots_new(struct dict *d, unsigned bits)
{
    size_t size = sizeof(uint64_t) << bits;
    uint64_t *slots;
    if (size >= HUGE_PAGE_BYTES) {
        slots = aligned_alloc(HUGE_PAGE_BYTES, size);
        CHECK(slots != NULL);
        (void)madvise(slots, size, MADV_HUGEPAGE); // only a wish
        memset(slots, 0, size);
    } else {
        slots = calloc(1, size);
        CHECK(slots != NULL);
    }
    count_bytes(d, size);
    return slots;
}

static uint32_t slot_hash(struct slice value)
{
    return (uint32_t)(hash_bytes(value.at, value.len) >> 32);
}

static size_t slot_first(const struct dict *d, uint32_t hash)
{
    return hash >> (32 - d->slot_bits);
}

// The slot that holds `value`, or the empty one where it belongs.
static size_t slot_find(const struct dict *d, struct slice value, uint32_t hash)
{
    size_t mask = ((size_t)1 << d->slot_bits) - 1;
    size_t i = slot_first(d, hash);
    for (;; i = (i + 1) & mask) {
        uint64_t slot = d->slots[i];
        if (slot == 0)
            return i;
        if ((uint32_t)(slot >> 32) == hash && slice_equal(dict_value(d, (uint32_t)slot - 1), value))
            return i;
    }
}

static uint32_t slot_code(const struct dict *d, size_t slot)
{
    uint64_t s = d->slots[slot];
    return s == 0 ? CODE_NONE : (uint32_t)s - 1;
}

static void slots_grow(struct dict *d)
{
    uint64_t *old = d->slots;
    size_t old_count = (size_t)1 << d->slot_bits;
    d->slots = slots_new(d, d->slot_bits + 1);
    d->slot_bits++;
    size_t mask = old_count * 2 - 1;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] == 0)
            continue;
        size_t to = slot_first(d, (uint32_t)(old[i] >> 32));
        while (d->slots[to] != 0)
            to = (to + 1) & mask;
        d->slots[to] = old[i];
    }
    free(old);
    atomic_fetch_sub_explicit(&d->bytes, old_count * sizeof *old, memory_order_relaxed);
}

// Under the write lock.  Adds `value` unless it is there.
static enum err insert(struct dict *d, struct slice value, uint32_t hash, uint32_t *out_code,
                       struct fault *why)
{
    size_t slot = slot_find(d, value, hash);
    uint32_t code = slot_code(d, slot);
    if (code == CODE_NONE) {
        code = atomic_load_explicit(&d->count, memory_order_relaxed);
        if (code >= CODE_NONE - 1)
            return fail(why, ERR_LIMIT, "a dictionary holds at most 2^32 - 2 values");
        write_entry(d, code, value);
        d->slots[slot] = (uint64_t)hash << 32 | (code + 1);
        atomic_store_explicit(&d->count, code + 1, memory_order_release);
        if (code + 1 > 3 * ((uint64_t)1 << d->slot_bits) / 4 && d->slot_bits < SLOT_BITS_MAX)
            slots_grow(d);
    }
    *out_code = code;
    return OK;
}

// --- the door

// Readers who come one after the other must not keep the writer waiting without end.
static void lock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t writer_first;
    CHECK(pthread_rwlockattr_init(&writer_first) == 0);
    CHECK(pthread_rwlockattr_setkind_np(&writer_first,
                                        PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
    CHECK(pthread_rwlock_init(lock, &writer_first) == 0);
    pthread_rwlockattr_destroy(&writer_first);
}

struct dict *dict_new(uint32_t fixed_bytes)
{
    CHECK(fixed_bytes <= LIMIT_VALUE_BYTES);
    struct dict *d = calloc(1, sizeof *d);
    CHECK(d != NULL);
    d->fixed_bytes = fixed_bytes;
    d->entry_bytes = fixed_bytes ? fixed_bytes : (uint32_t)sizeof(uint8_t *);
    count_bytes(d, sizeof *d);
    d->slot_bits = SLOT_BITS_MIN;
    d->slots = slots_new(d, SLOT_BITS_MIN);
    lock_init(&d->slots_lock);
    return d;
}

uint32_t dict_fixed_bytes(const struct dict *d)
{
    return d->fixed_bytes;
}

void dict_free(struct dict *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < CHUNK_COUNT_MAX; i++)
        free(d->chunks[i]);
    while (d->text) {
        struct text_block *next = d->text->next;
        free(d->text);
        d->text = next;
    }
    free(d->slots);
    pthread_rwlock_destroy(&d->slots_lock);
    free(d);
}

uint32_t dict_count(const struct dict *d)
{
    return atomic_load_explicit(&d->count, memory_order_acquire);
}

uint64_t dict_bytes(const struct dict *d)
{
    return atomic_load_explicit(&d->bytes, memory_order_relaxed);
}

// The lock is the one part of a dict that readers change.
static pthread_rwlock_t *lock_of(const struct dict *d)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away, as -Wcast-qual asks.
    return (pthread_rwlock_t *)((uintptr_t)d + offsetof(struct dict, slots_lock));
}

uint32_t dict_find(const struct dict *d, struct slice value)
{
    uint32_t hash = slot_hash(value);
    pthread_rwlock_rdlock(lock_of(d));
    uint32_t code = slot_code(d, slot_find(d, value, hash));
    pthread_rwlock_unlock(lock_of(d));
    return code;
}

static enum err check_value(const struct dict *d, struct slice value, struct fault *why)
{
    if (d->fixed_bytes && value.len != d->fixed_bytes)
        return fail(why, ERR_INVALID, "value of %zu bytes where each has %u", value.len,
                    d->fixed_bytes);
    if (value.len > LIMIT_VALUE_BYTES)
        return fail(why, ERR_LIMIT, "value of %zu bytes; at most %d", value.len, LIMIT_VALUE_BYTES);
    return OK;
}

enum err dict_add(struct dict *d, struct slice value, uint32_t *out_code, struct fault *why)
{
    return dict_add_many(d, &value, 1, out_code, why);
}

// Looks up without the lock what is there already; gives how many were not.
static uint32_t find_many(const struct dict *d, const struct slice *values, uint32_t count,
                          uint32_t *out_codes)
{
    uint32_t hashes[PREFETCH_AHEAD];
    uint32_t missing = 0;
    for (uint32_t from = 0; from < count; from += PREFETCH_AHEAD) {
        uint32_t n = count - from < PREFETCH_AHEAD ? count - from : PREFETCH_AHEAD;
        for (uint32_t i = 0; i < n; i++) {
            hashes[i] = slot_hash(values[from + i]);
            __builtin_prefetch(&d->slots[slot_first(d, hashes[i])]);
        }
        for (uint32_t i = 0; i < n; i++) {
            uint32_t code = slot_code(d, slot_first(d, hashes[i]));
            if (code != CODE_NONE)
                __builtin_prefetch(entry_at(d, code));
        }
        for (uint32_t i = 0; i < n; i++) {
            uint32_t code = slot_code(d, slot_find(d, values[from + i], hashes[i]));
            missing += code == CODE_NONE;
            out_codes[from + i] = code;
        }
    }
    return missing;
}

enum err dict_add_many(struct dict *d, const struct slice *values, uint32_t count,
                       uint32_t *out_codes, struct fault *why)
{
    for (uint32_t i = 0; i < count; i++) {
        enum err e = check_value(d, values[i], why);
        if (e != OK)
            return e;
    }
    if (find_many(d, values, count, out_codes) == 0)
        return OK;
    enum err e = OK;
    pthread_rwlock_wrlock(&d->slots_lock);
    for (uint32_t i = 0; i < count && e == OK; i++) {
        if (out_codes[i] == CODE_NONE)
            e = insert(d, values[i], slot_hash(values[i]), &out_codes[i], why);
    }
    pthread_rwlock_unlock(&d->slots_lock);
    return e;
}
