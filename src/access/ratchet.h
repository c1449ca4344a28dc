// SPDX-License-Identifier: Apache-2.0
#pragma once

// The ratchet: what protects may be tightened by one person, and loosened by two.
//
// One ledger, in catalog.db, of every version of every protecting thing (the policy, a setting):
// who set it, proposed it, approved it, and when.  The value in force of a thing is the last one
// that was set, tightened to or approved.  Entries are only ever added; each holds the hash of
// the one before and a signature, and keys/ratchet.head says which entry is the last.  So who
// can write catalog.db but not keys/ can neither add, change, leave out nor roll back one.  (Who
// may read keys/ can do all of it; no program protects against the owner of its machine.)
//
// The signing key derives from master.key and is not the one that serve may have hashes signed
// with, so that serve cannot have an approval signed.
//
// Two persons: an administrator proposes, another approves within 24 hours.  Who became an
// administrator, or was given a new password, less than 24 hours ago is not a second person yet, or
// one could make up the other; in the first 24 hours of an installation everybody is.  Where there
// is only one administrator the second key is time: the same one may approve after 24 hours, within
// a week.
//
// Not for two threads at once.

#include "access/access.h"
#include "base/arena.h"
#include "base/world.h"
#include "keys/key_ring.h"

enum { RATCHET_KIND_BYTES = 32, RATCHET_SUBJECT_BYTES = 256, RATCHET_HASH_BYTES = 32 };

enum { RATCHET_WAIT_MS = 24 * 3600 * 1000, RATCHET_LAPSE_DAYS = 7 };

// START: how the installation was made, or set up before anything could enter.
enum ratchet_act {
    RATCHET_START = 1,
    RATCHET_TIGHTEN,
    RATCHET_PROPOSE,
    RATCHET_APPROVE,
    RATCHET_WITHDRAW,
    RATCHET_ACT_COUNT
};

const char *ratchet_act_name(enum ratchet_act a);

struct ratchet_entry {
    int64_t seq; // from 1, without gaps
    int64_t at_ms;
    int64_t due_ms; // of a proposal: from when one alone may approve; 0: never
    int64_t of;     // of an approval or withdrawal: the proposal's seq; else 0
    enum ratchet_act act;
    char kind[RATCHET_KIND_BYTES];       // "policy", "setting"
    char subject[RATCHET_SUBJECT_BYTES]; // which of the kind
    char who[PRINCIPAL_NAME_BYTES];      // a user; or "policy.yml", "tamis init"
    struct slice value;                  // the whole new value
    uint8_t hash[RATCHET_HASH_BYTES];
};

struct ratchet;

// `access` is the directory of catalog.db, `dir` DIR (for keys/ratchet.head), `ring` outlives it.
// Reads and checks every entry.  ERR_CORRUPT with the number of the first that is not as it was
// signed, or that is missing.
enum err ratchet_open(const char *access, const struct world *dir, const struct key_ring *ring,
                      struct ratchet **out, struct fault *why);
void ratchet_close(struct ratchet *r);                            // NULL is fine
void ratchet_clock(struct ratchet *r, int64_t (*clock_ms)(void)); // a test gives its own

// All entries, oldest first; good until the next change.
const struct ratchet_entry *ratchet_entries(const struct ratchet *r, uint32_t *out_count);

// The entry whose value is in force.  NULL when there is none.
const struct ratchet_entry *ratchet_in_force(const struct ratchet *r, const char *kind,
                                             const char *subject);

// A proposal that waits: neither approved, withdrawn, lapsed nor overtaken by a newer value.
bool ratchet_is_open(const struct ratchet *r, const struct ratchet_entry *proposal);

struct ratchet_change {
    const char *kind, *subject, *who;
    struct slice value;
};

// START or TIGHTEN, at once.  That it tightens is the caller's to have judged.
enum err ratchet_set(struct ratchet *r, enum ratchet_act act, const struct ratchet_change *c,
                     struct fault *why);
// Takes the place of an older open proposal on the same subject.
enum err ratchet_propose(struct ratchet *r, const struct ratchet_change *c, int64_t *out_seq,
                         struct fault *why);
// ERR_NOT_FOUND: no such open proposal.  ERR_DENIED: not a second person, or too early; the
// words say which and from when.  `who` must have shown that they are an administrator.
enum err ratchet_approve(struct ratchet *r, int64_t seq, const char *who, struct fault *why);
enum err ratchet_withdraw(struct ratchet *r, int64_t seq, const char *who, struct fault *why);
