// SPDX-License-Identifier: Apache-2.0
#pragma once

// PostgreSQL's numeric, exactly: its binary form to the text the server itself prints.
// Never through a double.  Pure; any thread.

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

// "-12.50", "NaN", "Infinity", "-Infinity".  ERR_LIMIT: over LIMIT_VALUE_BYTES of text.
enum err pg_numeric_print(struct slice binary, struct arena *scratch, struct slice *out,
                          struct fault *why);
