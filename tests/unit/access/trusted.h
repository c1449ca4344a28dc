// SPDX-License-Identifier: Apache-2.0
#pragma once

// An installation's keys and catalogue, sealed, with a clock the test moves and a way to SQL by
// hand, as somebody with the file would.

#include "access/access_private.h"
#include "access/trusted.h"
#include "unit/server/place.h"

struct trusted {
    struct place place;
    struct world dir;
    struct key_ring *ring;
    struct access *access;
};

extern int64_t trusted_now_ms;

void trusted_make(struct trusted *t); // of two administrators, ann and bob, and an analyst, cy
void trusted_drop(struct trusted *t);
enum err trusted_reopen(struct trusted *t, struct fault *why);
void trusted_sql(const struct trusted *t, const char *sql);
