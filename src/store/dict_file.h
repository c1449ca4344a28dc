// SPDX-License-Identifier: Apache-2.0
#pragma once

// A dictionary's file: its values in the order of their codes, appended at each sealing.
//
// The manifest says how many bytes count; what is behind them is left over from a sealing
// that did not end, and is cut off before the next append.

#include "base/world.h"
#include "index/dict.h"
#include "store/manifest.h"

// "dict/%016x.dict"
enum { DICT_FILE_NAME_BYTES = 32 };

void dict_file_name(uint64_t file, char out[DICT_FILE_NAME_BYTES]);

// Writes the values from state->count up to `count` and syncs the file (not its
// directory).  Where state->file is 0 a file numbered `fresh_file` is begun.  Changes
// `state` only on success; after a failure the file behind state->bytes is not known.
enum err dict_file_append(const struct world *w, const struct dict *d, uint32_t count,
                          uint64_t fresh_file, struct manifest_dict *state, struct fault *why);

// Adds the values to an empty dictionary of `fixed_bytes` (0: any length).
enum err dict_file_read(const struct world *w, const struct manifest_dict *state,
                        uint32_t fixed_bytes, struct dict *d, struct fault *why);
