// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values on their way out of a search: copied into the request's arena, pseudonyms as
// base64url.

#include "base/arena.h"
#include "data/schema.h"
#include "data/value.h"

struct value output_text(enum field_type type, struct slice stored, struct arena *request);
struct value output_i64(enum field_type type, int64_t i64);
struct value output_f64(double f64);

// The order clients see between two stored texts of a field: bytewise on what is printed.
int output_compare_text(enum field_type type, struct slice a, struct slice b);
