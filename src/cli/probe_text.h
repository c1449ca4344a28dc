// SPDX-License-Identifier: Apache-2.0
#pragma once

// The result of a probe in words that somebody understands who has no database.

#include "base/buf.h"
#include "watch/probe.h"

// A paragraph of verdict; what of whom is exposed, as a table; what gave it away.
void probe_text(const struct probe_result *r, const char *address, struct arena *scratch,
                struct buf *out);
