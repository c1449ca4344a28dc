// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which keys of a terms aggregation its answer may show: `include` and `exclude`.
//
// A list is a sorted array of keys.  A regular expression is asked once of each value of the
// dictionary, and is a bit for each code from then on, so it costs the dictionary and not the rows.

#include "search/search_private.h"

struct terms_wish {
    bool is_given;  // else it says nothing about any key
    uint64_t *keys; // of a list, sorted
    uint32_t key_count;
    uint64_t *codes; // of an expression: a bit each
    uint32_t code_count;
    bool has_stand_in; // the text that stands in for missing ones, behind the last code
};

// Of `keys`, which the caller found for the values of a list; they are sorted here.
void terms_wish_of_keys(struct terms_wish *w, uint64_t *keys, uint32_t count);

// Of an expression over the column of `n`.  ERR_INVALID, in Elasticsearch's words: the column is no
// text, or the expression is none.
enum err terms_wish_of_pattern(struct search *s, const struct agg_node *n, struct slice pattern,
                               struct terms_wish *out, struct fault *why);

bool terms_wish_has(const struct terms_wish *w, uint64_t key);
