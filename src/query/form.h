// SPDX-License-Identifier: Apache-2.0
#pragma once

// The form of a request: values read from JSON by type, and complaints about them in
// Elasticsearch's words, with line and column.  For the parsers of this folder.

#include "query/query.h"

struct form {
    struct arena *request;
    struct fault *why;
    const char *thing; // what is being read: "bool", "terms", "field_sort"
    // How many more clauses the query_string texts of this request may have: a clause can
    // be two bytes long, so the size of the request alone does not bound them.  NULL: any.
    uint32_t *clauses_left;
};

enum { FORM_CLAUSES_MAX = 65536 };

// query_parse() and agg_parse() as parts of the request that `f` reads.
enum err form_query(const struct form *f, const struct json *v, const struct query **out);
struct agg_level;
enum err form_aggs(const struct form *f, const struct json *v, struct agg_level *out);

// "TYPE: [line:column] words"; always ERR_INVALID.
enum err form_refuse(const struct form *f, const struct json *at, const char *type,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

// "[thing] unknown field [key]".
enum err form_unknown(const struct form *f, struct slice key, const struct json *v);
// "[thing] key doesn't support values of type: TOKEN".
enum err form_wrong_type(const struct form *f, struct slice key, const struct json *v);

enum err form_bool(const struct form *f, struct slice key, const struct json *v, bool *out);
enum err form_i64(const struct form *f, struct slice key, const struct json *v, int64_t *out);
enum err form_f64(const struct form *f, struct slice key, const struct json *v, double *out);
// A string, or a number or truth as it is written.
enum err form_text(const struct form *f, struct slice key, const struct json *v, struct slice *out);
// Text that names a time zone, or a number of hours.
enum err form_time_zone(const struct form *f, struct slice key, const struct json *v,
                        struct slice *out);

// Null, truth, number or string; false for an array or object.
bool form_literal(const struct json *v, struct literal *out);
enum err form_scalar(const struct form *f, struct slice key, const struct json *v,
                     struct literal *out);

// One text or an array of them.
enum err form_texts(const struct form *f, struct slice key, const struct json *v,
                    const struct slice **out, uint32_t *out_count);
