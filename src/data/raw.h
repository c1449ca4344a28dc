// SPDX-License-Identifier: Apache-2.0
#pragma once

// A raw value: what a source decoded and the sieve has not yet treated.  Lives only
// in the process mirror, only in memory, and is never printed.

#include "base/slice.h"

enum raw_type {
    RAW_NULL,
    RAW_UNCHANGED, // PostgreSQL's unchanged TOAST: the source did not send it
    RAW_BOOL,      // i64 is 0 or 1
    RAW_I64,
    RAW_F64,
    RAW_TEXT,    // UTF-8; also uuid, numeric, enum labels, inet in their text forms
    RAW_TIME_US, // i64: microseconds since 1970, UTC; date columns at midnight.
                 // INT64_MIN and INT64_MAX are -infinity and infinity
};

struct raw {
    enum raw_type type;
    int64_t i64;
    double f64;
    struct slice text; // good until the source reads on
};
