// SPDX-License-Identifier: Apache-2.0
#pragma once

// Crowds: whether a bucket is about enough different subjects to be shown.
//
// Holds up to `floor` distinct subjects per bucket and forgets the rest, because more
// than enough is enough.

#include "search/room.h"

struct crowd {
    uint32_t floor;   // 0: nothing is held and every bucket is large enough
    uint64_t *seen;   // floor entries per bucket
    uint32_t *counts; // per bucket, up to floor
    size_t seen_cap, counts_cap;
};

#define SUBJECT_NONE UINT64_MAX // a row about nobody

// False past the room's limit.
bool crowd_reserve(struct crowd *c, struct room *room, uint32_t buckets);
void crowd_see(struct crowd *c, uint32_t bucket, uint64_t subject);
// Adds what another has seen, whose bucket i is map[i] here (NULL: i).
void crowd_merge(struct crowd *c, struct room *room, const struct crowd *from, const uint32_t *map);
bool crowd_is_enough(const struct crowd *c, uint32_t bucket);
