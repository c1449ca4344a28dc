// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key map: from a row's key to the number of its live row.
//
// Open addressing with slots of 8 bytes: 24 bits of the key's hash and a row number of
// 40 bits.  Keys are not stored; who asks brings a function that reads the key of a row,
// called only where the 24 bits agree.  The map is cut into 1024 shards by other bits
// of the hash, and each grows alone by a quarter, so growing never stops the writer for
// long and the map takes 10 to 12.5 bytes a row.  A slot's home is worked out from its
// 24 bits alone: growing and closing gaps need no keys.
//
// Rows that are numbered as they come (push_key_of_number()) fill one shard after the other, a
// stretch of numbers each, so that adding them stays within memory that is near.
//
// No lock inside: the table's lock guards it.

#include "data/changeset.h"

struct keymap;

enum { KEYMAP_ROW_BITS = 40 };

#define KEYMAP_NONE UINT64_MAX

// Whether row number `row` has this key; false for a row it cannot see.
struct keymap_probe {
    bool (*has_key)(const void *context, uint64_t row, struct row_key key);
    const void *context;
};

struct keymap *keymap_new(void);
void keymap_free(struct keymap *m); // NULL is fine
void keymap_clear(struct keymap *m);

// Room for so many keys at once; for an empty map.
void keymap_reserve(struct keymap *m, uint64_t count);

void keymap_prefetch(const struct keymap *m, struct row_key key);

// The row of that key; KEYMAP_NONE when there is none.
uint64_t keymap_find(const struct keymap *m, struct row_key key, struct keymap_probe probe);
// Now `row`; gives the row it was before, or KEYMAP_NONE.
uint64_t keymap_put(struct keymap *m, struct row_key key, uint64_t row, struct keymap_probe probe);
// Forgets the key; gives the row it had, or KEYMAP_NONE.
uint64_t keymap_take(struct keymap *m, struct row_key key, struct keymap_probe probe);

uint64_t keymap_count(const struct keymap *m);
uint64_t keymap_bytes(const struct keymap *m);
