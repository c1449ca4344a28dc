// SPDX-License-Identifier: Apache-2.0
#pragma once

// The manifest: which files are the store, and the state they hold.
//
// One file, replaced atomically.  It names everything that counts: segments with their
// live-row files, dictionaries with how much of them is good, the sources' positions, and
// the first log file whose records come on top.  A file that it does not name is left over
// from work that did not end, and goes when the store is opened.
// It also keeps the shape of the tables, as the log's records were written under it.

#include "base/arena.h"
#include "base/buf.h"
#include "data/changeset.h"
#include "data/schema.h"

enum {
    MANIFEST_BYTES_MAX = 64 << 20,
    MANIFEST_SEGMENTS_MAX = 1 << 16, // of one table
    MANIFEST_POSITIONS_MAX = 256,
    KEPT_BYTES_MAX = 1 << 30, // a listener with more counts anew at each start
};

struct manifest_segment {
    uint64_t file;      // segments/%016x.segment
    uint64_t live_file; // segments/%016x.live; 0: all rows live
    uint32_t rows;
};

// How far a dictionary is on disk.  File 0: nothing is.
struct manifest_dict {
    uint64_t file;       // dict/%016x.dict
    uint64_t bytes;      // of the file that count
    uint64_t chain;      // checksum of its last frame, which covers all before
    uint32_t count;      // values
    uint32_t generation; // of a subject's: of the layer over its pseudonyms (keys/layer.h)
};

// What the store's listener keeps ready, as of this manifest's rows.  File 0: nothing.
struct manifest_kept {
    uint64_t file; // segments/%016x.kept
    uint64_t bytes;
    uint64_t sum; // checksum of all of them
};

struct manifest_table {
    uint32_t segment_count;
    struct manifest_segment *segments;
    struct manifest_dict *dicts; // one a field; only keyword fields use theirs
};

struct manifest {
    struct schema schema; // tables and subjects only
    uint64_t log_first;
    uint64_t next_file; // numbers from here on are free
    uint32_t position_count;
    struct position *positions;
    struct manifest_table *tables;       // one a table of the schema
    struct manifest_dict *subject_dicts; // one a subject kind
    struct manifest_kept kept;
};

enum err manifest_encode(const struct manifest *m, struct buf *out, struct fault *why);

// Checks every byte; all memory is of the arena.  ERR_CORRUPT.
enum err manifest_decode(struct slice bytes, struct arena *store, struct manifest *out,
                         struct fault *why);

// Whether rows stored under one shape can be read under the other.
bool table_same_shape(const struct table *a, const struct table *b);
