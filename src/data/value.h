// SPDX-License-Identifier: Apache-2.0
#pragma once

// A value on its way out: a bucket key, a sort value, a field of a hit.

#include "base/slice.h"

enum value_type { VALUE_NONE, VALUE_TEXT, VALUE_LONG, VALUE_DOUBLE, VALUE_BOOLEAN, VALUE_DATE };

struct value {
    enum value_type type;
    struct slice text; // TEXT; for pseudonyms already base64url
    int64_t i64;       // LONG, BOOLEAN, DATE (epoch ms)
    double f64;        // DOUBLE
};
