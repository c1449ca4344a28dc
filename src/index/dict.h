// SPDX-License-Identifier: Apache-2.0
#pragma once

// A dictionary: distinct byte strings <-> codes 0, 1, 2, ...
//
// Append-only: a code never changes its value, so segments, memory, cubes and
// look-ups of a whole table (or subject kind) share codes and merges copy them.
// One writer adds; any number of readers look, at the same time:
//   - values sit in chunks that never move, so dict_value(code) is safe for every
//     code below a count read earlier with dict_count() (or kept in a snapshot);
//   - dict_find() takes a short read lock, dict_add() a write lock only when the
//     value is new.
// Fixed-width dictionaries (pseudonyms, 16 bytes) store values back to back.

#include "base/err.h"
#include "base/slice.h"

#define CODE_NONE UINT32_MAX // "no such value" and "row has no value"

struct dict;

struct dict *dict_new(uint32_t fixed_bytes); // 0 = any length up to LIMIT_VALUE_BYTES
void dict_free(struct dict *d);              // NULL is fine
uint32_t dict_fixed_bytes(const struct dict *d);

uint32_t dict_count(const struct dict *d);                    // acquire
struct slice dict_value(const struct dict *d, uint32_t code); // stays put as long as the dict
uint32_t dict_find(const struct dict *d, struct slice value); // CODE_NONE when it is not there
// ERR_LIMIT when full (2^32 - 2 values).
enum err dict_add(struct dict *d, struct slice value, uint32_t *out_code, struct fault *why);
// Codes of many values at once, adding the new ones; prefetches.  For ingest.
enum err dict_add_many(struct dict *d, const struct slice *values, uint32_t count,
                       uint32_t *out_codes, struct fault *why);
uint64_t dict_bytes(const struct dict *d); // memory held
