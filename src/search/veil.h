// SPDX-License-Identifier: Apache-2.0
#pragma once

// Veils: numbers of a group as a role with a floor sees them.
//
// A published number is rounded to a step that is worth about `floor` average subjects of the
// group, up or down by a chance that is drawn from a secret key and from which rows the group
// has.  So the same rows give the same number however they are asked for, and asking again
// teaches nothing; a group with one subject more or less draws anew, and the difference of
// the two numbers is mostly the draws'.  Rounding is right on average.

#include "base/slice.h"

enum { VEIL_KEY_BYTES = 16 };

struct veil_key {
    uint8_t bytes[VEIL_KEY_BYTES];
};

struct veil {
    const struct veil_key *key; // NULL: numbers are shown as they are
    uint64_t print;             // of the group's rows, by whom they are about
    double share;               // of the group that `floor` average subjects are
};

// What is drawn for: two numbers of one group draw apart.
enum veil_tag { VEIL_ROWS, VEIL_VALUES, VEIL_SUM, VEIL_DISTINCT };

// Whom a row is about, hidden under the key: different subjects stay different.
uint64_t veil_subject(const struct veil_key *key, uint64_t subject);

// Each of these; UINT64_MAX (nobody) stays.
void veil_subjects(const struct veil_key *key, uint64_t *subjects, uint32_t count);

// A count: 0 stays 0 and nothing else becomes it.
uint64_t veil_count(const struct veil *v, enum veil_tag tag, uint64_t count);
// A sum over the field `name`.
double veil_sum(const struct veil *v, enum veil_tag tag, struct slice name, double sum);
// A value that is one of many: two digits of it.
double veil_value(const struct veil *v, double value);
