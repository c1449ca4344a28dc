// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading a cube: its counts over a stretch of time, added up by some of its dimensions,
// for whoever makes an answer of them (search/ does, of an Elasticsearch request).
//
// What is read is what the rows of one snapshot add up to, to the row: where a bound cuts
// through a bucket, the rows of that bucket are looked at one by one.

#include "metric/cube.h"
#include "metric/cube_sum.h"

struct cube_stretch {
    uint32_t metric;        // of the schema
    int64_t from_ms, to_ms; // [from, to); INT64_MIN and INT64_MAX are no bound
    int64_t unit_ms;        // rows are by so long a time, a multiple of `every`; 0: all time
    const uint32_t *dims;   // numbers of the metric's `by`, each once; outlives the reading
    uint32_t dim_count;
    uint32_t rows_max;
};

struct cube_reading {
    // Rows ordered by time.  A time and group may come twice: from the cube and from rows
    // at a bound.  Codes of a group are the dictionaries', or cubes_number() has the value.
    struct sums sums;
    bool has_untimed; // some row of the table has no time and is not in here
};

enum cube_found {
    CUBE_FOUND,
    CUBE_BEHIND, // the cube holds another version than `now`: take the newest and ask again
    CUBE_UNFIT   // the cube cannot say, or not cheaply
};

// CUBE_FOUND: end it with cube_reading_done().
enum cube_found cubes_read(struct cubes *cs, const struct snapshot *now,
                           const struct cube_stretch *s, struct cube_reading *out);
void cube_reading_done(struct cube_reading *r);

// The value behind a code of a dimension held as 64-bit integers.
int64_t cubes_number(const struct cubes *cs, uint32_t metric, uint32_t dim, uint32_t code);
