// SPDX-License-Identifier: Apache-2.0
#pragma once

// Expressions: the arithmetic that bucket_script, bucket_selector and moving_fn may write where
// Elasticsearch has a script.  Numbers in, a number out; there are no loops, no names but those
// it is given, and nothing of it outlives the request.
//
//     whole       = ["return"] choice [";"]
//     choice      = or ["?" choice ":" choice]
//     or          = and {"||" and}
//     and         = compare {"&&" compare}
//     compare     = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
//     sum         = product {("+" | "-") product}
//     product     = sign {("*" | "/" | "%") sign}
//     sign        = ("-" | "+" | "!") sign | one
//     one         = NUMBER | "true" | "false" | "(" choice ")" | name | function
//     name        = ["params."] NAME
//     function    = ["Math."] NAME "(" choice {"," choice} ")"
//                 | "MovingFunctions." NAME "(values" {"," choice} ")"
//
// Truth is 1 and everything but 0 is true; what has no value is NaN, and only `!=` is
// true of it.  Both sides of a choice are worked out, which nobody can tell.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "json/json.h"

struct expression;

// What it may name.
struct expression_names {
    const struct slice *variables;
    uint32_t variable_count;
    const struct json *constants; // an object, of which its numbers count; NULL: none
    bool has_values;              // the functions over a window
};

// ERR_INVALID: "script_exception: compile error: ...", with the character where it is.
enum err expression_parse(struct slice text, const struct expression_names *names,
                          struct arena *request, const struct expression **out, struct fault *why);

// How many functions over the window it has.
uint32_t expression_windows(const struct expression *e);

// `variables` as the names were; `values` is the window.  NaN: it has no value.
double expression_value(const struct expression *e, const double *variables, const double *values,
                        uint32_t value_count);
