// SPDX-License-Identifier: Apache-2.0
#pragma once

// A query planned over the crowded town, for tests of the plan's parts.

#include "search/match.h"
#include "unit/search/crowded.h"

struct matching {
    struct snapshot *now;
    struct room room;
    struct columns columns;
    struct match match;
};

void matching_plan(struct matching *m, const char *query);
void matching_done(struct matching *m);
