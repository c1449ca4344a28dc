// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of the store share.
//
// Threads.  The writer (append, commit) and at most one keeper of files (the thread of
// its own, or the writer inside store_maintain()).
//   state    guards the tables, the positions of appended changesets and what is frozen;
//            held while memory changes, never over I/O
//   publish  guards the pointer to the published snapshot and the committed positions;
//            held for a few instructions; taken last
//   jobs     guards what is asked of the keeper
// The log belongs to the writer; `image` and file numbers to the keeper.

#include "store/dict_file.h"
#include "store/kept.h"
#include "store/live_file.h"
#include "store/store.h"
#include "store/table.h"
#include "store/wal.h"

// A segment as the manifest on disk has it.
struct image_segment {
    struct entry entry; // what lived when the log was last rolled
    uint64_t live_file;
};

struct image_table {
    struct image_segment *segments;
    uint32_t segment_count;
    struct manifest_dict *dicts; // one a field
};

// What the manifest on disk says.  With the log from log_first on it is the store.
//
// It lags behind memory on purpose: a row deleted since the log was rolled still lives
// here, because replaying the log may need its values ("unchanged") before deleting it.
struct image {
    uint64_t log_first;
    uint32_t position_count;
    struct position *positions;
    struct image_table *tables;
    struct manifest_dict *subject_dicts;
    struct manifest_kept kept;
};

// The tables at the moment the log was rolled: what the next image is made of.
struct frozen_table {
    struct entry *entries;
    uint32_t entry_count;
    uint32_t *dict_counts; // one a field
};

struct freeze {
    uint64_t log_first;
    uint32_t position_count;
    struct position *positions;
    struct frozen_table *tables;
    uint32_t *subject_counts;
    void *held; // by the listener; NULL: nothing
};

// Where the sources stand.
struct position_list {
    uint32_t count;
    struct position at[MANIFEST_POSITIONS_MAX];
};

struct store {
    struct world world;
    const struct schema *schema;
    struct store_options options;
    struct store_listener listener;
    struct attribute_room attribute_room;
    struct dict **subject_dicts; // one a subject kind
    struct units *units;         // what is in memory of segments

    struct wal *log;         // the writer's
    bool is_failed;          // the log did, or see `unread`: nothing may be added
    uint32_t pending;        // changesets appended, not committed
    uint64_t log_since_roll; // bytes appended since the log was rolled
    struct arena *batch;     // of one append

    pthread_mutex_t state;
    struct table_store *tables;
    struct position_list appended;
    bool rows_touched; // by changesets not committed

    pthread_mutex_t publish;
    pthread_cond_t published_news;
    struct snapshot *published;
    struct position_list committed;

    pthread_mutex_t jobs;
    pthread_cond_t jobs_changed;
    struct freeze *freeze; // to be sealed; stays until that has worked
    bool keeper_stops;
    bool keeper_asked;  // to look for work
    bool keeper_failed; // the last job did, at that time
    int64_t keeper_failed_us;
    struct fault keeper_fault;
    struct fault unread;  // the writer's: rows that a change needed could not be read
    int64_t committed_us; // the writer's: when it last committed, or opened the store
    pthread_t keeper;
    bool has_keeper;
    uint64_t log_drop_before; // the log's files before this one may go; 0: none

    struct image *image;
    uint64_t next_file;
    // How far dictionaries are on disk, perhaps farther than the image says.
    struct manifest_dict *subject_files;
    struct manifest_dict **field_files; // [table][field]

    // Counted atomically.
    uint64_t commits;
    uint64_t syncs;
    uint64_t bytes_written;
    uint64_t log_bytes;
    uint64_t *disk_bytes; // of each table: segments
    uint32_t snapshots_alive;
    uint64_t term; // when it was opened, in ms: see store_term()
};

// NOLINTNEXTLINE(readability-non-const-parameter): changed by an atomic
static inline void count_add(uint64_t *counter, uint64_t more)
{
    __atomic_fetch_add(counter, more, __ATOMIC_RELAXED);
}

