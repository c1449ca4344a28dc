// SPDX-License-Identifier: Apache-2.0
#pragma once

// Crowds: whether a bucket is about enough different subjects to be shown.
//
// Holds up to `floor` + CROWD_MORE distinct subjects per bucket, those whose number under the
// key is smallest, and forgets the rest: more than enough is enough, and how close together the
// smallest lie says about how many there are.  Until that many are met the count is exact.
// With a key the floor is one, two or three subjects higher for some groups than for others,
// by chance drawn from who is in it: whoever brings all of a group but one along cannot tell
// from its being shown that the one is there.

#include "search/room.h"
#include "search/veil.h"

enum { CROWD_MORE = 11 }; // knows the size of a large crowd to some 30 percent

struct crowd {
    uint32_t floor;             // 0: nothing is held and every bucket is large enough
    const struct veil_key *key; // NULL: the floor is exact, and numbers are shown as they are
    uint64_t *seen;             // floor + CROWD_MORE entries per bucket, the largest first
    uint32_t *counts;           // per bucket, up to that
    uint64_t *prints;           // per bucket: the sum of its rows' subjects
    size_t seen_cap, counts_cap, prints_cap;
};

#define SUBJECT_NONE UINT64_MAX // a row about nobody

// False past the room's limit.
bool crowd_reserve(struct crowd *c, struct room *room, uint32_t buckets);
// A row of the bucket; `subject` as veil_subject() has it, or SUBJECT_NONE.
void crowd_see(struct crowd *c, uint32_t bucket, uint64_t subject);
// Rows by their bucket; UINT32_MAX: in none.
void crowd_see_many(struct crowd *c, const uint32_t *buckets, const uint64_t *subjects,
                    uint32_t count);
// Rows that are all of bucket 0.
void crowd_see_all(struct crowd *c, const uint64_t *subjects, uint32_t count);
// Adds what another has seen, whose bucket i is map[i] here (NULL: i).
void crowd_merge(struct crowd *c, struct room *room, const struct crowd *from, const uint32_t *map);
// Adds what one bucket of another has seen.
void crowd_add(struct crowd *c, uint32_t bucket, const struct crowd *from, uint32_t from_bucket);
bool crowd_is_enough(const struct crowd *c, uint32_t bucket);
// How many different subjects: exact while they are few.
double crowd_size(const struct crowd *c, uint32_t bucket);
// It holds all that it can: crowd_is_enough() stays true whoever comes.
bool crowd_is_full(const struct crowd *c, uint32_t bucket);
// What numbers of the bucket are shown under.
struct veil crowd_veil(const struct crowd *c, uint32_t bucket);
