// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include "base/check.h"
#include "store/segment_private.h"

#include <stdlib.h>
#include <string.h>

uint64_t segment_rows(const struct segment *s)
{
    return s->row_count;
}

uint64_t segment_bytes(const struct segment *s)
{
    return s->bytes;
}

uint32_t segment_block_count(const struct segment *s)
{
    return s->block_count;
}

uint32_t segment_block_rows(const struct segment *s, uint32_t block)
{
    uint64_t left = s->row_count - (uint64_t)block * BLOCK_ROWS;
    return left < BLOCK_ROWS ? (uint32_t)left : BLOCK_ROWS;
}

// ---- a block ----

static const struct column *hold_field(const struct segment *s, uint32_t block, uint32_t field)
{
    return segment_hold(s, block, KEY_COLUMNS + field);
}

void segment_codes(const struct segment *s, uint32_t block, uint32_t field, uint32_t *out)
{
    const struct column *c = hold_field(s, block, field);
    if (c)
        column_codes(c, out);
    else
        memset(out, 0xff, segment_block_rows(s, block) * sizeof *out);
    unit_let_go();
}

// Readers hold bits for a whole block, of which a short one fills but some words.
static void clear_rest(const struct column *c, uint64_t *present)
{
    size_t used = bit_words(c->count);
    memset(present + used, 0, (bit_words(BLOCK_ROWS) - used) * sizeof *present);
}

static void give_none(uint32_t rows, void *out, uint64_t *out_present)
{
    memset(out, 0, rows * sizeof(uint64_t));
    memset(out_present, 0, bit_words(BLOCK_ROWS) * sizeof *out_present);
}

void segment_i64(const struct segment *s, uint32_t block, uint32_t field, int64_t *out,
                 uint64_t *out_present)
{
    const struct column *c = hold_field(s, block, field);
    if (c) {
        column_i64(c, out, out_present);
        clear_rest(c, out_present);
    } else {
        give_none(segment_block_rows(s, block), out, out_present);
    }
    unit_let_go();
}

void segment_f64(const struct segment *s, uint32_t block, uint32_t field, double *out,
                 uint64_t *out_present)
{
    const struct column *c = hold_field(s, block, field);
    if (c) {
        column_f64(c, out, out_present);
        clear_rest(c, out_present);
    } else {
        give_none(segment_block_rows(s, block), out, out_present);
    }
    unit_let_go();
}

void segment_codes_narrow(const struct segment *s, uint32_t block, uint32_t field, unsigned width,
                          void *out)
{
    const struct column *c = hold_field(s, block, field);
    if (!c)
        memset(out, 0xff, segment_block_rows(s, block) * (size_t)width);
    else if (width == 1)
        column_codes_u8(c, out);
    else if (width == 2)
        column_codes_u16(c, out);
    else
        column_codes(c, out);
    unit_let_go();
}

uint32_t segment_codes_held(const struct segment *s, uint32_t block, uint32_t field, unsigned width,
                            void *out, uint64_t *out_present)
{
    const struct column *c = hold_field(s, block, field);
    uint32_t count = c && width <= 2 ? column_sparse_count(c) : 0;
    if (count > 0) {
        if (width == 1)
            column_held_u8(c, out);
        else
            column_held_u16(c, out);
        column_present_bits(c, out_present);
        clear_rest(c, out_present);
    }
    unit_let_go();
    return count;
}

uint32_t segment_code_runs(const struct segment *s, uint32_t block, uint32_t field, uint8_t *codes,
                           uint16_t *ends)
{
    const struct column *c = hold_field(s, block, field);
    uint32_t count = c ? column_code_runs_u8(c, codes, ends) : 0;
    unit_let_go();
    return count;
}

void segment_codes_of(const struct segment *s, uint32_t block, uint32_t field,
                      const struct block_rows *rows, uint32_t *out)
{
    const struct column *c = hold_field(s, block, field);
    for (uint32_t i = 0; i < rows->count; i++)
        out[i] = c ? column_code_at(c, rows->at[i]) : CODE_NONE;
    unit_let_go();
}

void segment_i64_of(const struct segment *s, uint32_t block, uint32_t field,
                    const struct block_rows *rows, int64_t *out, bool *out_has)
{
    const struct column *c = hold_field(s, block, field);
    for (uint32_t i = 0; i < rows->count; i++)
        out_has[i] = c && column_i64_at(c, rows->at[i], &out[i]);
    unit_let_go();
}

// Base, power and the largest distance of a column's numbers; false when they are no
// whole numbers.
static bool shape_of(const struct column *c, const struct block_range *r, struct offsets *o,
                     uint64_t *out_max)
{
    struct column_scale scale = {0, r->min, (uint64_t)r->max - (uint64_t)r->min};
    if (c->kind == COLUMN_F64 && !column_scale(c, &scale))
        return false;
    o->base = scale.min;
    o->power = scale.power;
    *out_max = scale.max_distance;
    return true;
}

