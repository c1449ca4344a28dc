// SPDX-License-Identifier: Apache-2.0
#pragma once

// Cubes: the declared metrics, kept ready while rows come and go.
//
// A cube holds, per time bucket of `every` and per combination of its `by` values, how
// many rows there are and (for a ratio) how many of them count.  It takes signed rows
// (+1 come, -1 gone), so it is exact under updates and deletes.  A row seen through a
// look-up is counted under the values its dimension row had when the cube last looked;
// a dimension row that changed is remembered, and the next reader moves its rows (one
// scan of the referring column for all that are remembered).
//
// The same counts are kept in buckets of an hour, a day and all time as well (levels.h), so
// that a question costs what its answer has, not what the cube holds.
//
// A row without a time is in no bucket and counted nowhere.  A ratio's "is not" counts a
// row that has no value.
//
// The committing thread feeds (cubes_listener()); any thread asks.  Cells are held in
// memory.  Where the listener is given to store_open(), they are written with each sealing
// and read back at opening, so that only what the log brings is counted; what cannot be read
// back is counted anew from the rows.

#include "base/arena.h"
#include "data/value.h"
#include "store/store.h"

struct cubes;

enum err cubes_new(const struct schema *s, struct cubes **out, struct fault *why);
void cubes_free(struct cubes *c);

// What became of the cubes in store_open().
struct cubes_begun {
    uint32_t read;    // from the file beside the segments
    uint32_t counted; // anew, from all rows
    char why[200];    // the first of these was; empty when there was no file yet
};

struct cubes_begun cubes_begun(const struct cubes *c);

// Counts all of them anew.
void cubes_build(struct cubes *c, const struct snapshot *now);
struct store_listener cubes_listener(struct cubes *c);

// A thread that moves rows of remembered keys at once, so that who asks seldom waits for it;
// without one the next to ask moves them.  cubes_stop() before the store is closed.
void cubes_start(struct cubes *c, struct store *st);
void cubes_stop(struct cubes *c);

struct metric_question {
    struct slice metric;
    bool has_from, has_to;
    int64_t from_ms, to_ms; // [from, to); snapped outward to the metric's `every`
    const struct slice *by; // names out of the metric's `by`, in the order wanted
    uint32_t by_count;
    int64_t every_ms; // a multiple of the metric's; 0: one bucket for all time
};

struct metric_row {
    int64_t time_ms;        // start of the bucket, UTC; 0 when every_ms is 0
    const struct value *by; // VALUE_NONE where the row has no value
    uint64_t count;
    uint64_t matched; // ratio: of these, how many count
};

struct metric_answer {
    const struct metric_decl *metric;
    const struct metric_row *rows; // ordered by time, then by values; only non-empty cells
    uint32_t row_count;
};

// Of the last commit they have counted, which readers may see a moment later
// (store_snapshot_since()).
uint64_t cubes_version(struct cubes *c);

// ERR_NOT_FOUND: no such metric (words list those there are); ERR_INVALID: a `by` or
// `every` it has not.  ERR_UNAVAILABLE: a commit came in between; take the snapshot of
// cubes_version() and ask again.
enum err cubes_ask(struct cubes *c, const struct snapshot *now, const struct metric_question *q,
                   struct arena *request, struct metric_answer *out, struct fault *why);
