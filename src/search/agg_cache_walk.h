// SPDX-License-Identifier: Apache-2.0
#pragma once

// A walk that takes from the cache what was collected before.
//
// The blocks of each part of a table fall into units of UNIT_BLOCKS, these into groups of
// GROUP_UNITS.  Of a unit that lies wholly within the query's loose ranges (agg_cache_key.h)
// the tree is kept under
//
//     plan key | part | first block | blocks | dead rows
//
// and so stays good while rows come, other parts merge and the ranges move; a delete within it
// makes another key.  A group whose units have all been kept is merged into one entry.
//
//     part     ├──── group ────┼──── group ────┼─ .. ┤         ■ loaded   ▒ collected and kept
//     units    ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ▒ ░ ░           ░ rows walked, nothing kept
//     range                ├──────────────────────┤             (units at an edge, new rows)
//
// What is asked for the first time is walked as ever, and only its key noted: ad hoc questions
// cost nothing more and push nothing out.

#include "search/walk.h"

// After walk_plan().  out->used_cache: the walk has been done; else nothing has.
enum err walk_kept(struct walk *w, struct answer *out, struct fault *why);
