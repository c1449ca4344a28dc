// SPDX-License-Identifier: Apache-2.0
#pragma once

// The store: every table's rows in columns, durable and searchable.
//
//   append ──▶ log (one record a changeset) ──commit: fdatasync──▶ memory part ──▶ view
//                                                                     │ full
//                                                 segment file ◀──────┘  (background)
//                                                 manifest, atomically; log trimmed
//
// One thread writes (append, commit, maintain's hand-over); any thread takes
// snapshots.  A changeset is visible only once it is on disk, whole, and together
// with all before it.  After any crash the store is in the state of some committed
// prefix that holds everything acknowledged.
//
// Sources' positions live in the same log records as their rows.

#include "base/buf.h"
#include "base/world.h"
#include "data/schema.h"
#include "policy/admit.h"
#include "store/units.h"
#include "store/view.h"

struct store;

struct store_listener;

#define STORE_LAYER_STAYS UINT32_MAX

// Under which layer the pseudonyms of each kind are to be (keys/layer.h), and who puts them there.
struct store_relayer {
    const char *kind;
    uint32_t from, to; // generations
    uint32_t count;
    uint8_t (*values)[16]; // in and out
};

struct store_layers {
    void *context;
    // STORE_LAYER_STAYS: a kind that nobody asks for any more.
    uint32_t (*generation)(void *context, const char *kind);
    enum err (*convert)(void *context, const struct store_relayer *q, struct fault *why);
};

struct store_options {
    uint32_t seal_rows;           // memory part is written out at so many rows (0: 1 Mi)
    uint64_t log_bytes_max;       // ... or when the log has grown to this (0: 256 MiB)
    uint32_t rest_rows;           // ... or, while nothing comes, at so many of a table (0: 32 Ki)
    uint32_t merge_fan_in;        // so many neighbours of like size become one (0: 8)
    uint64_t attribute_bytes_max; // memory for attributes (attribute.h) (0: a quarter of the next)
    // That segments may take in memory, less what is kept beside them (struct store_memory); 0:
    // two fifths of the machine's.
    uint64_t memory_bytes;
    uint32_t group_blocks; // blocks of a unit of them, a power of two (0: what suits a table)
    bool background;       // a thread of its own seals and merges; else store_maintain() does
    // As store_listen(), and told of what the log brings at opening; NULL: nobody listens.
    const struct store_listener *listener;
    // Pseudonyms of another generation are changed before the store is opened (rekey.c); NULL:
    // they stay as they are.
    const struct store_layers *layers;
};

// Opens or makes the store in `w`'s directory; replays the log.  A table whose
// stored shape differs from the schema's is emptied, with its source's position
// back at PHASE_NONE (the source is copied again); of a pushed table columns may be gone, which
// leave the disk before anything else (narrow.c).  ERR_CORRUPT names file and place.
enum err store_open(const struct world *w, const struct schema *s,
                    const struct store_options *options, struct store **out, struct fault *why);
// NULL is fine; nothing is lost without it.  Every snapshot must have been freed.
void store_close(struct store *st);

// Checks `a` against the store (codes, keys, limits) and puts it into the log's
// buffer.  Failing changes nothing.
enum err store_append(struct store *st, const struct admitted *a, struct fault *why);

// What became of a row of a changeset.
enum store_outcome {
    OUTCOME_NOTHING,  // ROW_CREATE of a key that was there; update or delete of one that was not
    OUTCOME_CAME,     // no row had this key
    OUTCOME_REPLACED, // one had it
    OUTCOME_WENT,     // deleted
    OUTCOME_SAME,     // ROW_EDIT, ROW_EDIT_PUT: the row was so already
    OUTCOME_COUNT
};

// Of each row, batch after batch, as many as the changeset has.
struct store_told {
    uint8_t *outcomes; // enum store_outcome
    // The row's number (row_number() in view.h), or, where it did not come, that of the row that
    // is there instead; STORE_NO_ROW where there is none.  Of a delete: the next row's.
    uint64_t *numbers;
};

#define STORE_NO_ROW UINT64_MAX

// The same, and tells what became of each row.
enum err store_append_told(struct store *st, const struct admitted *a,
                           const struct store_told *told, struct fault *why);

// The number of the row with this key, as the next append will find it; STORE_NO_ROW: there is
// none.  For the thread that writes.
uint64_t store_find(struct store *st, uint32_t table, struct row_key key);
// Row numbers are those of one opening, begun at this time in ms: a number and this together
// never come again for another state of a row.  Any thread.
uint64_t store_term(const struct store *st);

