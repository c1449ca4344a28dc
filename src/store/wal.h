// SPDX-License-Identifier: Apache-2.0
#pragma once

// The write-ahead log: records appended to numbered files, made durable together.
//
// A file is drawn in wal.c: header, then records of {length, checksum, payload}.  The
// checksum covers file number, offset and payload, so an old record in a reused place
// is never taken for a new one.  Reading stops at the first record that does not check:
// in the last file that is a torn tail, cut off when the log is opened; in an earlier
// file it is ERR_CORRUPT.
// After a failed write or sync the log refuses everything until opened anew.

#include "base/world.h"

struct wal;

// Files are DIRECTORY/%016x.log.  Replays every record from file number `first` on, in
// order; an error of `each` stops and is returned.
enum err wal_open(const struct world *w, const char *directory, uint64_t first,
                  enum err (*each)(void *context, struct slice payload, struct fault *why),
                  void *context, struct wal **out, struct fault *why);
void wal_close(struct wal *l);

enum err wal_append(struct wal *l, struct slice payload, struct fault *why); // into memory
enum err wal_sync(struct wal *l, struct fault *why); // one write, one fdatasync for all appended
// Starts a new file; gives its number.  Everything before it may be dropped once its rows
// are in segments.
enum err wal_roll(struct wal *l, uint64_t *out_first, struct fault *why);
enum err wal_drop_before(struct wal *l, uint64_t first, struct fault *why);
uint64_t wal_bytes(const struct wal *l); // of all files kept
