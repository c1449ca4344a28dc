// SPDX-License-Identifier: Apache-2.0
#pragma once

// A town of some 25,000 events over several blocks, with updates, deletes and devices that
// are missing, and the same rows in a plain array for naive counts.  Made once.

#include "unit/search/town.h"

#include <stdio.h>

enum { CROWDED_ROWS = 26000, CROWDED_DEVICES = 40 };

#define CROWDED_START 1699920000000.0 // 2023-11-14T00:00:00Z

struct crowd_model {
    uint32_t row_count;
    struct town_row *rows; // by key
    bool *is_live;
    struct town_row devices[CROWDED_DEVICES]; // op ROW_DELETE: there is none
};

struct town *crowded_town(void);
const struct crowd_model *crowded_model(void);

bool is_text(const struct town_row *r, int field, const char *text);
const struct town_row *device_of(const struct town_row *r); // NULL without
const char *model_of(const struct town_row *r);
