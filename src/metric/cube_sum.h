// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sums: cells of a stretch of time added up by the dimensions that a question names.
//
// Combos that agree in those dimensions are one group; the group of a combo is worked out
// when its first cell is met and then read from an array.  Rows come ordered by time.

#include "metric/levels.h"

struct sum_row {
    uint32_t run;   // rows of one time are one run: 0, 1, ...
    uint32_t group; // of `groups`
    int64_t at;     // in units of the question's; 0 when they are all time
    struct cell_count by;
};

struct sums {
    const uint32_t *dims; // of the cube, by dimension of a group
    uint32_t rows_max;
    struct combos groups;
    struct sum_row *rows;
    uint32_t row_count;
    // of sums_add()
    const struct combos *combos;
    uint32_t *group_of; // by combo: group + 1; 0 for not met
    struct group_sum *by_group;
    uint32_t group_cap;
    uint32_t *met; // groups met in this run
    uint32_t met_count;
    uint32_t run;
    int64_t at;
    uint32_t row_cap;
};

// `dims` must outlive the sums.
void sums_init(struct sums *s, const uint32_t *dims, uint32_t dim_count, uint32_t rows_max);
void sums_done(struct sums *s);

// Adds up what `w` walks over (its `each` and `context` are set here).  Once for one
// sums; the caller holds the lock.  False when there are more than rows_max rows.
bool sums_add(struct sums *s, struct levels_walk *w);
// Cells whose codes are a group's, all of one time; before or after sums_add().
bool sums_add_cells(struct sums *s, int64_t at, const struct cells *c);
