// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a tree of aggregations has collected, as bytes that a later search can add to its own.
//
// Ordinals, distances and table indices are a snapshot's own; bytes have what lasts: codes,
// numbers, instants (agg_ops->lasting_key).  Buckets are numbered as they are written, and what
// is below them tells its bucket by that number.
//
//     root        u32 rows
//     a bucket kind with keys    u32 count | u32 parent[] | u64 key[] | u32 rows[]
//     one without (filter)       u32 rows[], one for each of the parent's
//     a kind of numbers          what its save() writes, one piece for each of the parent's
//
// each followed by its subs.  The bytes stay in this process, so they are trusted.

#include "base/buf.h"
#include "search/search_private.h"

// False: what some node collects has no lasting form.
bool agg_tree_lasts(const struct search *s);
// Appends.  Running out is remembered in the buf or the room.
void agg_tree_save(struct search *s, struct buf *out);
// Adds; the tree is planned with the same plan key, over a snapshot that has the rows.
void agg_tree_load(struct search *s, struct slice bytes);
