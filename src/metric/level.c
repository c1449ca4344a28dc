// SPDX-License-Identifier: Apache-2.0
#include "metric/level.h"

#include "base/check.h"

#include <stdlib.h>

enum { BUCKETS_FIRST = 8, SLOTS_MIN = 4, SHRINK_AT = 8 };

static void *resize(void *at, size_t count, size_t bytes)
{
    void *p = realloc(at, count * bytes + 1);
    CHECK(p != NULL);
    return p;
}

static uint64_t spread(uint64_t v)
{
    return v * 0x9e3779b97f4a7c15u;
}

static bool is_nothing(const struct cell_count *by)
{
    return (by->count | by->matched) == 0;
}

// ---- cells of a bucket ----

static struct level_cell *slots_of(struct level_bucket *b)
{
    return b->cap <= 1 ? &b->one : b->slots;
}

// The slot of a combo, or the empty one where it would go; NULL when there is neither.
static inline struct level_cell *find_slot(struct level_bucket *b, uint32_t combo)
{
    if (b->cap <= 1)
        return b->cap && b->one.combo == combo ? &b->one : NULL;
    uint32_t mask = b->cap - 1;
    uint32_t at = (uint32_t)(spread(combo) >> 32) & mask;
    while (b->slots[at].combo != combo && b->slots[at].combo != CODE_NONE)
        at = (at + 1) & mask;
    return &b->slots[at];
}

// How many slots of `cap` may be taken before the bucket is laid out anew.
static uint32_t room(uint32_t cap)
{
    return cap <= 1 ? cap : cap / 4 * 3;
}

// Of `count` cells, with some left for more, so that this is not done for every new cell.
static uint32_t slots_for(uint32_t count)
{
    if (count <= 1)
        return 1;
    uint32_t cap = SLOTS_MIN;
    while (count > cap / 8 * 5 + cap % 8 / 2)
        cap *= 2;
    return cap;
}

static void take_over(struct level_bucket *to, const struct level_cell *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (from[i].combo == CODE_NONE || is_nothing(&from[i].by))
            continue;
        *(to->cap <= 1 ? &to->one : find_slot(to, from[i].combo)) = from[i];
        to->used++;
    }
}

// Lays the bucket out for `count` cells, without those that are nothing.
static void lay_out(struct level_bucket *b, uint32_t count)
{
    struct level_bucket anew = {.at = b->at, .cap = slots_for(count), .live = b->live};
    if (anew.cap > 1) {
        anew.slots = resize(NULL, anew.cap, sizeof *anew.slots);
        for (uint32_t i = 0; i < anew.cap; i++)
            anew.slots[i] = (struct level_cell){.combo = CODE_NONE};
    } else {
        anew.one.combo = CODE_NONE;
    }
    take_over(&anew, slots_of(b), b->cap);
    if (b->cap > 1)
        free(b->slots);
    *b = anew;
}

static struct level_cell *make_cell(struct level_bucket *b, uint32_t combo)
{
    if (b->used >= room(b->cap))
        lay_out(b, b->live + 1);
    struct level_cell *c = b->cap <= 1 ? &b->one : find_slot(b, combo);
    *c = (struct level_cell){.combo = combo};
    b->used++;
    return c;
}

// ---- buckets ----

void level_init(struct level *l)
{
    *l = (struct level){0};
}

void level_done(struct level *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->buckets[i].cap > 1)
            free(l->buckets[i].slots);
    free(l->buckets);
    free(l->slots);
    free(l->order);
    level_init(l);
}

uint64_t level_bytes(const struct level *l)
{
    uint64_t bytes = (uint64_t)l->cap * (sizeof *l->buckets + 3 * sizeof(uint32_t)); // slots: 2
    for (uint32_t i = 0; i < l->count; i++)
        bytes += l->buckets[i].cap > 1 ? l->buckets[i].cap * sizeof *l->buckets[i].slots : 0;
    return bytes;
}

// The slot of a bucket, or the empty one where it would go.
static uint32_t find_bucket(const struct level *l, int64_t at)
{
    uint32_t mask = (1u << l->slot_bits) - 1;
    uint32_t slot = (uint32_t)(spread((uint64_t)at) >> (64 - l->slot_bits));
    while (l->slots[slot] && l->buckets[l->slots[slot] - 1].at != at)
        slot = (slot + 1) & mask;
    return slot;
}

static void drop_empty(struct level *l)
{
    CHECK(l->buckets != NULL);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->buckets[i].live)
            l->buckets[kept++] = l->buckets[i];
        else if (l->buckets[i].cap > 1)
            free(l->buckets[i].slots);
    }
    if (kept < l->count)
        l->ordered = 0;
    l->count = kept;
}

