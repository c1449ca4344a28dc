// SPDX-License-Identifier: Apache-2.0
#pragma once

// A row as a hit shows it: its index, key and all fields that have a value.

#include "access/permit.h"
#include "search/answer.h"

// Fields in schema order, each followed by those it leads to through a look-up.
// What the permit does not show is left out, but for whom the row is about, which the audit log
// needs and no client is told.
void hit_fill(const struct snapshot *snapshot, const struct permit *permit, uint32_t table,
              struct row_ref at, struct arena *request, struct hit *out);
