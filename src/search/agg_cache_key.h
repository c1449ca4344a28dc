// SPDX-License-Identifier: Apache-2.0
#pragma once

// The plan key of a search: all that decides what its tree collects of one block.
//
// Made of the plan, not of the question: dates are resolved, texts are codes, what a permit adds
// to the query is in the match like all else.  What only decides how the answer is read off the
// tree (sizes, orders, names, percents) is not in it, so that panels share what is kept.
//
// Ranges over a time that every row must meet are in it without their bounds: a
// stretch of blocks that lies within the bounds is the same for all of them.  They are what
// moves in a dashboard.

#include "base/buf.h"
#include "search/search_private.h"

enum { LOOSE_RANGES_MAX = 4, PLAN_KEY_BYTES_MAX = 16 * 1024 };

// The ranges whose bounds are not in the key.
struct loose_ranges {
    uint32_t count;
    struct match *at[LOOSE_RANGES_MAX];
};

// The same ones, in the same order, of every search planned alike.
void loose_ranges_find(struct search *s, struct loose_ranges *out);

// False: the search has something that no key tells, and nothing of it is kept.
bool agg_plan_key(struct search *s, const struct loose_ranges *loose, struct buf *out);
