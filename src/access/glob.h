// SPDX-License-Identifier: Apache-2.0
#pragma once

// Patterns with '*' (any bytes, also none), as index and field patterns have them.
// Takes time of pattern length times text length at worst, and no memory.

#include "base/slice.h"

bool glob_matches(struct slice pattern, struct slice text);
bool glob_is_pattern(struct slice text); // holds a '*'
