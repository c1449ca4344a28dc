// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tree of RFC 6962 (section 2.1) over the entries of the log, with SHA-256.
//
// What is kept of a tree that only grows are its peaks: the roots of the perfect subtrees
// that its leaves fall into, largest first, one for each bit that is set in its size.
//
//     size 6 = 4 + 2        . peak 0: leaves 0 to 3
//                          / \        . peak 1: leaves 4 and 5
//                         .   .      / \.
//
// From the peaks at some size and the leaves after it every root from there on can be
// worked out, and every proof that needs no inner node of what the peaks stand for: so
// entries may be deleted from the start, and the rest still proves itself.
// Pure; any thread.

#include "base/err.h"
#include "base/slice.h"
#include "keys/crypto.h"

struct hash256 {
    uint8_t at[SHA256_BYTES];
};

enum { MERKLE_PEAKS_MAX = 64, MERKLE_PROOF_MAX = 2 * 64 };

struct merkle {
    uint64_t size; // leaves
    struct hash256 peaks[MERKLE_PEAKS_MAX];
};

void merkle_leaf(struct slice entry, struct hash256 *out); // SHA-256(0x00, entry)
void merkle_add(struct merkle *m, const struct hash256 *leaf);
void merkle_root(const struct merkle *m, struct hash256 *out);
uint32_t merkle_peak_count(uint64_t size);
bool hash256_equal(const struct hash256 *a, const struct hash256 *b);

// Leaves before.size and on, behind what is known of those before them.
struct merkle_range {
    const struct merkle *before;
    const struct hash256 *leaves;
    uint64_t count;
};

struct merkle_proof {
    uint32_t count;
    struct hash256 at[MERKLE_PROOF_MAX];
};

// The root at `size`, the proof that leaf `index` is in the tree of `size`, and the proof
// that the tree of `size` begins with the tree of `first`.  ERR_NOT_FOUND when it takes
// leaves from before the range; ERR_INVALID past its end.
enum err merkle_root_at(const struct merkle_range *r, uint64_t size, struct hash256 *out,
                        struct fault *why);
enum err merkle_inclusion(const struct merkle_range *r, uint64_t index, uint64_t size,
                          struct merkle_proof *out, struct fault *why);
enum err merkle_consistency(const struct merkle_range *r, uint64_t first, uint64_t size,
                            struct merkle_proof *out, struct fault *why);

// As RFC 9162, sections 2.1.3.2 and 2.1.4.2, check them.
bool merkle_inclusion_holds(const struct hash256 *leaf, uint64_t index, uint64_t size,
                            const struct merkle_proof *proof, const struct hash256 *root);

struct merkle_state {
    uint64_t size;
    struct hash256 root;
};

bool merkle_consistency_holds(const struct merkle_state *first, const struct merkle_state *second,
                              const struct merkle_proof *proof);
