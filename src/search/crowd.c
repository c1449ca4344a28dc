// SPDX-License-Identifier: Apache-2.0
#include "search/crowd.h"

bool crowd_reserve(struct crowd *c, struct room *room, uint32_t buckets)
{
    if (c->floor == 0)
        return true;
    uint32_t *counts = room_grow(room, c->counts, &c->counts_cap, buckets, sizeof *counts);
    if (!counts)
        return false;
    c->counts = counts;
    size_t need = c->counts_cap * c->floor;
    uint64_t *seen = room_grow(room, c->seen, &c->seen_cap, need, sizeof *seen);
    if (!seen)
        return false;
    c->seen = seen;
    return true;
}

void crowd_see(struct crowd *c, uint32_t bucket, uint64_t subject)
{
    uint32_t count = c->counts[bucket];
    if (count == c->floor || subject == SUBJECT_NONE)
        return;
    uint64_t *seen = c->seen + (size_t)bucket * c->floor;
    for (uint32_t i = 0; i < count; i++)
        if (seen[i] == subject)
            return;
    seen[count] = subject;
    c->counts[bucket]++;
}

void crowd_merge(struct crowd *c, struct room *room, const struct crowd *from, const uint32_t *map)
{
    for (uint32_t b = 0; c->floor && b < from->counts_cap; b++) {
        uint32_t to = map && from->counts[b] ? map[b] : b;
        if (from->counts[b] && !crowd_reserve(c, room, to + 1))
            return;
        for (uint32_t i = 0; i < from->counts[b]; i++)
            crowd_see(c, to, from->seen[(size_t)b * from->floor + i]);
    }
}

bool crowd_is_enough(const struct crowd *c, uint32_t bucket)
{
    return c->floor == 0 || (bucket < c->counts_cap && c->counts[bucket] == c->floor);
}
