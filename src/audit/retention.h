// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long the log is kept.  A segment is an epoch: closed when it is full, summarised when
// it is to go, then deleted.
//
//     %016x.summary   one line of JSON: first and last entry, from when to when, roots of the
//                     tree before and after, how many entries of each kind, and for each
//                     principal how many entries, rows and distinct people
//     an entry        AUDIT_DROP with the same numbers and the SHA-256 of the summary, on the
//                     disk before the segment goes
//
// The next segment's header has the peaks of the tree before it, which the signed heads
// vouch for: so what is left still proves itself, and nobody can have deleted an epoch
// without the entry that says so.  Summaries stay.

#include "audit/journal.h"

struct retention_rule {
    uint64_t bytes_max;
    int64_t keep_ms;
};

// 0: 16 GB, 400 days.
struct retention_rule retention_rule_of(uint64_t bytes_max, int64_t keep_days);

// Deletes at most one segment a call.
enum err retention_apply(const struct retention_rule *r, const struct world *w, struct journal *j,
                         struct fault *why);
