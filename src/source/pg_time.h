// SPDX-License-Identifier: Apache-2.0
#pragma once

// Times as PostgreSQL prints them with datestyle ISO.  Pure; any thread.

#include "base/err.h"
#include "base/slice.h"

// "2024-01-31", "2024-01-31 23:59:59.25", "... +05:30", "... BC", "infinity",
// "-infinity": microseconds since 1970, UTC; without a zone taken as UTC.  ERR_CORRUPT
// when it is none of these.
enum err pg_time_parse(struct slice text, int64_t *out_us, struct fault *why);
