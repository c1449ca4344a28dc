// SPDX-License-Identifier: Apache-2.0
#pragma once

// Subjects: whom each row of a block is about, as numbers that the floor can tell apart.
//
// A table's own subject field says it; else the subject of the first table it refers to;
// else every row stands for somebody else.

#include "search/column.h"
#include "search/veil.h"

// `scratch` and `out` hold BLOCK_ROWS; SUBJECT_NONE (crowd.h) for a row about nobody, all others
// as veil_subject() has them under `key`.
void subjects_of_block(const struct columns *cs, const struct veil_key *key, uint32_t *scratch,
                       uint64_t *out);
