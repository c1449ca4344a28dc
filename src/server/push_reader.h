// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads a push in the process mirror: lines to actions, documents through the sieve.
//
//     head, body ─▶ actions, documents ─▶ push_sieve of each index ─▶ changesets, items
//
// A document that does not fit makes a failed item and leaves the others alone; a body
// whose lines are no actions is refused whole, and nothing of it enters.  Pure but for the
// keys; one thread.

#include "base/buf.h"
#include "data/push.h"
#include "policy/sieve.h"

struct push_reader;

enum err push_reader_new(const struct policy *p, const struct sieve_keys *keys,
                         struct push_reader **out, struct fault *why);
void push_reader_free(struct push_reader *r); // NULL is fine

// Rows of this source (of its name) are numbered from here on.
void push_reader_go_on(struct push_reader *r, const char *source, uint64_t number);

// What a push came to; good until the next one.
struct push_result {
    struct slice changesets; // each with its length before it, u32 little-endian
    const struct push_item *items;
    uint32_t item_count;
    struct slice texts; // of PUSH_FIND: the row key, hi and lo
};

// `bytes` is head and body.  ERR_INVALID, in words for the client: the whole is refused.
enum err push_reader_take(struct push_reader *r, struct slice bytes, struct push_result *out,
                          struct fault *why);

// Documents of this push index since the start.
struct push_sieve_counts push_reader_counts(const struct push_reader *r, uint32_t push);
