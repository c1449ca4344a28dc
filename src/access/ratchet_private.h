// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of the ratchet share: ratchet.c keeps the ledger, ratchet_rule.c says who may
// add what.

#include "access/catalog_private.h"
#include "access/ratchet.h"

struct ratchet {
    struct catalog *catalog;
    struct world dir;
    uint8_t seed[SIGN_SEED_BYTES];
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    int64_t (*now_ms)(void);
    struct arena *values;
    struct ratchet_entry *entries;
    uint32_t count, room;
};

// Signs it, adds it, and moves the head.  `draft` has all but seq, at_ms and hash.
enum err ratchet_add(struct ratchet *r, const struct ratchet_entry *draft, struct fault *why);

// Since when `who` is a user, an administrator, and has the password (the last of these; 0: is no
// user), and how many administrators there are: whose role is the built-in `admin`, which is who
// may approve.  A role of one's own cannot have its name, and does not count.
enum err ratchet_since(struct ratchet *r, const char *who, int64_t *out_ms, struct fault *why);
enum err ratchet_admins(struct ratchet *r, int64_t *out_count, struct fault *why);
