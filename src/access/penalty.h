// SPDX-License-Identifier: Apache-2.0
#pragma once

// Slowing of strangers per source address, in the manner of OpenSSH's PerSourcePenalties.
//
// What an address does wrong adds to what it owes, by kind; time pays it off.  There are two
// accounts:
//
//     guesses   wrong passwords, keys and codes.  While it acts, names with passwords from there
//               are not looked at; a right API key is, as nobody guesses 128 bits.
//     noise     asking without any credential, and what is neither TLS nor HTTP.  While it acts,
//               asking without a credential is refused sooner; whoever shows a right one is let in.
//
// So somebody's noise behind the same address locks nobody out who has a credential, and somebody's
// guesses nobody who has a key.  From PENALTY_ACT_MS owed an account acts until all of it is paid,
// and no address ever owes more than a cap.  An IPv6 caller commands at least a /64, so that is
// what counts as one address there.
//
// The table is of fixed size: PENALTY_SETS sets of PENALTY_WAYS places, chosen by a hash
// that strangers cannot foresee.  When a set is full, the address that owes least makes
// room: more addresses than places weaken the slowing, and never lock anybody out.
// Not for two threads at once.

#include "base/slice.h"

enum penalty_kind {
    PENALTY_CREDENTIAL, // a wrong password or key
    PENALTY_CODE,       // a wrong code of an authenticator
    PENALTY_SILENT,     // no credential
    PENALTY_MALFORMED,  // no TLS, a handshake that failed, or no HTTP
    PENALTY_KIND_COUNT
};

enum penalty_account { PENALTY_GUESSES, PENALTY_NOISE, PENALTY_ACCOUNT_COUNT };

enum {
    PENALTY_CREDENTIAL_MS = 5 * 1000,
    PENALTY_CODE_MS = 5 * 1000,
    PENALTY_SILENT_MS = 100, // many clients begin so with every request
    PENALTY_MALFORMED_MS = 500,
    PENALTY_ACT_MS = 15 * 1000,
    PENALTY_GUESSES_CAP_MS = 600 * 1000,
    PENALTY_NOISE_CAP_MS = 60 * 1000,
    PENALTY_SETS = 1024,
    PENALTY_WAYS = 8,
};

struct penalty_owed {
    int64_t paid_off_ms; // when nothing is owed any more; 0: nothing ever was
    bool acts;
};

struct penalty {
    uint8_t source[16]; // IPv4 in its mapped form, IPv6 with the lower half 0
    struct penalty_owed owed[PENALTY_ACCOUNT_COUNT];
};

struct penalty_stats {
    uint64_t of[PENALTY_KIND_COUNT]; // since the start
    uint64_t refused;                // requests, for what was owed
    uint32_t sources, acting;        // that owe something now; of them, held off
};

struct penalties {
    uint64_t seed;
    uint64_t of[PENALTY_KIND_COUNT], refused;
    struct penalty table[PENALTY_SETS][PENALTY_WAYS];
};

const char *penalty_kind_name(enum penalty_kind k); // "credential"

void penalties_init(struct penalties *p, uint64_t seed);
// How long `address` must hold off; 0: not at all.
int64_t penalty_wait_ms(const struct penalties *p, enum penalty_account account,
                        struct slice address, int64_t now_ms);
void penalty_add(struct penalties *p, enum penalty_kind kind, struct slice address, int64_t now_ms);
void penalties_stats(const struct penalties *p, int64_t now_ms, struct penalty_stats *out);
// Of this machine: where its own doctor, probe and checks of health come from.  Their noise is
// none.
bool penalty_is_own(struct slice address);
