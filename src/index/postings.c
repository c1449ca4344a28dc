// SPDX-License-Identifier: Apache-2.0
#include "index/postings.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/reader.h"
#include "index/dict.h"

#include <stdlib.h>

// The bytes, numbers little-endian or LEB128 where it says varint:
//
//     block_count u32   code_count u32   lists_bytes u32
//     groups   one for each GROUP_CODES codes: first code u32, place of its lists u32
//     lists    for each code, rising:  code - the one before it, varint (0: a group's first)
//                                      bytes of its blocks, varint
//                                      blocks: the first, then steps - 1, varints
//
// A code is found by halving the groups and walking one of them, passing over lists by
// their length.

enum {
    GROUP_CODES = 64,
    HEADER_BYTES = 12,
    GROUP_BYTES = 8,
    // Postings are of use when a code is on the average in less than one block of so many.
    USEFUL_DIVISOR = 4,
    // Looked at once so many blocks are there, to be rid of columns of few values early.
    EARLY_BLOCKS = 16,
    LIST_BYTES_MAX = POSTINGS_BLOCKS_MAX * 3,
};

struct postings_builder {
    bool is_useless;
    uint32_t *seen;   // by code: the last block it was met in, plus 1
    uint32_t *counts; // by code: blocks that have it
    size_t code_cap;
    uint32_t code_count; // met so far
    uint32_t *codes;     // of each block in turn, each once
    size_t pair_count, pair_cap;
    size_t *ends; // of each block's codes
    uint32_t block_count, end_cap;
};

struct postings_builder *postings_builder_new(void)
{
    struct postings_builder *b = calloc(1, sizeof *b);
    CHECK(b != NULL);
    return b;
}

static void drop_arrays(struct postings_builder *b)
{
    free(b->seen);
    free(b->counts);
    free(b->codes);
    free(b->ends);
    *b = (struct postings_builder){.is_useless = true};
}

void postings_builder_free(struct postings_builder *b)
{
    if (!b)
        return;
    drop_arrays(b);
    free(b);
}

static void *grown(void *at, size_t count, size_t bytes)
{
    void *more = realloc(at, count * bytes);
    CHECK(more != NULL);
    return more;
}

static void reserve_code(struct postings_builder *b, uint32_t code)
{
    if (code < b->code_cap)
        return;
    size_t cap = 2 * (size_t)code + 64;
    b->seen = grown(b->seen, cap, sizeof *b->seen);
    b->counts = grown(b->counts, cap, sizeof *b->counts);
    memset(b->seen + b->code_cap, 0, (cap - b->code_cap) * sizeof *b->seen);
    memset(b->counts + b->code_cap, 0, (cap - b->code_cap) * sizeof *b->counts);
    b->code_cap = cap;
}

static bool is_useful(const struct postings_builder *b)
{
    return b->pair_count > 0 &&
           b->pair_count * USEFUL_DIVISOR < (uint64_t)b->code_count * b->block_count;
}

static void end_block(struct postings_builder *b)
{
    if (b->block_count == b->end_cap) {
        b->end_cap = b->end_cap ? 2 * b->end_cap : EARLY_BLOCKS;
        b->ends = grown(b->ends, b->end_cap, sizeof *b->ends);
    }
    b->ends[b->block_count++] = b->pair_count;
    bool is_early = b->block_count == EARLY_BLOCKS && !is_useful(b);
    if (is_early || b->block_count > POSTINGS_BLOCKS_MAX)
        drop_arrays(b);
}

void postings_builder_block(struct postings_builder *b, const uint32_t *codes, uint32_t count)
{
    if (b->is_useless)
        return;
    if (b->pair_count + count > b->pair_cap) {
        b->pair_cap = 2 * (b->pair_count + count);
        b->codes = grown(b->codes, b->pair_cap, sizeof *b->codes);
    }
    uint32_t mark = b->block_count + 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = codes[i];
        if (code == CODE_NONE)
            continue;
        reserve_code(b, code);
        if (b->seen[code] == mark)
            continue;
        b->code_count += b->seen[code] == 0;
        b->seen[code] = mark;
        b->counts[code]++;
        b->codes[b->pair_count++] = code;
    }
    end_block(b);
}

// ---- the end ----

