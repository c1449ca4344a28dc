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

// boost and _name, which every query may have; *out_known when `key` was one of them.
enum err query_common(struct query_parser *p, struct slice key, const struct json *v,
                      struct query *out, bool *out_known);

// The one member of {"FIELD": value}, with common keys beside it.
enum err query_field(struct query_parser *p, const struct json *v, struct slice *out_field,
                     const struct json **out_value);

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
enum err query_string(struct query_parser *p, const struct json *v, struct query *out);
