// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first copy: all tables, each in one COPY, as one exported snapshot sees them.
//
// Locks: ours is the one of an ordinary read, held to the end.  Somebody who waits for it
// goes first, and the copy begins again.  A table that was truncated or rewritten between
// the snapshot and our lock is found out by its file having changed: neither is governed
// by snapshots, and the table would look empty.

#include "source/source_private.h"

// Makes the slot, copies, and says from where to stream.
enum err pg_snapshot_copy(struct source *s, const struct source_sink *sink, uint64_t *out_lsn,
                          struct fault *why);