static bool read_given(const struct column *c, struct offsets *o)
{
    if (c->kind != COLUMN_I64)
        return false;
    o->power = 0;
    o->width = o->given_width;
    o->max = o->width == 2 ? UINT16_MAX : UINT32_MAX;
    if (o->width == 2)
        column_distances_u16(c, o->base, o->distances);
    else
        column_distances_u32(c, o->base, o->distances);
    column_present_bits(c, o->present);
    clear_rest(c, o->present);
    return true;
}

static bool read_offsets(const struct column *c, const struct block_range *r, struct offsets *o)
{
    uint64_t max;
    if (o->given_width)
        return read_given(c, o);
    if (!shape_of(c, r, o, &max) || max > UINT32_MAX)
        return false;
    o->max = (uint32_t)max;
    o->width = max <= UINT16_MAX ? 2 : 4;
    if (o->width == 2)
        column_distances_u16(c, o->base, o->distances);
    else
        column_distances_u32(c, o->base, o->distances);
    column_present_bits(c, o->present);
    clear_rest(c, o->present);
    return true;
}

bool segment_offsets(const struct segment *s, uint32_t block, uint32_t field, struct offsets *o)
{
    const struct column *c = hold_field(s, block, field);
    struct block_range r = segment_range(s, block, field);
    bool can = c && read_offsets(c, &r, o);
    unit_let_go();
    return can;
}

// One half of the keys; zeros where it cannot be read.
static void read_half(const struct segment *s, uint32_t block, uint32_t column, int64_t *out)
{
    uint64_t present[BLOCK_ROWS / 64];
    const struct column *c = segment_hold(s, block, column);
    if (c)
        column_i64(c, out, present);
    else
        memset(out, 0, BLOCK_ROWS * sizeof *out);
    unit_let_go();
}

void segment_keys(const struct segment *s, uint32_t block, struct row_key *out)
{
    uint32_t row_count = segment_block_rows(s, block);
    int64_t *half = malloc(BLOCK_ROWS * sizeof *half);
    CHECK(half != NULL);
    read_half(s, block, 0, half);
    for (uint32_t i = 0; i < row_count; i++)
        out[i].hi = (uint64_t)half[i];
    read_half(s, block, 1, half);
    for (uint32_t i = 0; i < row_count; i++)
        out[i].lo = (uint64_t)half[i];
    free(half);
}

struct block_range segment_range(const struct segment *s, uint32_t block, uint32_t field)
{
    DCHECK(block < s->block_count && field < s->field_count);
    return s->ranges[(size_t)block * s->field_count + field];
}

bool segment_blocks_of(const struct segment *s, uint32_t field, const uint32_t *codes,
                       uint32_t count, uint32_t first, uint64_t *bits)
{
    const struct postings *p = segment_hold_postings(s, field);
    struct fault why = {0};
    enum err e = p ? OK : ERR_NOT_FOUND;
    for (uint32_t i = 0; i < count && !e; i++)
        e = postings_blocks(p, codes[i], first, bits, &why);
    unit_let_go();
    if (p && e)
        segment_doubt_postings(s, field, &why);
    return !e;
}

// ---- a row ----

static const struct column *hold_row(const struct segment *s, uint32_t block, uint32_t field,
                                     struct lone_chunk *alone)
{
    return segment_hold_row(s, block, KEY_COLUMNS + field, alone);
}

uint32_t segment_code_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field)
{
    struct lone_chunk alone;
    const struct column *c = hold_row(s, block, field, &alone);
    uint32_t code = c ? column_code_at(c, row) : CODE_NONE;
    segment_let_go(&alone);
    return code;
}

bool segment_i64_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field,
                    int64_t *out)
{
    struct lone_chunk alone;
    const struct column *c = hold_row(s, block, field, &alone);
    bool has = c && column_i64_at(c, row, out);
    segment_let_go(&alone);
    return has;
}

bool segment_f64_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field,
                    double *out)
{
    struct lone_chunk alone;
    const struct column *c = hold_row(s, block, field, &alone);
    bool has = c && column_f64_at(c, row, out);
    segment_let_go(&alone);
    return has;
}

// 0 where it cannot be read.
static uint64_t half_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t column)
{
    int64_t half = 0;
    struct lone_chunk alone;
    const struct column *c = segment_hold_row(s, block, column, &alone);
    bool has = c && column_i64_at(c, row, &half);
    DCHECK(has || !c);
    segment_let_go(&alone);
    return has ? (uint64_t)half : 0;
}

struct row_key segment_key_at(const struct segment *s, uint32_t block, uint32_t row)
{
    return (struct row_key){half_at(s, block, row, 0), half_at(s, block, row, 1)};
}
