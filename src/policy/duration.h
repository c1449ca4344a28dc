// SPDX-License-Identifier: Apache-2.0
#pragma once

// A length of time as a policy writes it: "30s", "5m", "1h", "1d", "1w".

#include "base/err.h"
#include "base/slice.h"

// ERR_INVALID unless it is a whole number of 1 to 366 days with one unit.
enum err duration_parse(const char *text, int64_t *out_ms);

// In the largest unit that is whole: 3600000 -> "1h".
struct buf;
void duration_print(int64_t ms, struct buf *out);
