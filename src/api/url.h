// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands in the request line: percent-encoding (RFC 3986) and the query's
// parameters.  Pure; everything lives in the request's arena.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

enum { URL_PARAMETERS_MAX = 128 };

struct parameter {
    struct slice name, value; // value len 0 for "?pretty" and "?pretty="
};

struct parameters {
    uint32_t count;
    const struct parameter *at;
};

// ERR_INVALID for a '%' without two hexadecimal digits, a NUL, or bytes that are no UTF-8.
enum err url_decode(struct slice text, bool plus_is_blank, struct arena *request, struct slice *out,
                    struct fault *why);

// "a=1&b&c=%20": in the order sent; of one name given twice the last one counts.
enum err parameters_parse(struct slice query, struct arena *request, struct parameters *out,
                          struct fault *why);

// NULL when there is none of that name.
const struct slice *parameter_get(const struct parameters *p, const char *name);

// "", "true" and "false".  `*out` stays as it is when the parameter is not there.
enum err parameter_truth(const struct parameters *p, const char *name, bool *out,
                         struct fault *why);
