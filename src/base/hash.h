// SPDX-License-Identifier: Apache-2.0
#pragma once

// Hashes without a key: for tables in memory and for finding damaged bytes.
// Both are XXH3 (64 bit) of libxxhash.  Nothing here keeps a secret or resists
// somebody who chooses the input; keyed hashes live in keys/.

#include "base/slice.h"

uint64_t hash_bytes(const void *at, size_t len);
uint64_t hash_u64(uint64_t v);

// The checksum at the end of every record, block and file we write.
uint64_t checksum(const void *at, size_t len);
