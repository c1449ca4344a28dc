// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which blocks a page of a composite aggregation needs at all.
//
// Where the first source is a date_histogram and rows lie in order of time, as they mostly do,
// the page lies in some of the blocks: not in those before `after`, and not in those past the
// bucket that, with the ones before it, fills the page.
//
//     blocks    ░ ░ ░ ░ ░ ■ ■ ■ ■ ■ ░ ░ ░ ░ ░ ░ ░      ■ collected   ░ skipped
//                        after       full
//
// Each thread of a search judges by what it has collected itself.

#include "search/search_private.h"

struct composite_page {
    bool is_usable;
    bool descending;
    bool has_after;
    int64_t after; // start of a bucket, of which and behind which combinations are wanted
    uint32_t size; // combinations
    struct agg_node *lead, *last; // of the first source and the last, which may be one
    const struct date_zone *zone;
    // Ascending, and every level numbered directly: how full the page is.
    bool counts;
    uint64_t leaves; // ordinals of `last` for each of `lead`
    uint64_t next;   // key of `lead` that is to be counted next
    uint64_t found;  // combinations past `after` in those before
    bool is_full;
    int64_t full; // start of the bucket that made it so
};

// After the sources are planned; the last is the last of the chain of first children that
// starts with the first.  `after` NULL: the page is the first.
void composite_page_plan(const struct search *s, struct agg_node *composite, const int64_t *after,
                         struct composite_page *p);

// Whether the block at hand may hold rows of the page.
bool composite_page_takes(const struct search *s, struct composite_page *p);
