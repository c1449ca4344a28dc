// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the buckets of a date_histogram start: whoever makes them, of rows or of a cube's
// cells, steps from one to the next by these.

#include "query/agg.h"

struct date_zone;

// Every bucket is agg->interval_ms long: fixed, and clocks are never put forward or back.
bool date_steps_are_even(const struct agg *a, const struct date_zone *zone);
// The length in milliseconds that every bucket has, of calendar units too; 0 when they differ.
int64_t date_steps_length(const struct agg *a, const struct date_zone *zone);
int64_t date_steps_floor(const struct agg *a, const struct date_zone *zone, int64_t ms);
// The first (or last) bucket that extended bounds ask for.  As in Elasticsearch a bound is
// rounded down as if there were no offset, and then moved by it.
int64_t date_steps_bound(const struct agg *a, const struct date_zone *zone, int64_t ms);
int64_t date_steps_next(const struct agg *a, const struct date_zone *zone, int64_t start);
// All of [ms, ms + length) lies in one bucket, where a length divides every even bucket.
bool date_steps_are_one(const struct agg *a, const struct date_zone *zone, int64_t ms,
                        int64_t length);
