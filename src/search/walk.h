// SPDX-License-Identifier: Apache-2.0
#pragma once

// A walk: one thread's way through the blocks of a search, with all that it keeps.
//
// One walk plans the search and chooses the blocks; when there are many of these, others
// are planned alike by the threads that come to help, each walks some of the blocks, and the
// first takes in what they have collected.

#include "search/hits.h"
#include "search/search_private.h"

struct walk {
    struct search s;
    struct hits hits;
    bool has_post_filter;
    bool counts_only; // nobody looks at single rows
    bool rows_only;   // nor at how many there are: only at the hits
    uint64_t total;
    uint64_t matched;                    // rows so far, where the request ends after so many
    struct crowd crowd;                  // whom the total is about
    struct blocks blocks;                // to visit
    uint64_t doc;                        // rows in the blocks before
    uint64_t *mask, *post_mask, *sliced; // BLOCK_WORDS
    uint16_t *rows;
    uint32_t *scratch;   // for subjects
    struct walk *before; // the one that this was folded out of; NULL: none
};

// Everything but the blocks.  `first` NULL: for the search's first walk; else takes over what
// that one, which is planned and must outlive this, has worked out.
enum err walk_plan(struct walk *w, const struct walk *first, struct fault *why);
// One more, for a thread that helps `first`; makes its room, which walk_drop() ends.
enum err walk_plan_like(struct walk *w, const struct walk *first, struct fault *why);
void walk_drop(struct walk *w);
// For the first walk, after its plan.
enum err walk_plan_blocks(struct walk *w);
void walk_done(struct walk *w); // its columns; the room is the maker's

// One block, unless something is over; does nothing for one that cannot matter any more.
enum err walk_block(struct walk *w, const struct block_place *place, struct fault *why);
// Nothing that is asked can change any more.
bool walk_is_terminated(const struct walk *w); // by the request's terminate_after
bool walk_is_settled(const struct walk *w);
// It matters only whether there are enough subjects, and there are.
bool walk_has_enough(const struct walk *w);
// Whether blocks may be walked in any order and none ends the walk.
bool walk_is_divisible(const struct walk *w);
void walk_merge(struct walk *w, struct walk *from);
