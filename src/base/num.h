// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers as text, independent of the locale.
//
// Parsing takes the whole slice or fails (ERR_INVALID): no leading or trailing
// blanks, no hexadecimal, no "inf".  Out of range is ERR_INVALID too, never
// rounding to the nearest bound (a double too large is refused, one too small
// becomes 0).

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum err parse_i64(struct slice text, int64_t *out);
enum err parse_u64(struct slice text, uint64_t *out);
enum err parse_f64(struct slice text, double *out);

// Decimal, with zeros in front up to `digits_min` (at most 20).
void print_u64(struct buf *out, uint64_t value, unsigned digits_min);

// The shortest text that reads back as the same double, in the form
// Elasticsearch's JSON has: "1.0", "0.25", "1.0E10", "-1.5E-7" (Java's
// Double.toString: decimal notation from 1e-3 up to 1e7, else scientific).
// NaN and infinities have no JSON form; they are printed as "null".
void print_f64(struct buf *out, double value);
