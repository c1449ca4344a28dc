// SPDX-License-Identifier: Apache-2.0
#include "store/slabs.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE_BYTES = 2 << 20, WORD_BITS = 64 };

struct slab {
    uint8_t *at;
    uint32_t granules;
    uint32_t used;     // granules
    uint32_t gap_most; // no gap is longer than this; it may be shorter
    uint64_t *taken;   // a bit each granule
};

static size_t round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

static uint32_t granules_of(size_t bytes)
{
    size_t granules = round_up(bytes ? bytes : 1, SLAB_GRANULE_BYTES) / SLAB_GRANULE_BYTES;
    CHECK(granules <= UINT32_MAX);
    return (uint32_t)granules;
}

static size_t slab_bytes(const struct slab *b)
{
    return (size_t)b->granules * SLAB_GRANULE_BYTES;
}

void slabs_init(struct slabs *s, size_t slab_bytes)
{
    *s = (struct slabs){.slab_bytes = round_up(slab_bytes ? slab_bytes : 1, SLAB_GRANULE_BYTES)};
}

void slabs_done(struct slabs *s)
{
    CHECK(s->count == 0);
    free(s->items);
    *s = (struct slabs){0};
}

// ---- slabs ----

// From the system, at a multiple of a huge page's size when it holds one.
static uint8_t *map(size_t bytes)
{
    size_t spare = bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : 0;
    uint8_t *at =
        mmap(NULL, bytes + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    if (spare == 0)
        return at;
    size_t before = round_up((uintptr_t)at, HUGE_PAGE_BYTES) - (uintptr_t)at;
    if (before > 0)
        munmap(at, before);
    munmap(at + before + bytes, spare - before);
    (void)madvise(at + before, bytes, MADV_HUGEPAGE); // only a wish
    return at + before;
}

static struct slab *add_slab(struct slabs *s, size_t bytes)
{
    struct slab b = {.at = map(bytes), .granules = granules_of(bytes)};
    if (!b.at)
        return NULL;
    b.gap_most = b.granules;
    b.taken = calloc((b.granules + WORD_BITS - 1) / WORD_BITS, sizeof *b.taken);
    CHECK(b.taken != NULL);
    if (s->count == s->size) {
        s->size = s->size ? 2 * s->size : 16;
        s->items = realloc(s->items, s->size * sizeof *s->items);
        CHECK(s->items != NULL);
    }
    s->items[s->count] = b;
    s->bytes += bytes;
    return &s->items[s->count++];
}

static void drop_slab(struct slabs *s, struct slab *b)
{
    size_t bytes = slab_bytes(b);
    munmap(b->at, bytes);
    free(b->taken);
    s->bytes -= bytes;
    *b = s->items[--s->count];
}

// ---- pieces ----

static bool is_taken(const struct slab *b, uint32_t granule)
{
    return b->taken[granule / WORD_BITS] >> granule % WORD_BITS & 1;
}

static void mark(struct slab *b, uint32_t from, uint32_t count, bool taken)
{
    for (uint32_t i = from; i < from + count; i++) {
        uint64_t bit = (uint64_t)1 << i % WORD_BITS;
        b->taken[i / WORD_BITS] =
            taken ? b->taken[i / WORD_BITS] | bit : b->taken[i / WORD_BITS] & ~bit;
    }
}

// The first gap of so many granules; false, and what is learnt of gaps is kept, when there
// is none.
static bool find_gap(struct slab *b, uint32_t count, uint32_t *out)
{
    uint32_t longest = 0;
    uint32_t run = 0;
    for (uint32_t i = 0; i < b->granules; i++) {
        if (i % WORD_BITS == 0 && b->taken[i / WORD_BITS] == UINT64_MAX) {
            i += WORD_BITS - 1;
            run = 0;
            continue;
        }
        run = is_taken(b, i) ? 0 : run + 1;
        longest = run > longest ? run : longest;
        if (run == count) {
            *out = i + 1 - count;
            return true;
        }
    }
    b->gap_most = longest;
    return false;
}

static void *take_from(struct slab *b, uint32_t count)
{
    uint32_t from = 0;
    if (b->gap_most < count || b->granules - b->used < count || !find_gap(b, count, &from))
        return NULL;
    mark(b, from, count, true);
    b->used += count;
    return b->at + (size_t)from * SLAB_GRANULE_BYTES;
}

void *slabs_take(struct slabs *s, size_t bytes, size_t bytes_max)
{
    uint32_t count = granules_of(bytes);
    for (uint32_t i = 0; i < s->count; i++) {
        void *at = take_from(&s->items[i], count);
        if (at)
            return at;
    }
    size_t wanted = (size_t)count * SLAB_GRANULE_BYTES;
    size_t fresh = wanted > s->slab_bytes ? wanted : s->slab_bytes;
    if (s->bytes + fresh > bytes_max && s->bytes + wanted <= bytes_max)
        fresh = wanted; // the last one may be a small one
    if (s->bytes + fresh > bytes_max)
        return NULL;
    struct slab *b = add_slab(s, fresh);
    return b ? take_from(b, count) : NULL;
}

static bool holds(const struct slab *b, const void *at)
{
    return (uintptr_t)at - (uintptr_t)b->at < slab_bytes(b);
}

void slabs_give(struct slabs *s, const void *at, size_t bytes)
{
    uint32_t i = 0;
    while (i < s->count && !holds(&s->items[i], at))
        i++;
    CHECK(i < s->count);
    struct slab *b = &s->items[i];
    uint32_t count = granules_of(bytes);
    mark(b, (uint32_t)(((uintptr_t)at - (uintptr_t)b->at) / SLAB_GRANULE_BYTES), count, false);
    b->used -= count;
    b->gap_most = b->granules;
    if (b->used == 0)
        drop_slab(s, b);
}

bool slabs_emptiest(const struct slabs *s, const void **out_at, size_t *out_bytes)
{
    const struct slab *least = NULL;
    for (uint32_t i = 0; i < s->count; i++) {
        if (!least || s->items[i].used < least->used)
            least = &s->items[i];
    }
    if (!least)
        return false;
    *out_at = least->at;
    *out_bytes = slab_bytes(least);
    return true;
}
