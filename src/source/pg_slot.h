// SPDX-License-Identifier: Apache-2.0
#pragma once

// The replication slot: PostgreSQL keeps its log for us from here on.

#include "source/source_private.h"

struct pg_slot_made {
    uint64_t consistent_lsn; // every transaction that ends after it will be streamed
    char snapshot[64];       // name of the snapshot that sees all before it
};

// Drops the slot of the spec if it is there and makes it anew with an exported snapshot,
// which lives until the replication connection does anything else.  Waits for every open
// transaction of the database.
enum err pg_slot_make(struct source *s, const struct source_sink *sink, struct pg_slot_made *out,
                      struct fault *why);
