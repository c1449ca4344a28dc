// SPDX-License-Identifier: Apache-2.0
#include "audit/merkle.h"

#include "base/check.h"

static void node(const struct hash256 *left, const struct hash256 *right, struct hash256 *out)
{
    static const uint8_t mark = 1;
    const struct slice parts[] = {slice_of(&mark, 1), slice_of(left->at, SHA256_BYTES),
                                  slice_of(right->at, SHA256_BYTES)};
    sha256_parts(parts, 3, out->at);
}

void merkle_leaf(struct slice entry, struct hash256 *out)
{
    static const uint8_t mark = 0;
    const struct slice parts[] = {slice_of(&mark, 1), entry};
    sha256_parts(parts, 2, out->at);
}

bool hash256_equal(const struct hash256 *a, const struct hash256 *b)
{
    return memcmp(a->at, b->at, SHA256_BYTES) == 0;
}

uint32_t merkle_peak_count(uint64_t size)
{
    return (uint32_t)__builtin_popcountll(size);
}

// As adding one to a binary number: each bit that carries joins two peaks.
void merkle_add(struct merkle *m, const struct hash256 *leaf)
{
    struct hash256 carried = *leaf;
    uint32_t peaks = merkle_peak_count(m->size);
    for (uint64_t bits = m->size; bits & 1; bits >>= 1)
        node(&m->peaks[--peaks], &carried, &carried);
    m->peaks[peaks] = carried;
    m->size++;
}

void merkle_root(const struct merkle *m, struct hash256 *out)
{
    uint32_t peaks = merkle_peak_count(m->size);
    if (peaks == 0) {
        sha256_parts(NULL, 0, out->at);
        return;
    }
    struct hash256 root = m->peaks[--peaks];
    while (peaks > 0)
        node(&m->peaks[--peaks], &root, &root);
    *out = root;
}

// The largest power of two below `count`, which is at least 2.
static uint64_t left_part(uint64_t count)
{
    return (uint64_t)1 << (63 - __builtin_clzll(count - 1));
}

