// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first copy: all tables, each in one COPY, as one exported snapshot sees them.
//
// A lock stronger than ours never waits long on us before the copy begins, and one that
// rewrites or truncates a table between the snapshot and our lock is found out by the
// table's file having changed: neither is governed by snapshots, and the table would
// look empty.

#include "source/source_private.h"

// Makes the slot, copies, and says from where to stream.
enum err pg_snapshot_copy(struct source *s, const struct source_sink *sink, uint64_t *out_lsn,
                          struct fault *why);
