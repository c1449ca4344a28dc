// SPDX-License-Identifier: Apache-2.0
#include "policy/treatment.h"

static const char *const wanted[] = {NULL};

const struct treatment treat_drop = {
    .name = "drop",
    .reveals = "Nothing: its values do not enter.",
    .wanted = wanted,
};
