// SPDX-License-Identifier: Apache-2.0
#pragma once

// A single column under a treatment, for the tests of treatments.

#include "policy/sieve_column.h"
#include "policy/treatment.h"

struct one_column {
    struct policy_column declared;
    struct field field;
    struct sieve_column column;
    size_t bytes;
};

// `options` as in a policy: "{as: keyword}".
void one_column_init(struct one_column *o, const struct treatment *treat, const char *options,
                     struct arena *policy);
void one_column_done(struct one_column *o);

// Puts `value` at row 0 and gives what the treatment said.
enum err one_column_put(struct one_column *o, struct raw value, struct fault *why);
