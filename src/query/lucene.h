// SPDX-License-Identifier: Apache-2.0
#pragma once

// The query language of "query_string" and of the URL's "q": Lucene's classic syntax.
//
//     status:active AND (country:"DE" OR country:FR) AND -plan:free AND age:[18 TO 65}
//
// Known: AND && OR || NOT ! + -, groups, field:value, field:"phrase", field:(a OR b),
// field:>5, [a TO b] {a TO b}, "*" for open ends and for "has the field", *:*,
// _exists_:field, wil*c?rds, /regular expressions/, escapes with a backslash.  A boost (^2)
// is read and has no effect.  Not known, and refused by name: fuzziness, slop, and words
// without a field when there is no default field.

#include "query/form.h"

struct lucene_options {
    struct slice default_field; // len 0: words need a field
    struct slice time_zone;     // of ranges of dates; len 0: UTC
    bool is_and;                // clauses without a conjunction must all match
    bool is_lenient;
};

enum err lucene_parse(const struct form *f, struct slice text, const struct lucene_options *options,
                      const struct query **out);
