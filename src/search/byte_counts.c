// SPDX-License-Identifier: Apache-2.0
#include "search/byte_counts.h"

#include "base/check.h"
#include "kernel/compare.h"
#include "kernel/histogram.h"
#include "kernel/mask.h"
#include "kernel/tally.h"
#include "kernel/top.h"
#include "search/column.h"

#include <string.h>

bool byte_counts_start(struct byte_counts *b, struct room *room, uint32_t bound)
{
    b->room = room;
    b->bound = bound;
    b->bytes = room_alloc(room, bound);
    return b->bytes != NULL;
}

static bool reserve(struct byte_counts *b, size_t more)
{
    uint32_t *carries =
        room_grow(b->room, b->carries, &b->carries_cap, b->carry_count + more, sizeof *carries);
    if (carries)
        b->carries = carries;
    return carries != NULL;
}

bool byte_counts_add(struct byte_counts *b, uint32_t base, uint32_t bound, const uint32_t *buckets,
                     uint32_t count)
{
    if (!reserve(b, (size_t)count + 1))
        return false;
    uint32_t *carries = b->carries + b->carry_count;
    uint32_t more = tally_u32(buckets, count, bound, b->bytes + base, carries);
    for (uint32_t i = 0; i < more; i++)
        carries[i] += base;
    b->carry_count += more;
    return true;
}

bool byte_counts_merge(struct byte_counts *b, const struct byte_counts *from)
{
    for (uint32_t at = 0; at < b->bound; at += BLOCK_ROWS) {
        uint32_t count = b->bound - at < BLOCK_ROWS ? b->bound - at : BLOCK_ROWS;
        if (!reserve(b, count))
            return false;
        uint32_t *carries = b->carries + b->carry_count;
        uint32_t more = tally_add(from->bytes + at, count, b->bytes + at, carries);
        for (uint32_t i = 0; i < more; i++)
            carries[i] += at;
        b->carry_count += more;
    }
    if (!reserve(b, from->carry_count))
        return false;
    if (from->carry_count)
        memcpy(b->carries + b->carry_count, from->carries, from->carry_count * sizeof *b->carries);
    b->carry_count += from->carry_count;
    return true;
}

// ---- sorting ----

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

// A counting sort by one digit, which keeps the order of those that are alike in it.
static void sort_by_digit(const uint32_t *from, uint32_t count, uint32_t shift, uint32_t *to)
{
    uint32_t starts[DIGITS + 1] = {0};
    for (uint32_t i = 0; i < count; i++)
        starts[(from[i] >> shift) % DIGITS + 1]++;
    for (uint32_t d = 1; d < DIGITS; d++)
        starts[d] += starts[d - 1];
    for (uint32_t i = 0; i < count; i++)
        to[starts[(from[i] >> shift) % DIGITS]++] = from[i];
}

static void collect_runs(struct byte_counts *b)
{
    for (uint32_t i = 0; i < b->carry_count; i++) {
        if (i == 0 || b->carries[i] != b->carries[i - 1])
            b->carried[b->carried_count++] = b->carries[i];
        b->times[b->carried_count - 1]++;
    }
}

bool byte_counts_sort(struct byte_counts *b)
{
    size_t bytes = sizeof(uint32_t) * ((size_t)b->carry_count + 1);
    uint32_t *spare = room_alloc(b->room, bytes);
    b->times = room_alloc(b->room, bytes);
    if (!spare || !b->times)
        return false;
    for (uint32_t shift = 0; shift < 32 && b->bound >> shift; shift += DIGIT_BITS) {
        sort_by_digit(b->carries, b->carry_count, shift, spare);
        uint32_t *sorted = spare;
        spare = b->carries;
        b->carries = sorted;
    }
    b->carried = spare;
    b->carried_count = 0;
    collect_runs(b);
    return true;
}

// ---- reading ----

