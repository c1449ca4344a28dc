// SPDX-License-Identifier: Apache-2.0
#pragma once

// A live file: which rows of a segment live, written beside it when some have died.

#include "base/world.h"
#include "store/entry.h"

// "segments/%016x.live", "segments/%016x.segment"
enum { SEGMENT_FILE_NAME_BYTES = 48 };

void live_file_name(uint64_t file, char out[SEGMENT_FILE_NAME_BYTES]);
void segment_file_name(uint64_t file, char out[SEGMENT_FILE_NAME_BYTES]);

// Writes and syncs the file, not its directory.
enum err live_file_write(const struct world *w, uint64_t file, const struct entry *e,
                         struct fault *why);
// Any file of bytes the same way: NAME is made or overwritten, and synced.
enum err file_write_synced(const struct world *w, const char *name, struct slice bytes,
                           struct fault *why);
// Sets the entry's live rows; `e` is fresh from entry_of_part().  ERR_CORRUPT.
enum err live_file_read(const struct world *w, uint64_t file, struct entry *e, struct fault *why);
