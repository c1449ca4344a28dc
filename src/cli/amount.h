// SPDX-License-Identifier: Apache-2.0
#pragma once

// Amounts as people read them: 1,204 rows, 6.2 MB, 3 min.
//
//     char text[AMOUNT_BYTES];
//     buf_print(&out, "%s behind", amount_duration(lag_ms, text));
//
// Pure.  Each returns `out`; what is below nought is told as nought.

#include <stdint.h>

enum { AMOUNT_BYTES = 32 };

const char *amount_count(int64_t n, char out[AMOUNT_BYTES]);     // 168,364
const char *amount_bytes(int64_t bytes, char out[AMOUNT_BYTES]); // 512 B, 6.2 MB; 1 kB is 1000 B
const char *amount_duration(int64_t ms, char out[AMOUNT_BYTES]); // 0.3 s, 48 s, 3 min, 5 h, 4 d
