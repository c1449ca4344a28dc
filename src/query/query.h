// SPDX-License-Identifier: Apache-2.0
#pragma once

// The question: what the Elasticsearch query DSL says, as a tree.
//
// Knows no index, no field type and no answer.  Values stay literals and dates stay
// text until search/ meets the fields; what is wrong in form is refused here, in
// Elasticsearch's own words and with line and column.
// Everything lives in the request's arena.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "json/json.h"

enum literal_type { LITERAL_NULL, LITERAL_BOOL, LITERAL_NUMBER, LITERAL_TEXT };

struct literal {
    enum literal_type type;
    bool truth;
    struct slice text; // NUMBER: as written; TEXT; BOOL: "true" or "false"
};

enum query_kind {
    QUERY_MATCH_ALL,
    QUERY_MATCH_NONE,
    QUERY_TERMS, // term, terms, match and match_phrase (one value each)
    QUERY_RANGE,
    QUERY_EXISTS,
    QUERY_IDS,
    QUERY_PATTERN, // prefix, wildcard, regexp; match_bool_prefix and match_phrase_prefix
    QUERY_BOOL,    // bool, constant_score (as filter)
};

struct query_terms {
    struct slice field;
    const struct literal *values;
    uint32_t value_count;
    bool ignores_case;
    bool is_match; // came as match: a value that does not fit the field matches nothing if lenient
    bool is_lenient;
};

struct query_range {
    struct slice field;
    struct literal from, to; // type LITERAL_NULL: open
    bool from_open, to_open; // gt, lt
    struct slice format;     // len 0: the field's
    struct slice time_zone;  // len 0: UTC
};

struct query_ids {
    const struct slice *values;
    uint32_t value_count;
};

enum pattern_kind { PATTERN_PREFIX, PATTERN_WILDCARD, PATTERN_REGEXP, PATTERN_FUZZY };

enum { FUZZY_EDITS_MAX = 2 }; // as Lucene

// Operators of a regexp past the common ones, each a bit.
enum regexp_operator {
    REGEXP_INTERSECTION = 1,
    REGEXP_COMPLEMENT = 2,
    REGEXP_EMPTY = 4,
    REGEXP_ANYSTRING = 8,
    REGEXP_AUTOMATON = 16, // named automata, of which there are none
    REGEXP_INTERVAL = 32,
    REGEXP_ALL = 63,
};

// How many characters may be changed, added or left out: `edits`, or by the length of the text
// that is looked for.
struct fuzziness {
    bool by_length;
    uint32_t edits;
    uint32_t one_from, two_from; // characters from which on it is one, and two
};

struct query_pattern {
    struct slice field;
    enum pattern_kind kind;
    struct slice text;
    bool ignores_case;
    bool is_lenient;            // a field that is no text matches nothing, instead of being refused
    uint32_t operators;         // REGEXP: those that are on
    struct fuzziness fuzziness; // FUZZY
    uint32_t same_length;       // FUZZY: characters at the start that must be the same
    bool keeps_order;           // FUZZY: neighbours that are swapped are two edits, not one
};

struct query_bool {
    const struct query *const *must; // scores and filters
    const struct query *const *filter;
    const struct query *const *should;
    const struct query *const *must_not;
    uint32_t must_count, filter_count, should_count, must_not_count;
    uint32_t should_match_min; // already worked out from minimum_should_match and the clauses
};

struct query {
    enum query_kind kind;
    double boost;
    struct slice name; // _name, len 0 for none

    union {
        struct query_terms terms;
        struct query_range range;
        struct slice exists; // field
        struct query_ids ids;
        struct query_pattern pattern;
        struct query_bool bool_;
    };
};

// `v` is the object under "query".  ERR_INVALID: the fault's words begin with the
// Elasticsearch type, "parsing_exception: unknown query [x]" (api/ splits them there).
enum err query_parse(const struct json *v, struct arena *request, const struct query **out,
                     struct fault *why);
