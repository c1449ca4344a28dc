// SPDX-License-Identifier: Apache-2.0
#pragma once

// An answer as rows of up to two keys and two counts, so that answers that came by different
// ways can be compared to the last digit.  Pure.

#include "base/slice.h"

enum { DEMO_ROWS_MAX = 1 << 20 };

struct demo_row {
    struct slice keys[2];
    int64_t count, matched;
};

struct demo_rows {
    struct demo_row *at; // room for DEMO_ROWS_MAX; the caller's
    uint32_t count;
    double ms; // how long the fastest answer took
};

// Past DEMO_ROWS_MAX nothing is added, and the answers are not the same any more.
void demo_rows_add(struct demo_rows *rows, struct demo_row row);
void demo_rows_sort(struct demo_rows *rows); // by both keys
// Of sorted ones: the same keys with the same counts.
bool demo_rows_are_same(const struct demo_rows *a, const struct demo_rows *b);

double demo_row_rate(const struct demo_row *row); // matched of count; 0 of none

// Places of the up to `most` rows worth showing: those with the highest rate, or the last
// ones, the last first.  Returns how many.
uint32_t demo_rows_choose(const struct demo_rows *all, bool by_rate, uint32_t most, uint32_t *out);