// How many of the carried buckets are below `bucket`.
static uint32_t carried_below(const struct byte_counts *b, uint64_t bucket)
{
    uint32_t lo = 0;
    uint32_t hi = b->carried_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (b->carried[mid] < bucket)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

uint64_t byte_counts_of(const struct byte_counts *b, uint32_t bucket)
{
    if (bucket >= b->bound)
        return 0;
    uint32_t at = carried_below(b, bucket);
    bool has = at < b->carried_count && b->carried[at] == bucket;
    return b->bytes[bucket] + (has ? (uint64_t)TALLY_CARRY * b->times[at] : 0);
}

void byte_counts_spread(const struct byte_counts *b, uint64_t *counts)
{
    for (uint32_t i = 0; i < b->bound; i++)
        counts[i] += b->bytes[i];
    for (uint32_t i = 0; i < b->carry_count; i++)
        counts[b->carries[i]] += TALLY_CARRY;
}

// ---- the largest ----

struct range { // of buckets, and those among them that carried
    uint32_t first, count;
    uint32_t carried_at, carried_count;
};

static uint64_t count_of_carried(const struct byte_counts *b, uint32_t at)
{
    return b->bytes[b->carried[at]] + (uint64_t)TALLY_CARRY * b->times[at];
}

struct found {
    uint32_t count;
    uint32_t *buckets;
    uint64_t *counts;
};

static void add(struct found *f, uint32_t bucket, uint64_t count)
{
    f->buckets[f->count] = bucket;
    f->counts[f->count++] = count;
}

static bool make_found(struct byte_counts *b, uint64_t size, struct found *out)
{
    *out = (struct found){.buckets = room_alloc(b->room, size * sizeof *out->buckets),
                          .counts = room_alloc(b->room, size * sizeof *out->counts)};
    return out->buckets && out->counts;
}

// What carried has more rows than all else; `found` has room for all of them.
static bool find_among_carried(struct byte_counts *b, const struct range *r, uint32_t wanted,
                               struct found *found)
{
    uint64_t *counts = room_alloc(b->room, r->carried_count * sizeof *counts);
    uint32_t *largest = room_alloc(b->room, wanted * sizeof *largest);
    if (!counts || !largest)
        return false;
    for (uint32_t i = 0; i < r->carried_count; i++)
        counts[i] = count_of_carried(b, r->carried_at + i);
    top_u64(counts, r->carried_count, wanted, largest);
    uint64_t least = counts[largest[wanted - 1]];
    for (uint32_t i = 0; i < r->carried_count; i++)
        if (counts[i] >= least)
            add(found, b->carried[r->carried_at + i], counts[i]);
    return true;
}

// The least byte that is among the `wanted` largest of those that did not carry, 1 at least; and
// how many have it or more.
static uint32_t least_byte(const struct byte_counts *b, const struct range *r, uint32_t wanted,
                           uint64_t *out_count)
{
    uint64_t having[256] = {0};
    histogram_u8(b->bytes + r->first, r->count, having);
    for (uint32_t i = 0; i < r->carried_count; i++)
        having[b->bytes[b->carried[r->carried_at + i]]]--;
    uint32_t least = 256;
    *out_count = 0;
    while (least > 1 && *out_count < wanted)
        *out_count += having[--least];
    return least;
}

static void find_bytes(const struct byte_counts *b, const struct range *r, uint32_t least,
                       struct found *found)
{
    uint64_t mask[BLOCK_WORDS];
    uint16_t rows[BLOCK_ROWS + BLOCK_SLACK];
    uint32_t carried = r->carried_at;
    for (uint32_t at = 0; at < r->count; at += BLOCK_ROWS) {
        uint32_t count = r->count - at < BLOCK_ROWS ? r->count - at : BLOCK_ROWS;
        compare_range_u8(b->bytes + r->first + at, count, (uint8_t)least, UINT8_MAX, mask);
        uint32_t few = mask_rows(mask, count, rows);
        for (uint32_t i = 0; i < few; i++) {
            uint32_t bucket = r->first + at + rows[i];
            while (carried < b->carried_count && b->carried[carried] < bucket)
                carried++;
            if (carried == b->carried_count || b->carried[carried] != bucket)
                add(found, bucket, b->bytes[bucket]);
        }
    }
}

bool byte_counts_large(struct byte_counts *b, uint32_t first, uint32_t count, uint32_t wanted,
                       struct large_counts *out)
{
    DCHECK(wanted > 0 && (uint64_t)first + count <= b->bound);
    struct range r = {first, count, carried_below(b, first), 0};
    r.carried_count = carried_below(b, (uint64_t)first + count) - r.carried_at;
    struct found found;
    bool are_carried = r.carried_count >= wanted;
    uint64_t others = 0;
    uint32_t least = are_carried ? 0 : least_byte(b, &r, wanted - r.carried_count, &others);
    if (!make_found(b, r.carried_count + others, &found) ||
        (are_carried && !find_among_carried(b, &r, wanted, &found)))
        return false;
    uint64_t rows = tally_sum(b->bytes + first, count);
    for (uint32_t i = r.carried_at; i < r.carried_at + r.carried_count; i++) {
        rows += (uint64_t)TALLY_CARRY * b->times[i];
        if (!are_carried)
            add(&found, b->carried[i], count_of_carried(b, i));
    }
    if (!are_carried)
        find_bytes(b, &r, least, &found);
    *out = (struct large_counts){found.count, found.buckets, found.counts, rows};
    return true;
}
