// SPDX-License-Identifier: Apache-2.0
#pragma once

// The server's answers about metrics, drawn for people: a row each, and a bar for its
// ratio or, without one, its count.  Pure; foreign members that are missing or of another
// type are drawn as "-" or as nought.

#include "base/arena.h"
#include "base/buf.h"
#include "json/json.h"

// The answer of /_tamis/metrics/NAME: heading and its first `rows_max` rows.  Returns how
// many more there are.
uint32_t metric_table_rows(const struct json *reply, uint32_t rows_max, struct arena *scratch,
                           struct buf *out);

// The answer of /_tamis/metrics.
void metric_table_list(const struct json *reply, struct arena *scratch, struct buf *out);