static inline uint64_t count_get(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void *store_calloc(size_t count, size_t bytes); // never NULL

// apply_changeset.c: memory part of the work; under `state`.
enum err changeset_check(const struct store *st, const struct changeset *c, struct fault *why);
// `table_of` maps the changeset's tables to the schema's (-1: skip them), NULL when same.
// `told`: as in store_append_told(), NULL when nobody asks.
void changeset_apply(struct store *st, const struct changeset *c, const int *table_of,
                     const struct store_told *told);
struct position *position_slot(struct position_list *list, const char *source); // NULL: full
const struct position *position_find(const struct position_list *list, const char *source);

// publish.c
void store_publish_first(struct store *st);
void store_publish(struct store *st); // under `state`: all that was appended, with listener
struct snapshot *published_ref(struct store *st);

// Puts `out` in the place of the parts of `then`, for the writer and for readers.
struct entry_swap {
    uint32_t table;
    uint32_t count;
    struct entry *then;
    struct entry out; // part NULL: the rows are all dead
};

void store_swap(struct store *st, const struct entry_swap *swaps, uint32_t count);
void swap_done(struct entry_swap *swap); // drops its references

// image.c
struct image *image_new(const struct schema *s);
// As it is, with a reference to each segment but those of one table; table_count stands
// for none.
struct image *image_copy(const struct image *im, const struct schema *s, uint32_t but_table);
// Log, positions and the dictionaries of subjects: what is of no table.  `s` is that of `from`.
void image_copy_heads(struct image *to, const struct image *from, const struct schema *s);
void image_free(struct image *im, const struct schema *s);
void image_add(struct image_table *t, struct image_segment segment); // takes the reference
enum err image_write(struct store *st, const struct image *im, struct fault *why);
// Makes `next` the image, frees the old one and removes the files only that one named.
void image_replace(struct store *st, struct image *next);

// rewrite.c: the rows that live in some neighbours, as one new segment.
struct rewrite {
    struct store *st;
    uint32_t table;
    const struct entry *inputs;
    uint32_t input_count;
    enum err (*between)(struct store *st, struct fault *why); // blocks; may be NULL
    const struct table *shape; // of the new segment; NULL: the inputs' own
    const uint32_t *fields;    // of each of its fields, which of the inputs'; with `shape`
};
// out->part is NULL when none lives.
enum err rewrite_rows(const struct rewrite *r, struct entry *out, struct fault *why);

// seal.c
bool seal_is_due(struct store *st);
uint64_t store_memory_rows(struct store *st); // not frozen yet, of all tables
bool seal_pays(struct store *st);             // of what is in memory, though nothing asks for it
enum err seal_freeze(struct store *st, struct fault *why); // the writer, nothing pending
enum err seal_run(struct store *st, struct fault *why);    // the keeper
void freeze_free(struct store *st, struct freeze *f);

// merge.c
enum err merge_run(struct store *st, bool *out_did, struct fault *why); // the keeper

// stats.c: has what is kept beside columns taken off their budget, as it is now.  Not under
// `state`; wanted when the store is opened and whenever files have been written.
void store_charge(struct store *st);

// keeper.c
enum { STORE_REST_US = 5000000 }; // so long nothing comes before memory is sealed for it

void keeper_start(struct store *st);
void keeper_stop(struct store *st);
// After a commit, by the writer: seals, waits or wakes as is due.
void keeper_after_commit(struct store *st);
// While nothing comes, by the writer; never waits.
void keeper_at_rest(struct store *st);
enum err keeper_between(struct store *st, struct fault *why);

// recover.c: loads what the manifest names and replays the log.
enum err store_recover(struct store *st, struct fault *why);
// narrow.c: takes columns that pushed tables no longer have out of the files, before the store is
// opened under `now`.  Changes nothing when there are none.
enum err store_narrow(const struct world *w, const struct schema *now,
                      const struct store_options *options, struct fault *why);

// rekey.c: pseudonyms of another generation than options->layers wants are changed, on the disk.
enum err store_rekey(const struct world *w, const struct store_options *options, struct fault *why);
// leftover.c: removes files that the image does not name.
void leftovers_remove(struct store *st);
