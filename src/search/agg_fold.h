// SPDX-License-Identifier: Apache-2.0
#pragma once

// Folding: where too few subjects are left over, they go into a bucket that is shown.
//
// What a bucket has more than the buckets below it that are shown is about those that are not.
// Where these are together below twice the floor, "all less the shown" would be about few, and
// whoever asks for many groups that one person is in could average the rounding away.  So these
// rows are counted in one of the shown buckets, the one of the smallest key, with everything
// that is asked of it.  Where those that are not shown are more, or none is shown, nothing is
// folded. (Twice, so that one more or less seldom decides whether they are.)
//
//     terms of model   m1: 20 subjects, m2: 18, rare: 1    shown   m1: 21 subjects, m2: 18
//
// A tree is folded level by level: a second one, planned alike, takes in what the first has
// collected under other keys.  Conditions do the same (floor_query.h): who asks for m1 by a filter
// gets the 21.

#include "search/search_private.h"

// Levels of aggregations below the root.
uint32_t agg_tree_depth(const struct search *s);
// Decides, for the nodes of one level (1: just below the root), which ordinals go where
// (n->fold_to).  False when none goes anywhere, or the room's limit is met.
bool agg_fold_plan(struct search *s, uint32_t level);
