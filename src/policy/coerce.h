// SPDX-License-Identifier: Apache-2.0
#pragma once

// Raw values to the types a policy may declare, strictly.
//
//   declared   from
//   long       integers; texts of decimal digits
//   integer    the same, within 32 bits
//   double     integers up to 2^53, floating-point numbers, texts of either
//   boolean    truths; 0 and 1; texts "true", "false", "t", "f"
//   date       times; texts of the form strict_date_optional_time, UTC where they name no zone
//
// Anything else is ERR_INVALID with words such as "a text is no long".  `out_missing`
// tells of values of the right kind without a form: infinite times, NaN, infinities.

#include "base/err.h"
#include "data/raw.h"
#include "data/schema.h"

// LONG, INTEGER, BOOLEAN, DATE.
enum err coerce_i64(const struct raw *value, enum field_type as, int64_t *out, bool *out_missing,
                    struct fault *why);
enum err coerce_f64(const struct raw *value, double *out, bool *out_missing, struct fault *why);
