// SPDX-License-Identifier: Apache-2.0
#pragma once

// A table of every storage, and segments of random rows of it.

#include "disk_cases.h"
#include "store/segment.h"
#include "unit/store/fixture.h"

enum { SEG_KIND, SEG_DEVICE, SEG_MS, SEG_AT, SEG_DEGREES, SEG_FIELDS };

static const struct field seg_fields[SEG_FIELDS] = {
    [SEG_KIND] = {.name = "kind", .type = FIELD_KEYWORD, .lookup_table = -1},
    [SEG_DEVICE] = {.name = "device", .type = FIELD_PSEUDONYM, .lookup_table = -1},
    [SEG_MS] = {.name = "ms", .type = FIELD_LONG, .lookup_table = -1},
    [SEG_AT] = {.name = "at", .type = FIELD_DATE, .lookup_table = -1},
    [SEG_DEGREES] = {.name = "degrees", .type = FIELD_DOUBLE, .lookup_table = -1},
};

static const struct table seg_table = {
    .name = "events",
    .field_count = SEG_FIELDS,
    .fields = seg_fields,
    .time_field = SEG_AT,
    .subject_field = -1,
    .key_field = -1,
};

static inline uint64_t seg_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

// The rows of one block; arrays are the test's own.
struct seg_block {
    uint32_t row_count;
    struct row_key keys[BLOCK_ROWS];
    uint32_t kind[BLOCK_ROWS], device[BLOCK_ROWS];
    int64_t ms[BLOCK_ROWS], at[BLOCK_ROWS];
    double degrees[BLOCK_ROWS];
    uint64_t present[BLOCK_ROWS / 64]; // of ms, at and degrees
};

// Block `index` of a test's segment: always the same rows.
static inline struct seg_block *seg_block_new(uint32_t index, uint32_t row_count)
{
    struct seg_block *b = calloc(1, sizeof *b);
    uint64_t random = index + 1;
    b->row_count = row_count;
    for (uint32_t i = 0; i < row_count; i++) {
        b->keys[i] = (struct row_key){index % 2 ? seg_random(&random) : 0, seg_random(&random)};
        b->kind[i] = index == 2 ? CODE_NONE : (uint32_t)(seg_random(&random) % 9);
        b->device[i] =
            seg_random(&random) % 10 ? (uint32_t)(seg_random(&random) % 100000) : CODE_NONE;
        if (index != 1 && seg_random(&random) % 8 == 0)
            continue;
        b->present[i / 64] |= (uint64_t)1 << i % 64;
        b->ms[i] = (int64_t)(seg_random(&random) % 3000) - 7;
        b->at[i] = 1700000000000 + (int64_t)i * 250 + (int64_t)(seg_random(&random) % 250);
        b->degrees[i] = ((double)(seg_random(&random) % 700) - 200) / 10;
    }
    return b;
}

static inline enum err seg_block_write(struct segment_writer *sw, const struct seg_block *b,
                                       struct fault *why)
{
    struct segment_column columns[SEG_FIELDS] = {
        [SEG_KIND] = {.codes = b->kind},
        [SEG_DEVICE] = {.codes = b->device},
        [SEG_MS] = {.i64 = b->ms, .present = b->present},
        [SEG_AT] = {.i64 = b->at, .present = b->present},
        [SEG_DEGREES] = {.f64 = b->degrees, .present = b->present},
    };
    return segment_writer_block(sw, b->row_count, b->keys, columns, why);
}

static inline uint32_t seg_rows_of(uint64_t row_count, uint32_t index)
{
    uint64_t left = row_count - (uint64_t)index * BLOCK_ROWS;
    return left < BLOCK_ROWS ? (uint32_t)left : BLOCK_ROWS;
}

static inline enum err seg_write(const struct world *w, const char *name, uint64_t row_count,
                                 uint64_t *out_bytes)
{
    struct segment_writer *sw = NULL;
    enum err e = segment_writer_new(w, name, &seg_table, &sw, NULL);
    for (uint32_t i = 0; e == OK && (uint64_t)i * BLOCK_ROWS < row_count; i++) {
        struct seg_block *b = seg_block_new(i, seg_rows_of(row_count, i));
        e = seg_block_write(sw, b, NULL);
        free(b);
        if (e != OK)
            segment_writer_drop(sw);
    }
    return e == OK ? segment_writer_finish(sw, out_bytes, NULL) : e;
}
