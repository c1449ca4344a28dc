// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the finding and the reading of columns share.

#include "search/column.h"

// Codes as decoded, through `map` (NULL: as they are), to codes of `width`; CODE_NONE stays none.
void codes_narrow(const uint32_t *codes, uint32_t count, const uint32_t *map, enum width width,
                  void *out);
