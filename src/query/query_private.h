// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kinds of query: each is one function that reads the object under its name, and one
// line in the table of query_parse.c.

#include "query/form.h"

struct query_parser {
    struct form form;
    uint32_t depth;
};

typedef enum err (*query_form)(struct query_parser *p, const struct json *v, struct query *out);

// One query object, {"NAME": {...}}.
enum err query_inner(struct query_parser *p, const struct json *v, const struct query **out);

// One query object, or an array of them.
enum err query_clauses(struct query_parser *p, struct slice key, const struct json *v,
                       const struct query *const **out, uint32_t *out_count);

// boost and _name, which every query may have; *out_known when `key` was one of them.
enum err query_common(struct query_parser *p, struct slice key, const struct json *v,
                      struct query *out, bool *out_known);

// The one member of {"FIELD": value}, with common keys beside it.
enum err query_field(struct query_parser *p, const struct json *v, struct slice *out_field,
                     const struct json **out_value);

// boost and _name beside the field, as old clients write them.
enum err query_outer(struct query_parser *p, const struct json *v, struct query *out);

// {"FIELD": value} or {"FIELD": {keys, the value among them}}.
struct query_value_form {
    // Reads one key of the long form; *out_known when it is one of the kind's own.
    enum err (*take_key)(struct query_parser *p, struct slice key, const struct json *v,
                         struct query *out, bool *out_known);
    enum err (*take_value)(struct query_parser *p, const struct json *v, struct query *out);
};

// *out_value is what stands below the field.  A long form may have come without a value.
enum err query_value(struct query_parser *p, const struct query_value_form *form,
                     const struct json *v, struct query *out, struct slice *out_field,
                     const struct json **out_value);
// Keys that choose how text is cut into words: here a value is always one word.
bool query_is_of_analysis(struct slice key);

enum err query_match_all(struct query_parser *p, const struct json *v, struct query *out);
enum err query_match_none(struct query_parser *p, const struct json *v, struct query *out);
enum err query_exists(struct query_parser *p, const struct json *v, struct query *out);
enum err query_ids(struct query_parser *p, const struct json *v, struct query *out);
enum err query_term(struct query_parser *p, const struct json *v, struct query *out);
enum err query_terms(struct query_parser *p, const struct json *v, struct query *out);
enum err query_match(struct query_parser *p, const struct json *v, struct query *out);
enum err query_match_phrase(struct query_parser *p, const struct json *v, struct query *out);
enum err query_range(struct query_parser *p, const struct json *v, struct query *out);
enum err query_bool(struct query_parser *p, const struct json *v, struct query *out);
enum err query_constant_score(struct query_parser *p, const struct json *v, struct query *out);
enum err query_prefix(struct query_parser *p, const struct json *v, struct query *out);
enum err query_wildcard(struct query_parser *p, const struct json *v, struct query *out);
enum err query_regexp(struct query_parser *p, const struct json *v, struct query *out);
enum err query_fuzzy(struct query_parser *p, const struct json *v, struct query *out);
enum err query_match_prefix(struct query_parser *p, const struct json *v, struct query *out);
enum err query_simple(struct query_parser *p, const struct json *v, struct query *out);
enum err query_multi_match(struct query_parser *p, const struct json *v, struct query *out);
enum err query_dis_max(struct query_parser *p, const struct json *v, struct query *out);
enum err query_boosting(struct query_parser *p, const struct json *v, struct query *out);
enum err query_string(struct query_parser *p, const struct json *v, struct query *out);
