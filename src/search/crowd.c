// SPDX-License-Identifier: Apache-2.0
#include "search/crowd.h"

enum { FLOOR_SPREAD = 3 }; // a floor is 0, 1 or 2 subjects higher than declared

static uint32_t kept_max(const struct crowd *c)
{
    return c->floor + CROWD_MORE;
}

bool crowd_reserve(struct crowd *c, struct room *room, uint32_t buckets)
{
    if (c->floor == 0)
        return true;
    uint32_t *counts = room_grow(room, c->counts, &c->counts_cap, buckets, sizeof *counts);
    if (!counts)
        return false;
    c->counts = counts;
    uint64_t *prints = room_grow(room, c->prints, &c->prints_cap, c->counts_cap, sizeof *c->prints);
    if (!prints)
        return false;
    c->prints = prints;
    size_t need = c->counts_cap * kept_max(c);
    uint64_t *seen = room_grow(room, c->seen, &c->seen_cap, need, sizeof *seen);
    if (!seen)
        return false;
    c->seen = seen;
    return true;
}

// The largest goes first, where it is looked at with every row.
static void put_largest_first(uint64_t *seen, uint32_t count)
{
    uint32_t largest = 0;
    for (uint32_t i = 1; i < count; i++)
        if (seen[i] > seen[largest])
            largest = i;
    uint64_t moved = seen[0];
    seen[0] = seen[largest];
    seen[largest] = moved;
}

static void note(struct crowd *c, uint32_t bucket, uint64_t subject)
{
    uint32_t count = c->counts[bucket];
    uint64_t *seen = c->seen + (size_t)bucket * kept_max(c);
    bool is_full = count == kept_max(c);
    if (is_full && subject >= seen[0])
        return;
    for (uint32_t i = 0; i < count; i++)
        if (seen[i] == subject)
            return;
    if (is_full) {
        seen[0] = subject;
        put_largest_first(seen, count);
        return;
    }
    seen[count] = subject;
    c->counts[bucket]++;
    put_largest_first(seen, count + 1);
}

void crowd_see_many(struct crowd *c, const uint32_t *buckets, const uint64_t *subjects,
                    uint32_t count)
{
    uint32_t most = kept_max(c);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bucket = buckets[i];
        uint64_t subject = subjects[i];
        if (bucket == UINT32_MAX)
            continue;
        c->prints[bucket] += subject; // SUBJECT_NONE too: it is a row like others
        // Of nearly every row nothing else is to be known.
        bool is_far = c->counts[bucket] == most && subject >= c->seen[(size_t)bucket * most];
        if (!is_far && subject != SUBJECT_NONE)
            note(c, bucket, subject);
    }
}

void crowd_see_all(struct crowd *c, const uint64_t *subjects, uint32_t count)
{
    uint64_t print = 0;
    uint64_t largest = c->counts[0] == kept_max(c) ? c->seen[0] : SUBJECT_NONE;
    for (uint32_t i = 0; i < count; i++) {
        print += subjects[i];
        if (subjects[i] >= largest)
            continue;
        note(c, 0, subjects[i]);
        largest = c->counts[0] == kept_max(c) ? c->seen[0] : SUBJECT_NONE;
    }
    c->prints[0] += print;
}

void crowd_see(struct crowd *c, uint32_t bucket, uint64_t subject)
{
    crowd_see_many(c, &bucket, &subject, 1);
}

void crowd_add(struct crowd *c, uint32_t bucket, const struct crowd *from, uint32_t from_bucket)
{
    c->prints[bucket] += from->prints[from_bucket];
    for (uint32_t i = 0; i < from->counts[from_bucket]; i++)
        note(c, bucket, from->seen[(size_t)from_bucket * kept_max(from) + i]);
}

void crowd_merge(struct crowd *c, struct room *room, const struct crowd *from, const uint32_t *map)
{
    for (uint32_t b = 0; c->floor && b < from->counts_cap; b++) {
        bool has_any = from->counts[b] || from->prints[b];
        uint32_t to = map && has_any ? map[b] : b;
        if (has_any && !crowd_reserve(c, room, to + 1))
            return;
        if (has_any)
            crowd_add(c, to, from, b);
    }
}

// Drawn from who is in it: the same few always meet the same floor.
static uint32_t floor_of(const struct crowd *c, uint32_t bucket)
{
    if (!c->key)
        return c->floor;
    uint64_t all = 0;
    for (uint32_t i = 0; i < c->counts[bucket]; i++)
        all ^= c->seen[(size_t)bucket * kept_max(c) + i];
    return c->floor + (uint32_t)(veil_subject(c->key, all) % FLOOR_SPREAD);
}

bool crowd_is_enough(const struct crowd *c, uint32_t bucket)
{
    if (c->floor == 0)
        return true;
    if (bucket >= c->counts_cap || c->counts[bucket] < c->floor)
        return false;
    return c->counts[bucket] >= c->floor + FLOOR_SPREAD || c->counts[bucket] >= floor_of(c, bucket);
}

bool crowd_is_full(const struct crowd *c, uint32_t bucket)
{
    return c->floor == 0 || (bucket < c->counts_cap && c->counts[bucket] == kept_max(c));
}

// The k-th smallest of n numbers that are spread evenly lies near k / n of the way.
double crowd_size(const struct crowd *c, uint32_t bucket)
{
    if (c->floor == 0 || bucket >= c->counts_cap)
        return 0;
    uint32_t count = c->counts[bucket];
    if (count < kept_max(c))
        return count;
    double largest = (double)c->seen[(size_t)bucket * kept_max(c)] * 0x1p-64;
    double size = (count - 1) / largest;
    return size > count ? size : count;
}

struct veil crowd_veil(const struct crowd *c, uint32_t bucket)
{
    if (c->floor == 0 || !c->key || bucket >= c->counts_cap)
        return (struct veil){0};
    double size = crowd_size(c, bucket);
    return (struct veil){
        .key = c->key, .print = c->prints[bucket], .share = size > c->floor ? c->floor / size : 1};
}
