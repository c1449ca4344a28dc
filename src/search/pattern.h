// SPDX-License-Identifier: Apache-2.0
#pragma once

// A pattern that texts are held against: the start of a text, a wildcard, a regular
// expression, or a text that a few edits may be away.
//
// A wildcard has "*" for any text, "?" for one character, and a backslash before a
// character that stands for itself.  Letters of ASCII are the only ones whose case can be
// ignored, as in Lucene.  A pattern borrows its query's text.  One thread at a time.

#include "query/query.h"
#include "search/regexp.h"

enum { WILDCARD_BYTES_MAX = 4096 }; // matching takes at worst the product of both lengths

struct pattern {
    const struct query_pattern *query;
    struct regexp *regexp; // REGEXP
};

// ERR_INVALID, the words beginning with Elasticsearch's type.
enum err pattern_init(struct pattern *p, const struct query_pattern *q, struct fault *why);
void pattern_done(struct pattern *p);

bool pattern_matches(const struct pattern *p, struct slice text);
// A regular expression that needs too many states: what it said no to means nothing.
bool pattern_is_over(const struct pattern *p);
