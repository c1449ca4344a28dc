// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a text is at most a few edits away from the one that is looked for: characters changed,
// added, left out, or (where it is so wished) swapped with their neighbour, as Lucene's fuzzy query
// counts them (optimal string alignment; Damerau 1964).  Pure.

#include "query/query.h"

enum { FUZZY_CHARS_MAX = 256 }; // what is longer matches as it is only

bool fuzzy_matches(const struct query_pattern *q, struct slice text);
