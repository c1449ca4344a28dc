// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

#include <stdlib.h>

// Runs: each value that repeats once, and where its run ends.
//
//     run_count u16 (1 to RUNS_MAX)
//     ends      u16 each: rows before the run's end; ascending, the last is all rows
//     base u64, width u8, packed: the value of each run

enum { RUNS_MAX = COLUMN_RUNS_MAX, END_BYTES = 2, COUNT_BYTES = 2 };

static uint32_t run_count(const struct words *w)
{
    uint32_t runs = 1;
    for (uint32_t i = 1; i < w->count; i++)
        runs += w->at[i] != w->at[i - 1];
    return runs;
}

static size_t runs_bytes(const struct words *w)
{
    uint32_t runs = run_count(w);
    if (runs > RUNS_MAX)
        return SIZE_MAX;
    return COUNT_BYTES + (size_t)runs * END_BYTES + frame_bytes(w->min, w->max, runs);
}

static void add_end(struct buf *out, uint32_t end)
{
    buf_u8(out, (uint8_t)end);
    buf_u8(out, (uint8_t)(end >> 8));
}

static void runs_encode(const struct words *w, struct buf *out)
{
    uint32_t runs = run_count(w);
    CHECK(runs <= RUNS_MAX);
    uint64_t *values = malloc(runs * sizeof *values);
    CHECK(values != NULL);
    add_end(out, runs);
    uint32_t run = 0;
    for (uint32_t i = 1; i <= w->count; i++) {
        if (i < w->count && w->at[i] == w->at[i - 1])
            continue;
        values[run++] = w->at[i - 1];
        add_end(out, i);
    }
    frame_encode(values, runs, w->min, w->max, out);
    free(values);
}

static uint32_t u16_at(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

struct runs {
    uint32_t count;
    const uint8_t *ends;
    struct frame values;
};

static struct runs runs_of(const struct column *c)
{
    uint32_t count = u16_at(c->data);
    const uint8_t *ends = c->data + COUNT_BYTES;
    return (struct runs){count, ends, frame_of(ends + (size_t)count * END_BYTES)};
}

static enum err runs_check(struct slice data, enum column_kind kind, uint32_t count,
                           struct fault *why)
{
    uint32_t runs = data.len < COUNT_BYTES ? 0 : u16_at(data.at);
    size_t head = COUNT_BYTES + (size_t)runs * END_BYTES;
    if (runs < 1 || runs > RUNS_MAX || data.len < head)
        return fail(why, ERR_CORRUPT, "column of %u runs in %zu bytes", runs, data.len);
    uint32_t before = 0;
    for (uint32_t i = 0; i < runs; i++) {
        uint32_t end = u16_at(data.at + COUNT_BYTES + (size_t)i * END_BYTES);
        if (end <= before)
            return fail(why, ERR_CORRUPT, "run %u does not end after it begins", i);
        before = end;
    }
    if (before != count)
        return fail(why, ERR_CORRUPT, "runs of %u values, not %u", before, count);
    struct slice values = slice_from(data, head);
    enum err e = frame_check(values, runs, why);
    if (e != OK)
        return e;
    struct frame f = frame_of(values.at);
    if (kind == COLUMN_CODES && (f.width > 32 || f.base > UINT32_MAX))
        return fail(why, ERR_CORRUPT, "codes of more than 32 bits");
    return OK;
}

static void runs_words(const struct column *c, uint64_t *out)
{
    struct runs r = runs_of(c);
    uint64_t values[RUNS_MAX];
    bitunpack_u64(r.values.packed, r.count, r.values.width, r.values.base, values);
    uint32_t i = 0;
    for (uint32_t run = 0; run < r.count; run++) {
        for (uint32_t end = u16_at(r.ends + (size_t)run * END_BYTES); i < end; i++)
            out[i] = values[run];
    }
}

static void runs_distances_u32(const struct column *c, uint64_t base, uint32_t *out)
{
    struct runs r = runs_of(c);
    uint32_t values[RUNS_MAX];
    bitunpack_u32(r.values.packed, r.count, frame_low_width(&r.values),
                  (uint32_t)(r.values.base - base), values);
    uint32_t i = 0;
    for (uint32_t run = 0; run < r.count; run++) {
        for (uint32_t end = u16_at(r.ends + (size_t)run * END_BYTES); i < end; i++)
            out[i] = values[run];
    }
}

static void runs_distances_u16(const struct column *c, uint64_t base, uint16_t *out)
{
    struct runs r = runs_of(c);
    uint16_t values[RUNS_MAX];
    bitunpack_u16(r.values.packed, r.count, frame_low_width(&r.values),
                  (uint32_t)(r.values.base - base), values);
    uint32_t i = 0;
    for (uint32_t run = 0; run < r.count; run++) {
        for (uint32_t end = u16_at(r.ends + (size_t)run * END_BYTES); i < end; i++)
            out[i] = values[run];
    }
}

static void runs_codes(const struct column *c, uint32_t *out)
{
    runs_distances_u32(c, 0, out);
}

static void runs_codes_u8(const struct column *c, uint8_t *out)
{
    struct runs r = runs_of(c);
    uint8_t values[RUNS_MAX];
    bitunpack_u8(r.values.packed, r.count, r.values.width, (uint32_t)r.values.base, values);
    uint32_t i = 0;
    for (uint32_t run = 0; run < r.count; run++) {
        uint32_t end = u16_at(r.ends + (size_t)run * END_BYTES);
        memset(out + i, values[run], end - i);
        i = end;
    }
}

uint32_t runs_of_codes_u8(const struct column *c, uint8_t *codes, uint16_t *ends)
{
    struct runs r = runs_of(c);
    bitunpack_u8(r.values.packed, r.count, r.values.width, (uint32_t)r.values.base, codes);
    for (uint32_t run = 0; run < r.count; run++)
        ends[run] = (uint16_t)u16_at(r.ends + (size_t)run * END_BYTES);
    return r.count;
}

static uint64_t runs_word_at(const struct column *c, uint32_t row)
{
    struct runs r = runs_of(c);
    uint32_t low = 0;
    uint32_t high = r.count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (u16_at(r.ends + (size_t)middle * END_BYTES) <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return r.values.base + bitpack_at(r.values.packed, r.count, r.values.width, low);
}

const struct encoding encoding_runs = {
    .name = "runs",
    .bytes = runs_bytes,
    .encode = runs_encode,
    .check = runs_check,
    .words = runs_words,
    .word_at = runs_word_at,
    .codes = runs_codes,
    .codes_u8 = runs_codes_u8,
    .distances_u16 = runs_distances_u16,
    .distances_u32 = runs_distances_u32,
};