static void make_room(struct level *l)
{
    if (l->count)
        drop_empty(l);
    // Growing also when little was dropped, so that this is not done for every new bucket.
    if (l->count >= l->cap / 2) {
        l->cap = l->cap ? 2 * l->cap : BUCKETS_FIRST;
        l->buckets = resize(l->buckets, l->cap, sizeof *l->buckets);
        l->order = resize(l->order, l->cap, sizeof *l->order);
    }
    free(l->slots);
    l->slots = calloc(2 * (size_t)l->cap, sizeof *l->slots);
    CHECK(l->slots != NULL);
    l->slot_bits = (uint32_t)__builtin_ctz(2 * l->cap);
    for (uint32_t i = 0; i < l->count; i++)
        l->slots[find_bucket(l, l->buckets[i].at)] = i + 1;
}

static struct level_bucket *get_bucket(struct level *l, int64_t at)
{
    if (l->last < l->count && l->buckets[l->last].at == at)
        return &l->buckets[l->last];
    uint32_t slot = l->slot_bits ? find_bucket(l, at) : 0;
    if (l->slot_bits == 0 || l->slots[slot] == 0)
        return NULL;
    l->last = l->slots[slot] - 1;
    return &l->buckets[l->last];
}

static struct level_bucket *make_bucket(struct level *l, int64_t at)
{
    if (l->count == l->cap)
        make_room(l);
    CHECK(l->count < l->cap && l->buckets && l->slots);
    l->last = l->count++;
    l->slots[find_bucket(l, at)] = l->last + 1;
    l->buckets[l->last] = (struct level_bucket){.at = at};
    return &l->buckets[l->last];
}

enum cell_change level_add(struct level *l, int64_t at, uint32_t combo, const struct cell_count *by)
{
    if (is_nothing(by))
        return CELL_STAYS;
    struct level_bucket *b = get_bucket(l, at);
    struct level_cell *c = b ? find_slot(b, combo) : NULL;
    if (!c || c->combo != combo) {
        if (l->live >= CELLS_MAX)
            return CELL_REFUSED;
        b = b ? b : make_bucket(l, at);
        c = make_cell(b, combo);
    }
    bool was_nothing = is_nothing(&c->by);
    c->by.count += by->count;
    c->by.matched += by->matched;
    if (was_nothing) { // and is something now
        b->live++;
        l->live++;
        return CELL_BEGINS;
    }
    if (!is_nothing(&c->by))
        return CELL_STAYS;
    b->live--;
    l->live--;
    if (b->cap > SLOTS_MIN && b->live < b->cap / SHRINK_AT)
        lay_out(b, b->live + 1);
    return CELL_ENDS;
}

// ---- order ----

static int compare_starts(const void *x, const void *y, void *context)
{
    const struct level_bucket *buckets = context;
    int64_t a = buckets[*(const uint32_t *)x].at;
    int64_t b = buckets[*(const uint32_t *)y].at;
    return (a > b) - (a < b);
}

// Merges the sorted buckets from `ordered` on into the sorted ones before, from behind.
static void merge_tail(struct level *l)
{
    uint32_t tail = l->count - l->ordered;
    uint32_t left = l->ordered;
    uint32_t *late = resize(NULL, tail, sizeof *late);
    memcpy(late, l->order + l->ordered, tail * sizeof *late);
    for (uint32_t to = l->count; tail > 0;) {
        bool is_early =
            left > 0 && l->buckets[l->order[left - 1]].at > l->buckets[late[tail - 1]].at;
        l->order[--to] = is_early ? l->order[--left] : late[--tail];
    }
    free(late);
}

void level_settle(struct level *l)
{
    if (l->ordered == l->count)
        return;
    bool is_sorted = true;
    for (uint32_t i = l->ordered; i < l->count; i++) {
        l->order[i] = i;
        is_sorted &= i == l->ordered || l->buckets[i - 1].at < l->buckets[i].at;
    }
    uint32_t *tail = l->order + l->ordered;
    if (!is_sorted)
        qsort_r(tail, l->count - l->ordered, sizeof *tail, compare_starts, l->buckets);
    if (l->ordered && l->buckets[*tail].at < l->buckets[tail[-1]].at)
        merge_tail(l);
    l->ordered = l->count;
}

uint32_t level_find(const struct level *l, int64_t at)
{
    CHECK(l->ordered == l->count);
    uint32_t from = 0;
    uint32_t to = l->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (l->buckets[l->order[middle]].at < at)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}
