// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a role with a floor may ask, and what of it counts.
//
// Two questions about large groups that differ by one subject tell about that one.  So under
// a floor the language is small: conditions joined by AND, each about one value or one span of
// time.  And a condition with a low effect is none: one that keeps out fewer subjects than the
// floor, of those that the other conditions let in, is left away, so that "all" and "all but
// one" are the same question with the same answer.  Spans of time begin and end at whole
// steps (a minute to a day, by their length), and at their ends steps of too few subjects are
// left away.  Which rows are not shown at all stays with crowd.h, how numbers are, with veil.h.

#include "search/search.h"

// `r` as it counts, in `request`, which `r` may share.  ERR_INVALID, with Elasticsearch's type
// first, for what may not be asked; these words depend on the question alone.
enum err floor_query_make(const struct search_context *c, const struct request *r,
                          struct arena *request, struct request *out, struct fault *why);
