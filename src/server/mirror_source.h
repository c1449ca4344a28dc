// SPDX-License-Identifier: Apache-2.0
#pragma once

// One source's thread: sessions, one after another, each from serve's position on.
//
//     ask position ─▶ connect, preflight ─▶ decide ─▶ [copy] ─▶ stream ─▶ any error
//          ▲                                                                 │
//          └────────────────── wait 0.2 s, doubling to 10 s ◀────────────────┘
//
// Large transactions.  A changeset is bounded, so a transaction over CUT_BYTES goes to the
// store in parts.  Parts before its commit carry the position of the transaction before
// it: after a crash the whole of it comes again, on top of the parts that are there.  Why
// that ends in the same state, although a value that PostgreSQL did not send (unchanged
// TOAST) is taken from the row in the store:
//
//   Let P be the operations already applied when the transaction is replayed from its
//   start, and look at one key and one column.  Inserts, and moves that bring every value,
//   set the column whatever was there; deletes and truncates remove the row.  If no
//   operation of P set the column, it still has the value from before the transaction, so
//   "unchanged" takes the right one.  If one did, "unchanged" may first take a value from
//   later in P, but the last operation that set it is replayed too, after that, and sets
//   it again; and a row that P removed was either removed for good, which is replayed, or
//   made again with every value.  So after the replay of P the state is what it was before
//   the replay, and the rest of the transaction starts from where it should.
//
//   A move that brings "unchanged" is the exception: it carries a value from one key to
//   another, and two of them can swap values that nothing sets again.  Once a transaction
//   has had such a move, its further parts say PHASE_COPYING: should mirror or serve die
//   before its commit, the source is copied anew.  The commit's changeset says
//   PHASE_STREAMING again.

#include "server/mirror_hub.h"
#include "server/mirror_keys.h"
#include "server/mirror_state.h"

struct mirror_source;

// All of it outlives the source.
struct mirror_source_needs {
    const struct policy *policy;
    uint32_t index; // into policy->sources
    struct mirror_keys *keys;
    struct mirror_hub *hub;
    struct mirror_state *state;
};

// Starts the thread.  ERR_IO when the system gives none.
enum err mirror_source_start(const struct mirror_source_needs *needs, struct mirror_source **out,
                             struct fault *why);

// Waits for the thread, which ends once the hub is stopping.  NULL is fine.
void mirror_source_join(struct mirror_source *m);