// Makes all that was appended durable, then visible.  After an ERR_IO here the store
// refuses every later append and commit (what is on disk is not known): reopen.
enum err store_commit(struct store *st, struct fault *why);

// For the writer, now and then, also while nothing comes: has what is in memory sealed when
// nothing was committed for some seconds and it is enough to be worth a segment, because rows of a
// segment are found and counted faster.  Nothing may be pending.  Only with `background`.
void store_rest(struct store *st);

// Position of a source; phase PHASE_NONE and the rest 0 when it never had one.
void store_position(struct store *st, const char *source, struct position *out);

// Does one step of sealing or merging if one is due (tests; without background).
enum err store_maintain(struct store *st, bool *out_did, struct fault *why);

struct store_table_stats {
    const char *name;
    uint64_t rows;       // live
    uint64_t rows_dead;  // deleted, not merged away yet
    uint64_t bytes_disk; // segments and dictionaries
    uint64_t bytes_memory;
    uint32_t segments;
    uint64_t changes; // rows put, moved and deleted since the store was opened
    // Names file and block when some of a segment could not be read when that was last tried:
    // searches that need it fail.  Empty: none.
    char broken[FAULT_WORDS_BYTES];
};

// What the store keeps in memory beside columns, in bytes.
struct store_memory {
    uint64_t keys;         // from a row's key to its place
    uint64_t lookups;      // of tables that others refer to
    uint64_t dictionaries; // each distinct text
    uint64_t segments;     // places, checksums and ranges of blocks; which rows live
    uint64_t attributes;   // what look-ups say of rows (attribute.h)
    uint64_t kept;         // by the listener: cubes
    uint64_t memory_part;  // rows not sealed yet; bounded by seal_rows and log_bytes_max
};

struct store_stats {
    struct store_memory memory;
    uint64_t log_bytes;
    uint64_t commits;
    uint64_t syncs;
    uint64_t bytes_written;      // log, segments, dictionaries: for write amplification
    struct units_stats segments; // the budget of segments in memory
    uint32_t table_count;
    struct store_table_stats tables[256]; // LIMIT_TABLES
};

void store_stats(struct store *st, struct store_stats *out);
// Of the disk it is on.
enum err store_space(const struct store *st, uint64_t *out_bytes, uint64_t *out_free,
                     struct fault *why);

// A consistent view of all tables at the last commit.  Cheap; release it soon, as it
// keeps merged-away segments alive.
struct snapshot *store_snapshot(struct store *st);
// The same, once there is one of this version: for who has learnt of a commit from the listener,
// which is told moments before it can be seen.  Takes no core meanwhile.
struct snapshot *store_snapshot_since(struct store *st, uint64_t version);
void snapshot_free(struct snapshot *s);

// What one commit did to one table, for whoever keeps something ready from the rows
// (metric/).
struct store_delta {
    uint32_t table;
    bool cleared; // every row of `before` left (truncate, reset); `gone` is empty then
    uint32_t gone_count;
    const struct row_ref *gone; // rows live in `before` and no more in `after`
    uint32_t come_count;
    const struct row_ref *come; // rows live in `after` that this commit brought
};

// Called by the committing thread after the new view is made and before anybody else
// can see it; `before` and `after` are good until it returns.  It may read the two and
// keep references of its own data, but must not call the store.
struct store_listener {
    void *context;
    uint64_t (*bytes)(void *context); // of memory that it holds; NULL: not told; any thread
    void (*committed)(void *context, const struct snapshot *before, const struct snapshot *after,
                      const struct store_delta *deltas, uint32_t delta_count);

    // What it keeps may be stored with the segments, as bytes that only the listener knows.
    // All four or none; the last three may be called by another thread, one at a time.
    //
    // From store_open(), before the log is replayed: `at` is just what `kept` was written for.
    // `kept` is empty when there is none, and `lost` then has words if it should be there.
    void (*begin)(void *context, const struct snapshot *at, struct slice kept, const char *lost);
    // A copy of all of it, by the committing thread between two commits; NULL: keep nothing.
    void *(*hold)(void *context, const struct snapshot *at);
    void (*write)(const void *held, struct buf *out);
    void (*release)(void *held);
};

// At most one; set before the first append.
void store_listen(struct store *st, const struct store_listener *listener);
