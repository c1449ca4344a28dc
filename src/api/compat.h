// SPDX-License-Identifier: Apache-2.0
#pragma once

// docs/compat.md, made from the tables that decide: routes here; queries and aggregations
// in query/.  A test compares the file with this.

#include "base/buf.h"

void api_compat_markdown(struct buf *out);
