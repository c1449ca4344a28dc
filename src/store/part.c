// SPDX-License-Identifier: Apache-2.0
#include "store/part.h"

#include "base/check.h"

#include <stdatomic.h>
#include <stdlib.h>

static struct part *part_new(uint64_t first_row)
{
    struct part *p = calloc(1, sizeof *p);
    CHECK(p);
    static _Atomic uint64_t made;
    p->refs = 1;
    p->id = atomic_fetch_add(&made, 1) + 1;
    p->first_row = first_row;
    return p;
}

struct part *part_of_memory(const struct table *t, uint64_t first_row)
{
    struct part *p = part_new(first_row);
    p->memory = memory_new(t);
    return p;
}

struct part *part_of_segment(struct segment *s, uint64_t file, uint64_t first_row, uint64_t span,
                             struct rowmap *map)
{
    struct part *p = part_new(first_row);
    uint64_t rows = segment_rows(s);
    CHECK(rows > 0 && rows < UINT32_MAX);
    p->segment = s;
    p->segment_rows = (uint32_t)rows;
    p->file = file;
    p->span = span;
    p->rowmap = map;
    p->attributes = attributes_new();
    uint32_t last = (uint32_t)((rows - 1) % BLOCK_ROWS + 1);
    for (uint32_t i = 0; i < last; i++)
        bit_set(p->all, i);
    return p;
}

struct part *part_ref(struct part *p)
{
    __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
    return p;
}

void part_unref(struct part *p)
{
    if (!p || __atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    memory_free(p->memory);
    if (p->segment)
        segment_close(p->segment);
    rowmap_free(p->rowmap);
    attributes_free(p->attributes);
    free(p);
}

uint32_t part_code_at(const struct part *p, uint32_t row, uint32_t field)
{
    return p->memory ? memory_code_at(p->memory, row, field)
                     : segment_code_at(p->segment, row / BLOCK_ROWS, row % BLOCK_ROWS, field);
}

bool part_i64_at(const struct part *p, uint32_t row, uint32_t field, int64_t *out)
{
    return p->memory ? memory_i64_at(p->memory, row, field, out)
                     : segment_i64_at(p->segment, row / BLOCK_ROWS, row % BLOCK_ROWS, field, out);
}

bool part_f64_at(const struct part *p, uint32_t row, uint32_t field, double *out)
{
    return p->memory ? memory_f64_at(p->memory, row, field, out)
                     : segment_f64_at(p->segment, row / BLOCK_ROWS, row % BLOCK_ROWS, field, out);
}

struct row_key part_key_at(const struct part *p, uint32_t row)
{
    return p->memory ? memory_key_at(p->memory, row)
                     : segment_key_at(p->segment, row / BLOCK_ROWS, row % BLOCK_ROWS);
}

void part_keys(const struct part *p, uint32_t block, uint32_t rows, struct row_key *out)
{
    if (p->memory)
        memory_keys(p->memory, block, rows, out);
    else
        segment_keys(p->segment, block, out);
}

void part_codes(const struct part *p, uint32_t block, uint32_t rows, uint32_t field, uint32_t *out)
{
    if (p->memory)
        memory_codes(p->memory, block, rows, field, out);
    else
        segment_codes(p->segment, block, field, out);
}

void part_codes_narrow(const struct part *p, uint32_t block, uint32_t rows, uint32_t field,
                       unsigned width, void *out)
{
    if (p->memory)
        memory_codes_narrow(p->memory, block, rows, field, width, out);
    else
        segment_codes_narrow(p->segment, block, field, width, out);
}

void part_codes_of(const struct part *p, uint32_t block, uint32_t field,
                   const struct block_rows *rows, uint32_t *out)
{
    if (p->segment)
        return segment_codes_of(p->segment, block, field, rows, out);
    for (uint32_t i = 0; i < rows->count; i++)
        out[i] = memory_code_at(p->memory, block * BLOCK_ROWS + rows->at[i], field);
}

void part_i64_of(const struct part *p, uint32_t block, uint32_t field,
                 const struct block_rows *rows, int64_t *out, bool *out_has)
{
    if (p->segment)
        return segment_i64_of(p->segment, block, field, rows, out, out_has);
    for (uint32_t i = 0; i < rows->count; i++)
        out_has[i] = memory_i64_at(p->memory, block * BLOCK_ROWS + rows->at[i], field, &out[i]);
}

void part_i64(const struct part *p, uint32_t block, uint32_t rows, uint32_t field, int64_t *out,
              uint64_t *out_present)
{
    if (p->memory)
        memory_i64(p->memory, block, rows, field, out, out_present);
    else
        segment_i64(p->segment, block, field, out, out_present);
}

void part_f64(const struct part *p, uint32_t block, uint32_t rows, uint32_t field, double *out,
              uint64_t *out_present)
{
    if (p->memory)
        memory_f64(p->memory, block, rows, field, out, out_present);
    else
        segment_f64(p->segment, block, field, out, out_present);
}

struct block_range part_range(const struct part *p, uint32_t block, uint32_t field)
{
    return p->memory ? memory_range(p->memory, block, field)
                     : segment_range(p->segment, block, field);
}

// One of the codes is within the range.
static bool range_has(const struct block_range *r, const struct wanted_codes *want)
{
    uint32_t lo = 0;
    uint32_t hi = want->count;
    while (r->any && lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if ((int64_t)want->codes[mid] < r->min)
            lo = mid + 1;
        else
            hi = mid;
    }
    return r->any && lo < want->count && (int64_t)want->codes[lo] <= r->max;
}

void part_blocks_of(const struct part *p, uint32_t rows, const struct wanted_codes *want,
                    uint32_t first, uint64_t *bits)
{
    struct memory_wanted in_memory = {want->field, want->count, want->codes, rows, first};
    if (p->segment &&
        segment_blocks_of(p->segment, want->field, want->codes, want->count, first, bits))
        return;
    if (p->memory && memory_blocks_of(p->memory, &in_memory, bits))
        return;
    for (uint32_t b = 0; b * BLOCK_ROWS < rows; b++) {
        struct block_range r = part_range(p, b, want->field);
        if (range_has(&r, want))
            bit_set(bits, first + b);
    }
}
