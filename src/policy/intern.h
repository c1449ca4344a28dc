// SPDX-License-Identifier: Apache-2.0
#pragma once

// Distinct texts of a batch, numbered in the order they came.
//
// An open-addressed table of codes over one run of bytes.  Reset costs what was put in,
// not what the table grew to, so small transactions after a large one stay cheap; it
// wipes the bytes, which may be people's.

#include "base/buf.h"
#include "base/slice.h"

struct intern_entry {
    uint32_t at, len; // of bytes
    uint64_t hash;
};

struct intern {
    struct buf bytes;
    struct intern_entry *entries;
    uint32_t count, entry_room;
    uint64_t *slots;     // top half of the hash | code + 1; 0 is free
    uint32_t slot_count; // power of two; at least twice the entries; 0 at first
};

void intern_init(struct intern *in, size_t limit_bytes);
void intern_done(struct intern *in);
void intern_reset(struct intern *in);

// The code of `text`, added when new (`out_new`).  False when the bytes are over the limit;
// nothing is added then.
bool intern_add(struct intern *in, struct slice text, uint32_t *out_code, bool *out_new);

// Takes the newest entry out again.
void intern_drop_newest(struct intern *in);

struct slice intern_get(const struct intern *in, uint32_t code); // good until the next add
