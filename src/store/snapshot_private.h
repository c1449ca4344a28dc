// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a snapshot is made of.
//
//     struct snapshot ──▶ view of table 0 ──▶ entries (part + live rows), look-ups
//                         view of table 1 ──▶ ...
//
// Both are counted: a commit makes new views for the tables it touched and takes the
// others over.  Everything reached from here is only read.

#include "store/attribute.h"
#include "store/entry.h"
#include "store/keymap.h"
#include "store/view.h"

#include <pthread.h>

// A table's key map with its lock, for the writer and for view_find().
//
// The map knows only the newest rows, also ones not yet published.  A reader checks
// what it finds against its own view; when that fails, and a key may have left a row
// of the view since it was made (`gone_epoch` is greater than the view's), it has to
// look through the rows.
struct table_keys {
    pthread_rwlock_t lock;
    struct keymap *map;
    uint64_t gone_epoch; // epoch of the latest view that lacks a row of the one before
};

struct view {
    uint32_t refs;
    const struct table *table;
    struct table_keys *keys;
    struct dict *const *dicts; // one a field, NULL where there is none
    uint64_t epoch;            // number of the table's publication
    uint64_t rows;             // live
    uint32_t block_count;
    uint32_t entry_count;
    struct entry *entries;
    struct attribute_room *attribute_room; // the store's; NULL: none
    struct cow **lookups;                  // one root a field; NULL when nobody refers to the table
    uint32_t dict_counts[];
};

struct snapshot {
    uint32_t refs;
    uint32_t table_count;
    const struct schema *schema;
    uint64_t version;
    uint64_t term;        // the store's
    uint32_t *alive;      // the store's count of snapshots
    struct view *views[]; // references
};

// Adopts the entries' references into a new view; `lookups` may be NULL.
struct view *view_new(const struct view *like, const struct entry *entries, uint32_t entry_count,
                      struct cow **lookups);
struct view *view_ref(struct view *v);
void view_unref(struct view *v);

// Takes over references to views; `views` holds table_count of them.
struct snapshot *snapshot_new(const struct schema *s, struct view *const *views, uint64_t version,
                              uint32_t *alive);
struct snapshot *snapshot_ref(struct snapshot *s);

// Where the row of this number is; false when the view does not have it.
bool view_row(const struct view *v, uint64_t row, struct row_ref *out);
