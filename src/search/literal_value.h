// SPDX-License-Identifier: Apache-2.0
#pragma once

// Literals of a question, made into values of the field they are compared with.
//
// Errors are ERR_INVALID in Elasticsearch's words, its type first.

#include "data/schema.h"
#include "query/query.h"

struct literal_dates {      // how text is read as a date
    struct slice format;    // len 0: the field's
    struct slice time_zone; // len 0: UTC
    int64_t now_ms;
};

// The largest whole number not above the literal.  *out_exact: it is the literal itself;
// false also for numbers beyond 64 bits, which give the nearest bound.
enum err literal_long(const struct literal *l, int64_t *out_floor, bool *out_exact,
                      struct fault *why);
enum err literal_double(const struct literal *l, double *out, struct fault *why);
enum err literal_boolean(const struct literal *l, int64_t *out, struct fault *why);
// `round_up`: as lte and gt need it (see base/date.h).
enum err literal_date(const struct literal *l, const struct literal_dates *dates, bool round_up,
                      int64_t *out_ms, struct fault *why);

// For a field held as 64-bit integers: LONG, INTEGER, BOOLEAN, DATE (rounded down).
enum err literal_i64(enum field_type type, const struct literal *l,
                     const struct literal_dates *dates, int64_t *out, bool *out_exact,
                     struct fault *why);

// A literal's text as the dictionary of a KEYWORD or PSEUDONYM field has it: the text, or
// the 16 bytes behind 22 characters of base64url.  False when no value can be that.
bool literal_text(enum field_type type, struct slice text, uint8_t out_bytes[16],
                  struct slice *out);
