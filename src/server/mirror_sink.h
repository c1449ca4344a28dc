// SPDX-License-Identifier: Apache-2.0
#pragma once

// Between a source and the hub: raw rows through the sieve, cut into changesets.
//
// When to cut: at a commit, once there are CUT_ROWS, CUT_SMALL_BYTES or CUT_AFTER_US of
// it; when the source has no more for now; and in the middle of a transaction only when it
// would outgrow a changeset (see mirror_source.h).  One thread.

#include "policy/sieve.h"
#include "server/mirror_hub.h"
#include "server/mirror_state.h"
#include "source/source.h"

enum {
    CUT_ROWS = 4096,
    CUT_SMALL_BYTES = 1 << 20,
    CUT_AFTER_US = 20 * 1000,
    CUT_BYTES = 6 << 20,   // a part of something large; far below LIMIT_CHANGESET_BYTES,
                           // as sieve_bytes() is an estimate
    CUT_PART_ROWS = 16384, // their distinct values fit the processor's caches
};

struct mirror_sink {
    struct sieve *sieve;
    struct mirror_hub *hub;
    struct mirror_state *state;
    uint32_t source;
    uint64_t epoch;
    struct arena *batch;
    const struct source_table *tables; // as the source was told

    struct position position; // of the last whole transaction handed in
    bool resets;              // the next changeset is the first of a copy
    bool has_moved;           // position moved since the last cut
    bool in_transaction;      // rows since the last commit
    bool cannot_replay;       // the open transaction had a move with unchanged values
    int64_t first_us;         // when the first thing since the last cut came; 0 none
};

// The functions of `out` work on `sink`, which must stay where it is.
void mirror_sink_attach(struct mirror_sink *sink, struct source_sink *out);

// Sends what there is, as one changeset, with the sink's position.
enum err mirror_sink_cut(struct mirror_sink *sink, struct fault *why);
