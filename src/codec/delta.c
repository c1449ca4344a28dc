// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"
#include "codec/prefix_sum.h"

#include <stdlib.h>

// Delta: each value's distance from the one before it, for times that arrive nearly in
// order, and for codes of values that are new in each row.  Every 512th value is kept whole, so
// that one value costs at most 512 steps.
//
//     starts  u64 per group of 512 values
//     base u64, width u8, packed: distance - base; at a group's start the base itself

static uint32_t group_count(uint32_t count)
{
    return (count + BITPACK_GROUP - 1) / BITPACK_GROUP;
}

// Distances may wrap around; adding them up again wraps back.
static int64_t distance_at(const struct words *w, uint32_t i)
{
    return (int64_t)(w->at[i] - w->at[i - 1]);
}

// False when there is no distance at all.
static bool distance_range(const struct words *w, int64_t *out_min, int64_t *out_max)
{
    if (w->count < 2)
        return false;
    int64_t min = distance_at(w, 1);
    int64_t max = min;
    for (uint32_t i = 2; i < w->count; i++) {
        int64_t d = distance_at(w, i);
        if (i % BITPACK_GROUP == 0)
            continue;
        min = d < min ? d : min;
        max = d > max ? d : max;
    }
    *out_min = min;
    *out_max = max;
    return true;
}

static size_t delta_bytes(const struct words *w)
{
    int64_t min;
    int64_t max;
    if (w->kind == COLUMN_F64 || !distance_range(w, &min, &max))
        return SIZE_MAX;
    return group_count(w->count) * sizeof(uint64_t) + frame_bytes(min, max, w->count);
}

static void delta_encode(const struct words *w, struct buf *out)
{
    int64_t min;
    int64_t max;
    CHECK(distance_range(w, &min, &max));
    uint64_t *distances = malloc(w->count * sizeof *distances);
    CHECK(distances != NULL);
    for (uint32_t i = 0; i < w->count; i++) {
        bool starts = i % BITPACK_GROUP == 0;
        if (starts)
            buf_u64_le(out, w->at[i]);
        distances[i] = (uint64_t)(starts ? min : distance_at(w, i));
    }
    frame_encode(distances, w->count, min, max, out);
    free(distances);
}

static enum err delta_check(struct slice data, enum column_kind kind, uint32_t count,
                            struct fault *why)
{
    size_t starts = group_count(count) * sizeof(uint64_t);
    if (kind == COLUMN_F64 || data.len < starts)
        return fail(why, ERR_CORRUPT, "delta column of %zu bytes", data.len);
    return frame_check(slice_from(data, starts), count, why);
}

static struct frame delta_frame(const struct column *c)
{
    return frame_of(c->data + group_count(c->held) * sizeof(uint64_t));
}

// A group of distances on its way to values.
struct group {
    uint64_t start;
    uint32_t from;
    uint32_t count;
    const uint8_t *packed; // the plane of the low bits
};

static struct group group_at(const struct column *c, const struct frame *f, uint32_t from)
{
    uint32_t count = c->held - from < BITPACK_GROUP ? c->held - from : BITPACK_GROUP;
    return (struct group){
        .start = load_u64(c->data + from / BITPACK_GROUP * sizeof(uint64_t)),
        .from = from,
        .count = count,
        .packed = f->packed + (size_t)from / 8 * frame_low_width(f),
    };
}

// Whether no sum of a group's distances leaves 32 bits with a sign.
static bool sums_fit(const struct frame *f)
{
    const int64_t limit = (int64_t)1 << 31;
    int64_t base = (int64_t)f->base;
    return f->width < 23 && base > -limit / BITPACK_GROUP &&
           base < limit / BITPACK_GROUP - ((int64_t)1 << f->width);
}

static void delta_words(const struct column *c, uint64_t *out)
{
    struct frame f = delta_frame(c);
    bool fit = sums_fit(&f);
    if (!fit)
        bitunpack_u64(f.packed, c->held, f.width, f.base, out);
    for (uint32_t from = 0; from < c->held; from += BITPACK_GROUP) {
        struct group g = group_at(c, &f, from);
        if (fit) {
            uint32_t steps[BITPACK_GROUP];
            bitunpack_u32(g.packed, g.count, f.width, (uint32_t)f.base, steps);
            steps[0] = 0;
            prefix_sum_i64((const int32_t *)steps, g.count, (int64_t)g.start,
                           (int64_t *)out + from);
            continue;
        }
        out[from] = g.start;
        for (uint32_t i = from + 1; i < from + g.count; i++)
            out[i] += out[i - 1];
    }
}

// The values of a group less `base`.  Whatever sums are counted modulo, they are right
// in that.
static struct group group_sums(const struct column *c, const struct frame *f, uint32_t from,
                               uint64_t base, uint32_t *out)
{
    struct group g = group_at(c, f, from);
    bitunpack_u32(g.packed, g.count, frame_low_width(f), (uint32_t)f->base, out);
    out[0] = 0;
    prefix_sum_u32(out, g.count, (uint32_t)(g.start - base));
    return g;
}

static void delta_distances_u32(const struct column *c, uint64_t base, uint32_t *out)
{
    struct frame f = delta_frame(c);
    for (uint32_t from = 0; from < c->held; from += BITPACK_GROUP)
        (void)group_sums(c, &f, from, base, out + from);
}

static void delta_distances_u16(const struct column *c, uint64_t base, uint16_t *out)
{
    struct frame f = delta_frame(c);
    for (uint32_t from = 0; from < c->held; from += BITPACK_GROUP) {
        uint32_t sums[BITPACK_GROUP];
        struct group g = group_sums(c, &f, from, base, sums);
        for (uint32_t i = 0; i < g.count; i++)
            out[from + i] = (uint16_t)sums[i];
    }
}

static void delta_codes(const struct column *c, uint32_t *out)
{
    delta_distances_u32(c, 0, out);
}

static void delta_codes_u8(const struct column *c, uint8_t *out)
{
    struct frame f = delta_frame(c);
    for (uint32_t from = 0; from < c->held; from += BITPACK_GROUP) {
        uint32_t sums[BITPACK_GROUP];
        struct group g = group_sums(c, &f, from, 0, sums);
        for (uint32_t i = 0; i < g.count; i++)
            out[from + i] = (uint8_t)sums[i];
    }
}

static uint64_t delta_word_at(const struct column *c, uint32_t row)
{
    struct frame f = delta_frame(c);
    uint32_t start = row - row % BITPACK_GROUP;
    uint64_t value = load_u64(c->data + start / BITPACK_GROUP * sizeof(uint64_t));
    for (uint32_t i = start + 1; i <= row; i++)
        value += f.base + bitpack_at(f.packed, c->held, f.width, i);
    return value;
}

const struct encoding encoding_delta = {
    .name = "delta",
    .bytes = delta_bytes,
    .encode = delta_encode,
    .check = delta_check,
    .words = delta_words,
    .word_at = delta_word_at,
    .codes = delta_codes,
    .codes_u8 = delta_codes_u8,
    .distances_u16 = delta_distances_u16,
    .distances_u32 = delta_distances_u32,
};
