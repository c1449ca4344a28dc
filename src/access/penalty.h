// SPDX-License-Identifier: Apache-2.0
#pragma once

// Slowing of guesses per source address, in the manner of OpenSSH's penalties.
//
// Each failed attempt adds PENALTY_FAILURE_MS to what an address owes; time pays it
// off.  From PENALTY_ACT_MS owed the address is refused until all is paid, and it never
// owes more than PENALTY_CAP_MS.  An IPv6 caller commands at least a /64, so that is
// what counts as one address there.
//
// The table is of fixed size: PENALTY_SETS sets of PENALTY_WAYS places, chosen by a hash
// that strangers cannot foresee.  When a set is full, the address that owes least makes
// room: more addresses than places weaken the slowing, and never lock anybody out.
// Not for two threads at once.

#include "base/slice.h"

enum {
    PENALTY_FAILURE_MS = 5 * 1000,
    PENALTY_ACT_MS = 15 * 1000,
    PENALTY_CAP_MS = 600 * 1000,
    PENALTY_SETS = 1024,
    PENALTY_WAYS = 8,
};

struct penalty {
    uint8_t source[16];  // IPv4 in its mapped form, IPv6 with the lower half 0
    int64_t paid_off_ms; // when nothing is owed any more; 0: the place is free
    bool acts;
};

struct penalties {
    uint64_t seed;
    struct penalty table[PENALTY_SETS][PENALTY_WAYS];
};

void penalties_init(struct penalties *p, uint64_t seed);
// How long `address` must hold off; 0: not at all.
int64_t penalty_wait_ms(const struct penalties *p, struct slice address, int64_t now_ms);
void penalty_add(struct penalties *p, struct slice address, int64_t now_ms);
