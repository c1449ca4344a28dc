// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values of a pushed document as raw values, by the type of the column they are for.
//
//   null, []           no value
//   true, false        a truth
//   numbers            integers as they are, also written 12.0 for a column of integers
//   texts              themselves
//   [one]              that one
//   for a date         integers, and texts of digits beyond a year's four, are
//                      milliseconds since 1970, as Elasticsearch has it; a text of the usual
//                      form (2026-01-02T03:04:05.678Z) is read here, for it is quick
//
// What else there is (objects, several values, numbers without a form) is ERR_INVALID,
// with words that name what came and never the value.  Pure; any thread.

#include "base/err.h"
#include "data/raw.h"
#include "data/schema.h"
#include "json/json_flat.h"

// A value without members.
struct push_scalar {
    enum json_type type;
    bool truth;
    struct slice text; // STRING, NUMBER
};

enum err push_scalar_raw(const struct push_scalar *v, enum field_type as, struct raw *out,
                         struct fault *why);
enum err push_json_raw(const struct json *v, enum field_type as, struct raw *out,
                       struct fault *why);
// The same of what the quick reader read.
enum err push_flat_raw(const struct flat_value *v, enum field_type as, struct raw *out,
                       struct fault *why);

// "2026-01-02T03:04:05.678Z" and nothing else.
bool push_usual_time(struct slice text, int64_t *out_ms);
