// SPDX-License-Identifier: Apache-2.0
#pragma once

// The demo's policy is a file with a placeholder, because its database's port is known only
// when it runs.

#include "base/buf.h"
#include "base/err.h"

// Appends `text` with its one "@CONNINFO@" replaced.  ERR_INVALID when there is none.
enum err demo_policy_fill(struct slice text, const char *conninfo, struct buf *out,
                          struct fault *why);
