// SPDX-License-Identifier: Apache-2.0
#pragma once

// A budget: how many bytes something may hold, within what all together may.
//
//     search.total_memory_bytes ──┬── search.memory_bytes of one search ── its rooms
//                                 └── search.memory_bytes of another    ── its rooms
//
// Taking asks every budget on the way up, and takes from all or from none.  Who is refused
// learns which budget refused, so that the error can name the setting that it is.
// Any number of threads.  Budgets live where their owner likes; whoever is above outlives.

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct budget {
    struct budget *up; // NULL at the top
    const char *kind;  // as Elasticsearch calls such a bound: "request", "parent"
    const char *setting;
    size_t limit;
    _Atomic size_t used, most; // now, and at any time
    _Atomic uint64_t refusals; // by this one, not by those above
    // The last time that this one's user was refused, by it or above it.
    const struct budget *_Atomic refused_by;
    _Atomic size_t wanted; // what would have been used then
};

void budget_init(struct budget *b, struct budget *up, const char *kind, const char *setting,
                 size_t limit);

bool budget_take(struct budget *b, size_t bytes);
bool budget_has(const struct budget *b, size_t bytes); // at this moment; takes nothing
void budget_give(struct budget *b, size_t bytes);      // back, what was taken

// ERR_LIMIT, "circuit_breaking_exception: [request] Data too large, data for [search] would be
// [2048/2kb], which is larger than the limit of [1024/1kb]. ..." about the last refusal.
enum err budget_fault(const struct budget *b, struct fault *why);
