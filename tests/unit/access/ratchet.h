// SPDX-License-Identifier: Apache-2.0
#pragma once

// A directory with keys, a catalogue of two founding administrators, and a ratchet.

#include "access/access.h"
#include "access/ratchet.h"
#include "unit/server/place.h"

struct ratchet_place {
    struct place place;
    char access[96];
    struct world dir;
    struct key_ring *ring;
    struct ratchet *ratchet;
};

int64_t ratchet_now(void); // the test's clock
void ratchet_wait(int64_t ms);
void ratchet_place_make(struct ratchet_place *p);
void ratchet_place_drop(struct ratchet_place *p);
enum err ratchet_place_reopen(struct ratchet_place *p, struct fault *why);
// SQL by hand, as somebody with the file would.
void ratchet_place_sql(const struct ratchet_place *p, const char *sql);
struct ratchet_change ratchet_policy(const char *who, const char *text);
