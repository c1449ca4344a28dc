// SPDX-License-Identifier: Apache-2.0
#pragma once

// A kept file: what the store's listener keeps ready from the rows of one manifest.
//
// Its bytes are the listener's alone; size and checksum are in the manifest.

#include "base/world.h"
#include "store/live_file.h"
#include "store/manifest.h"

void kept_file_name(uint64_t file, char out[SEGMENT_FILE_NAME_BYTES]);

// Writes and syncs it under the number in `kept`, and fills in the rest.  The directory is for
// the caller to sync.
enum err kept_file_write(const struct world *w, struct slice bytes, struct manifest_kept *kept,
                         struct fault *why);

// ERR_CORRUPT when it is missing or not what the manifest says.
enum err kept_file_read(const struct world *w, const struct manifest_kept *kept, struct buf *out,
                        struct fault *why);