// The peak that stands for exactly these leaves.
static const struct hash256 *peak_of(const struct merkle *m, uint64_t from, uint64_t to)
{
    uint64_t at = 0;
    uint32_t peak = 0;
    for (uint64_t left = m->size; left; peak++) {
        uint64_t bytes = (uint64_t)1 << (63 - __builtin_clzll(left));
        if (at == from && at + bytes == to)
            return &m->peaks[peak];
        at += bytes;
        left -= bytes;
    }
    return NULL;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as a tree of 2^64 leaves
static enum err subtree(const struct merkle_range *r, uint64_t from, uint64_t to,
                        struct hash256 *out, struct fault *why)
{
    if (to <= r->before->size) {
        const struct hash256 *peak = peak_of(r->before, from, to);
        if (peak) {
            *out = *peak;
            return OK;
        }
        if (to != r->before->size)
            return fail(why, ERR_NOT_FOUND, "this takes entries that retention has deleted");
    }
    if (to - from == 1) {
        if (from < r->before->size)
            return fail(why, ERR_NOT_FOUND, "this takes an entry that retention has deleted");
        *out = r->leaves[from - r->before->size];
        return OK;
    }
    uint64_t middle = from + left_part(to - from);
    struct hash256 left;
    struct hash256 right;
    enum err e = subtree(r, from, middle, &left, why);
    if (!e)
        e = subtree(r, middle, to, &right, why);
    if (!e)
        node(&left, &right, out);
    return e;
}

static enum err check_size(const struct merkle_range *r, uint64_t size, struct fault *why)
{
    if (size <= r->before->size + r->count)
        return OK;
    unsigned long long there = r->before->size + r->count;
    return fail(why, ERR_INVALID, "the log has %llu entries, not %llu", there,
                (unsigned long long)size);
}

enum err merkle_root_at(const struct merkle_range *r, uint64_t size, struct hash256 *out,
                        struct fault *why)
{
    enum err e = check_size(r, size, why);
    if (e)
        return e;
    if (size > 0)
        return subtree(r, 0, size, out, why);
    sha256_parts(NULL, 0, out->at);
    return OK;
}

static enum err add_step(const struct merkle_range *r, uint64_t from, uint64_t to,
                         struct merkle_proof *out, struct fault *why)
{
    CHECK(out->count < MERKLE_PROOF_MAX);
    enum err e = subtree(r, from, to, &out->at[out->count], why);
    out->count += e == OK;
    return e;
}

static void reverse(struct merkle_proof *p)
{
    for (uint32_t i = 0; i < p->count / 2; i++) {
        struct hash256 kept = p->at[i];
        p->at[i] = p->at[p->count - 1 - i];
        p->at[p->count - 1 - i] = kept;
    }
}

enum err merkle_inclusion(const struct merkle_range *r, uint64_t index, uint64_t size,
                          struct merkle_proof *out, struct fault *why)
{
    enum err e = check_size(r, size, why);
    if (!e && index >= size)
        e = fail(why, ERR_INVALID, "entry %llu is not among the first %llu",
                 (unsigned long long)index, (unsigned long long)size);
    out->count = 0;
    uint64_t from = 0;
    uint64_t to = size;
    while (!e && to - from > 1) {
        uint64_t middle = from + left_part(to - from);
        bool is_left = index < middle;
        e = is_left ? add_step(r, middle, to, out, why) : add_step(r, from, middle, out, why);
        from = is_left ? from : middle;
        to = is_left ? middle : to;
    }
    if (!e)
        reverse(out); // found from the root down, told from the leaf up
    return e;
}

enum err merkle_consistency(const struct merkle_range *r, uint64_t first, uint64_t size,
                            struct merkle_proof *out, struct fault *why)
{
    out->count = 0;
    enum err e = check_size(r, size, why);
    if (!e && first > size)
        e = fail(why, ERR_INVALID, "a tree of %llu does not begin with one of %llu",
                 (unsigned long long)size, (unsigned long long)first);
    if (e || first == 0 || first == size)
        return e;
    uint64_t from = 0;
    uint64_t to = size;
    while (!e && to != first) {
        uint64_t middle = from + left_part(to - from);
        bool is_left = first <= middle;
        e = is_left ? add_step(r, middle, to, out, why) : add_step(r, from, middle, out, why);
        from = is_left ? from : middle;
        to = is_left ? middle : to;
    }
    // The old tree's own last subtree, unless that is the whole old tree, which is known.
    if (!e && from > 0)
        e = add_step(r, from, to, out, why);
    if (!e)
        reverse(out);
    return e;
}

bool merkle_inclusion_holds(const struct hash256 *leaf, uint64_t index, uint64_t size,
                            const struct merkle_proof *proof, const struct hash256 *root)
{
    if (index >= size)
        return false;
    uint64_t at = index;
    uint64_t last = size - 1;
    struct hash256 r = *leaf;
    for (uint32_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return false;
        if (at & 1 || at == last) {
            node(&proof->at[i], &r, &r);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node(&r, &proof->at[i], &r);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && hash256_equal(&r, root);
}

static bool consistency_walk(uint64_t at, uint64_t last, const struct merkle_proof *proof,
                             uint32_t from, struct hash256 *old, struct hash256 *new)
{
    for (uint32_t i = from; i < proof->count; i++) {
        if (last == 0)
            return false;
        if (at & 1 || at == last) {
            node(&proof->at[i], old, old);
            node(&proof->at[i], new, new);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node(new, &proof->at[i], new);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0;
}

bool merkle_consistency_holds(const struct merkle_state *first, const struct merkle_state *second,
                              const struct merkle_proof *proof)
{
    if (first->size > second->size)
        return false;
    if (first->size == second->size)
        return proof->count == 0 && hash256_equal(&first->root, &second->root);
    if (first->size == 0)
        return proof->count == 0;
    bool is_power = (first->size & (first->size - 1)) == 0;
    if (!is_power && proof->count == 0)
        return false;
    uint64_t at = first->size - 1;
    uint64_t last = second->size - 1;
    while (at & 1) {
        at >>= 1;
        last >>= 1;
    }
    struct hash256 old = is_power ? first->root : proof->at[0];
    struct hash256 new = old;
    return consistency_walk(at, last, proof, is_power ? 0 : 1, &old, &new) &&
           hash256_equal(&old, &first->root) && hash256_equal(&new, &second->root);
}
