// SPDX-License-Identifier: Apache-2.0
#pragma once

// A table of the store as its writer holds it: entries, key map, look-up, and what has
// changed since readers last got a view.
//
// All functions need the store's state lock.  Row numbers are given in order of arrival
// and never change; the last entry is always the memory part that takes new rows.

#include "store/lookup.h"
#include "store/snapshot_private.h"
#include "store/store.h"

struct table_store {
    const struct table *shape;
    struct dict **dicts;   // one a field, NULL where there is none; owned by the store
    struct entry *entries; // references
    uint32_t entry_count;
    uint32_t entry_size;
    uint64_t next_row;
    struct table_keys keys;
    struct lookup *lookup; // NULL when no field refers to this table
    uint64_t epoch;        // of the latest view
    uint64_t changes;      // rows put, moved and deleted

    // Since the latest view:
    bool is_touched;
    bool is_cleared;
    bool keeps_gone;     // somebody listens
    uint64_t fresh_from; // the first row number given
    uint64_t *gone;      // older rows that died
    uint32_t gone_count;
    uint32_t gone_size;
};

void table_init(struct table_store *t, const struct table *shape, struct dict **dicts,
                bool is_referred);
void table_done(struct table_store *t);

// A segment's entry at start, takes it; its live rows get into key map and look-up.
// ERR_CORRUPT when a key is there already.
enum err table_load(struct table_store *t, struct entry e, struct fault *why);

// Applies a batch; `codes[field]` maps its codes to the dictionary's.  `told`: as in
// store_append_told(), of this batch; NULL when nobody asks.
void table_apply(struct table_store *t, const struct batch *b, uint32_t *const *codes,
                 const struct store_told *told);
uint64_t table_find(const struct table_store *t, struct row_key key); // KEYMAP_NONE: no row
void table_clear(struct table_store *t);                              // every row goes

// A view of all rows now; `like` is any earlier view or a blank one of this table.  What
// has changed since begins anew.
struct view *table_publish(struct table_store *t, const struct view *like);

// Rows put from now on go to a new memory part; false when there was nothing to freeze.
bool table_freeze(struct table_store *t);

struct entry *table_active(struct table_store *t); // the memory part
uint32_t table_memory_rows(const struct table_store *t);

// The part and place of a row number that is there.
const struct part *table_part(const struct table_store *t, uint64_t row, uint32_t *out_place);

// Replaces `count` neighbours of `entries` (those of the parts of `then`) by `out`, which
// holds the rows that lived then, minus those that died since.  False, changing nothing,
// when they are not there any more.  `out->part` may be NULL: the rows are all dead.
// References move; used for the table's own list and for views.
bool entries_replace(struct entry *entries, uint32_t *entry_count, const struct entry *then,
                     uint32_t count, const struct entry *out);
