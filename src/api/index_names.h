// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which tables an index expression means: comma lists, wildcards, exclusions, _all.
//
// An index the caller may not see is left out of what a wildcard means, and is a
// security_exception when it is named outright, or by an alias.

#include "access/access.h"
#include "access/permit.h"
#include "api/aliases.h"
#include "api/url.h"
#include "data/schema.h"
#include "engine/engine.h"

struct index_wish {
    struct slice expression; // "a,b-*,-b-old"; len 0, "_all" and "*": every index
    bool ignore_unavailable; // a name that is not there is stepped over
    bool allow_no_indices;   // nothing to search is fine
    bool wildcards_match;    // expand_wildcards holds "open" or "all"
};

// As Elasticsearch has them, with what the URL says laid over.
enum err index_wish_make(struct slice expression, const struct parameters *p,
                         struct index_wish *out, struct fault *why);

// `who` and `action` are for the words of a refusal; `permit` was made of both.
struct index_seer {
    const struct schema *schema;
    const struct principal *who;
    const struct permit *permit;
    const struct alias_list *aliases; // NULL: there are none
};

// Of a table that was reached by aliases with filters only: its rows that one of them lets
// through.  `filter` NULL: all rows.
struct index_part {
    const struct query *filter;
    struct slice text; // of the filter, as bytes
};

// ERR_NOT_FOUND: "index_not_found_exception: no such index [x]".
enum err index_names_resolve(const struct index_seer *s, const struct index_wish *w,
                             struct arena *request, struct index_list *out, struct fault *why);
