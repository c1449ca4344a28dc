// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows that a permit does not show are as dead ones: whatever a search does, it does with the
// live rows of a block, and here a block's live rows become those that the permit's filter
// takes.  So no query, no aggregation that looks past the query, and no count meets the others.
// The filter may be about fields that the permit hides, so it has columns of its own.

#include "search/match.h"

struct search_context;

struct row_filter {
    struct match **matches; // of each searched table; NULL: shows all.  NULL: all do
    struct columns columns;
    uint64_t *live; // BLOCK_WORDS
};

// ERR_LIMIT past the room.
enum err row_filter_plan(const struct search_context *c, struct room *room, struct row_filter *out,
                         struct fault *why);
void row_filter_done(struct row_filter *f);

// columns_block() with only those rows alive that are shown.  Good until the next one.
void row_filter_block(struct row_filter *f, struct columns *cs, uint32_t at, struct block block);