// Blocks by code: those of a code lie together, rising.  b->counts becomes the place behind
// each code's last.
static uint16_t *sort_blocks(struct postings_builder *b)
{
    uint16_t *blocks = grown(NULL, b->pair_count, sizeof *blocks);
    uint32_t place = 0;
    for (size_t code = 0; code < b->code_cap; code++) {
        uint32_t count = b->counts[code];
        b->counts[code] = place;
        place += count;
    }
    size_t at = 0;
    for (uint32_t block = 0; block < b->block_count; block++)
        for (; at < b->ends[block]; at++)
            blocks[b->counts[b->codes[at]]++] = (uint16_t)block;
    return blocks;
}

static uint8_t *put_varint(uint8_t *at, uint32_t v)
{
    for (; v >= 0x80; v >>= 7)
        *at++ = (uint8_t)(v | 0x80);
    *at++ = (uint8_t)v;
    return at;
}

static uint32_t encode_list(const uint16_t *blocks, uint32_t count, uint8_t *out)
{
    uint8_t *end = put_varint(out, blocks[0]);
    for (uint32_t i = 1; i < count; i++)
        end = put_varint(end, (uint32_t)blocks[i] - blocks[i - 1] - 1);
    return (uint32_t)(end - out);
}

struct encoding {
    struct buf *groups, *lists;
    uint8_t *scratch; // LIST_BYTES_MAX
    uint32_t code_count, last_code;
};

static void encode_code(struct encoding *e, uint32_t code, const uint16_t *blocks, uint32_t count)
{
    if (e->code_count % GROUP_CODES == 0) {
        buf_u32_le(e->groups, code);
        buf_u32_le(e->groups, (uint32_t)e->lists->len);
        e->last_code = code;
    }
    uint32_t bytes = encode_list(blocks, count, e->scratch);
    buf_varint(e->lists, code - e->last_code);
    buf_varint(e->lists, bytes);
    buf_bytes(e->lists, e->scratch, bytes);
    e->last_code = code;
    e->code_count++;
}

static void encode_codes(const struct postings_builder *b, const uint16_t *blocks,
                         struct encoding *e)
{
    uint32_t from = 0;
    for (size_t code = 0; code < b->code_cap; code++) {
        uint32_t end = b->counts[code];
        if (end > from)
            encode_code(e, (uint32_t)code, blocks + from, end - from);
        from = end;
    }
}

bool postings_builder_end(struct postings_builder *b, struct buf *out)
{
    if (b->is_useless || !is_useful(b) || b->pair_count > UINT32_MAX)
        return false;
    struct buf groups AUTO(buf_donep) = buf_init(UINT32_MAX);
    struct buf lists AUTO(buf_donep) = buf_init(UINT32_MAX);
    uint16_t *blocks = sort_blocks(b);
    struct encoding e = {.groups = &groups, .lists = &lists};
    e.scratch = grown(NULL, LIST_BYTES_MAX, 1);
    encode_codes(b, blocks, &e);
    free(e.scratch);
    free(blocks);
    if (lists.over_limit || groups.over_limit)
        return false;
    buf_u32_le(out, b->block_count);
    buf_u32_le(out, e.code_count);
    buf_u32_le(out, (uint32_t)lists.len);
    buf_slice_add(out, buf_slice(&groups));
    buf_slice_add(out, buf_slice(&lists));
    return true;
}

// ---- reading ----

static uint32_t u32_at(const uint8_t *at)
{
    struct reader in = reader_over(slice_of(at, 4));
    return reader_u32_le(&in);
}

static uint32_t group_code(const struct postings *p, uint32_t group)
{
    return u32_at(p->groups + (size_t)group * GROUP_BYTES);
}

static uint32_t group_place(const struct postings *p, uint32_t group)
{
    return u32_at(p->groups + (size_t)group * GROUP_BYTES + 4);
}

// Groups of rising codes whose lists follow one another.
static enum err check_groups(const struct postings *p, struct fault *why)
{
    bool is_right = p->group_count == 0 ? p->lists.len == 0 : group_place(p, 0) == 0;
    for (uint32_t g = 1; g < p->group_count && is_right; g++)
        is_right = group_code(p, g) > group_code(p, g - 1) &&
                   group_place(p, g) > group_place(p, g - 1) && group_place(p, g) < p->lists.len;
    return is_right ? OK : fail(why, ERR_CORRUPT, "postings are not in order");
}

