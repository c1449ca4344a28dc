// SPDX-License-Identifier: Apache-2.0
#pragma once

// A few rows of three tables, to be read column by column.

#include "search/column.h"
#include "unit/search/town.h"

struct reading {
    struct town town;
    struct snapshot *now;
    struct room room;
    struct columns columns;
};

void reading_open(struct reading *r);
void reading_close(struct reading *r);
// The column of this name, found twice.
struct column *reading_find(struct reading *r, const char *name);
// To the first block of table 0 (events) or 1 (calls).
void reading_move(struct reading *r, uint32_t at);
