// SPDX-License-Identifier: Apache-2.0
#pragma once

// Measures of a body: two of them in one row are data about somebody's health.
//
// A column's name says what it may be (height, weight, bmi, body_fat, sex, ...), its value
// whether it can be; a row that has two of them is a hit.  One alone is none: a parcel has a
// weight.  A column of which the policy says `allow: [body]` is not counted.

#include "policy/sieve_batch.h"

struct body_watch {
    uint32_t count;

    struct {
        uint32_t field;
        const struct body_measure *measure;
    } columns[8];
};

void body_watch_init(struct body_watch *w, const struct policy_table *declared);

// Whether the row, complete or about to be added, holds two; the column of one of them.
bool body_watch_row(const struct body_watch *w, const struct sieve_batch *b, uint32_t row,
                    const char **out_column);