// A walk over the codes of one group.
struct group_walk {
    struct reader in;
    uint32_t left; // codes
    bool is_first;
    uint64_t code; // the last that was read
};

static struct group_walk group_walk(const struct postings *p, uint32_t group)
{
    uint32_t place = group_place(p, group);
    bool is_last = group + 1 == p->group_count;
    size_t end = is_last ? p->lists.len : group_place(p, group + 1);
    uint32_t before = group * GROUP_CODES;
    return (struct group_walk){
        .in = reader_over(slice_of(p->lists.at + place, end - place)),
        .left = is_last ? p->code_count - before : GROUP_CODES,
        .is_first = true,
        .code = group_code(p, group),
    };
}

// The next code's list.
static enum err next_list(struct group_walk *w, struct slice *out, struct fault *why)
{
    uint64_t step = reader_varint(&w->in);
    *out = reader_blob(&w->in);
    bool is_right =
        w->is_first ? step == 0 : step > 0 && step < CODE_NONE && w->code + step < CODE_NONE;
    if (w->in.short_of_bytes || !is_right || w->code >= CODE_NONE)
        return fail(why, ERR_CORRUPT, "postings are not in order");
    w->code += step;
    w->is_first = false;
    w->left--;
    return OK;
}

// Bits may be NULL.
static enum err read_list(const struct postings *p, struct slice list, uint32_t first,
                          uint64_t *bits, struct fault *why)
{
    struct reader in = reader_over(list);
    uint64_t block = reader_varint(&in);
    for (;;) {
        if (in.short_of_bytes || block >= p->block_count)
            return fail(why, ERR_CORRUPT, "postings name a block that is not there");
        uint64_t at = first + block;
        if (bits)
            bits[at / 64] |= (uint64_t)1 << (at % 64);
        if (reader_left(&in) == 0)
            return OK;
        block += reader_varint(&in) + 1;
    }
}

static enum err check_group(const struct postings *p, uint32_t group, struct fault *why)
{
    struct group_walk w = group_walk(p, group);
    enum err e = OK;
    while (w.left > 0 && !e) {
        struct slice list;
        e = next_list(&w, &list, why);
        if (!e)
            e = read_list(p, list, 0, NULL, why);
    }
    bool is_before = group + 1 == p->group_count || w.code < group_code(p, group + 1);
    if (!e && !is_before)
        e = fail(why, ERR_CORRUPT, "postings are not in order");
    return e ? e : reader_end(&w.in, why);
}

enum err postings_check(const struct postings *p, struct fault *why)
{
    enum err e = OK;
    for (uint32_t g = 0; g < p->group_count && !e; g++)
        e = check_group(p, g, why);
    return e;
}

enum err postings_open(struct slice bytes, uint32_t block_count, struct postings *out,
                       struct fault *why)
{
    struct reader in = reader_over(bytes);
    struct postings p = {0};
    p.block_count = reader_u32_le(&in);
    p.code_count = reader_u32_le(&in);
    uint32_t lists_bytes = reader_u32_le(&in);
    p.group_count = p.code_count / GROUP_CODES + (p.code_count % GROUP_CODES != 0);
    p.groups = in.at;
    (void)reader_bytes(&in, (size_t)p.group_count * GROUP_BYTES);
    p.lists = reader_bytes(&in, lists_bytes);
    enum err e = reader_end(&in, why);
    if (e)
        return e;
    if (p.block_count != block_count || block_count > POSTINGS_BLOCKS_MAX)
        return fail(why, ERR_CORRUPT, "postings are of %u blocks, not %u", p.block_count,
                    block_count);
    e = check_groups(&p, why);
    if (!e)
        *out = p;
    return e;
}

enum err postings_blocks(const struct postings *p, uint32_t code, uint32_t first, uint64_t *bits,
                         struct fault *why)
{
    uint32_t lo = 0;
    uint32_t hi = p->group_count;
    if (hi == 0 || group_code(p, 0) > code)
        return OK;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (group_code(p, mid) <= code)
            lo = mid;
        else
            hi = mid;
    }
    struct group_walk w = group_walk(p, lo);
    while (w.left > 0) {
        struct slice list;
        enum err e = next_list(&w, &list, why);
        if (e || w.code > code)
            return e;
        if (w.code == code)
            return read_list(p, list, first, bits, why);
    }
    return OK;
}
