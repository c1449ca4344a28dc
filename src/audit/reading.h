// SPDX-License-Identifier: Apache-2.0
#pragma once

// Entries of a log that grows meanwhile, by whoever serves it, without checking all of it.
//
//     struct reading r = {.w = audit_files(a), .end = stats.journal.entries, ...};
//     reading_each(&r, each, context, why);
//
// Only the segments are read that may have what is wanted.  Checksum and digest of every record
// are checked, tree and heads are not: that is audit/book.h, which reads everything.

#include "audit/entry.h"
#include "base/world.h"

struct reading {
    const struct world *w;
    uint64_t from, end;     // numbers: from, and before; no more than the system has
    int64_t from_ms, to_ms; // entries may come from a little before and after these
};

// In order; an entry's memory is gone after the call.  An error of `each` stops and is returned.
// ERR_UNAVAILABLE: retention deleted a segment meanwhile.
enum err reading_each(const struct reading *r,
                      enum err (*each)(void *context, const struct audit_entry *e,
                                       struct fault *why),
                      void *context, struct fault *why);
