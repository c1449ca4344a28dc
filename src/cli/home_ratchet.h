// SPDX-License-Identifier: Apache-2.0
#pragma once

// The ledger of the ratchet of DIR, beside a running server or without one, for the verbs that
// propose and approve.

#include "access/ratchet.h"
#include "base/arena.h"
#include "keys/key_ring.h"

struct home_ratchet {
    const char *directory;
    struct world dir; // dir.dir -1: not open
    struct key_ring *ring;
    struct ratchet *ratchet;
};

enum err home_ratchet_open(const char *directory, struct home_ratchet *out, struct fault *why);
void home_ratchet_close(struct home_ratchet *h); // also of one whose opening failed

// The proposal that a word of the command line names.  ERR_NOT_FOUND; ERR_INVALID: `word` NULL.
enum err home_ratchet_proposal(const struct home_ratchet *h, const char *word, int64_t *out,
                               struct fault *why);

// How to approve it, for whoever proposed it.
void home_ratchet_tell(const struct home_ratchet *h, int64_t seq, const char *verb,
                       struct buf *out);

// The running server looks again; without one, its next start does.
void home_tell_server(const char *directory, struct arena *scratch);
