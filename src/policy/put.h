// SPDX-License-Identifier: Apache-2.0
#pragma once

// Steps that treatments share: a raw value to the column's type, then what the treatment does
// to it, then into the column; missing when it has no form.

#include "policy/raw_text.h"
#include "policy/sieve_column.h"

// Changes a number; false: what comes of it has no form, and the value is missing.
typedef bool (*put_f64_step)(const struct sieve_column *to, double *number);
// The same of whole numbers and dates, or refuses it.
typedef enum err (*put_i64_step)(const struct sieve_column *to, int64_t *number, struct fault *why);

// NULL as a step: the value itself.
enum err put_f64(struct sieve_column *to, uint32_t row, const struct raw *value, put_f64_step step,
                 struct fault *why);
enum err put_i64(struct sieve_column *to, uint32_t row, const struct raw *value, put_i64_step step,
                 struct fault *why);

// The value's text, in `room` unless it is one already.
enum err put_text_of(const struct raw *value, char room[RAW_TEXT_BYTES], struct slice *out,
                     struct fault *why);
