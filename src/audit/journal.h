// SPDX-License-Identifier: Apache-2.0
#pragma once

// The files of the audit log: entries appended to numbered segments, the tree over them.
//
//     thread ─▶ append: numbered, queued ─▶ the first of those that wait writes for all
//     thread ─▶ append ────────┘            (no lock is held over the write), wakes them
//
// journal_append() returns when the system has the entry: what it acknowledged survives
// the end of the process, however sudden.  A cut of power may take what was not synced
// yet; journal_sync() says when it no longer can, for all who wait with one fdatasync.
//
// A write or a sync that fails fails everybody whose entry was in it, and takes the tree
// back to before them, so numbers have no gap.  Until the file is whole again nothing is
// appended: each append tries to make it so (at most ten times a second), by cutting the
// file to what was synced and writing again what was only written, which is kept in memory
// for this.  For after a failed sync the system forgets what it could not write.
//
// Any thread may call; journal_open() and journal_close() one.

#include "audit/entry.h"
#include "audit/merkle.h"
#include "base/world.h"

struct journal;

struct journal_options {
    uint64_t segment_bytes; // a new segment begins when one is larger; 0: 8 MB
    // So many entries were once on the disk (a head was signed over them): fewer is damage,
    // not what a crash left.
    uint64_t entries_min;
    // Told of each entry of the last segment while it is opened; NULL: nobody.
    void (*seen)(void *context, const struct audit_leaf *leaf, struct slice body);
    void *seen_context;
};

// What there is: segments are in `w`'s own directory.  A torn tail of the last segment,
// which a crash leaves, is cut off; every other damage is ERR_CORRUPT with the place.
enum err journal_open(const struct world *w, const struct journal_options *o, struct journal **out,
                      struct fault *why);
void journal_close(struct journal *j); // NULL is fine; nobody may be appending

// `body` as audit_body_encode() writes it.  ERR_IO: it is not on record.
enum err journal_append(struct journal *j, struct slice body, uint64_t *out_number,
                        struct fault *why);

// Everything up to and with entry `number` is on the disk.
enum err journal_sync(struct journal *j, uint64_t number, struct fault *why);

// The tree over all that is synced.
void journal_tree(struct journal *j, struct merkle *out);

struct journal_stats {
    uint64_t entries, first, bytes, segments; // first: the oldest that is kept
    uint64_t synced;                          // entries that are
    // When the second oldest segment began: the oldest has nothing later.  0: unknown or none.
    int64_t second_ms;
    bool is_broken; // nothing can be appended now
};

void journal_stats(struct journal *j, struct journal_stats *out);

// Removes the oldest segment, which is not the last.
enum err journal_drop_first(struct journal *j, struct fault *why);
