// SPDX-License-Identifier: Apache-2.0
#include "codec/codec_private.h"

#include <stdlib.h>

// Stepped: whole numbers that are all a multiple of a step away from the smallest, such as
// times to the hour, kept as those multiples in an encoding of their own.
//
//     step u64 (2 or more), base u64
//     inner u8 (place in `inners`), the multiples as it has them
//
// value = base + step * multiple, modulo 2^64.

enum { HEADER_BYTES = 17, INNER_AT = 16 };

static const struct encoding *const inners[] = {&encoding_packed, &encoding_delta, &encoding_runs};

enum { INNER_COUNT = sizeof inners / sizeof inners[0] };

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// The largest step that all values allow; most columns show after a few values that
// it is 1.
static uint64_t step_of(const struct words *w)
{
    uint64_t step = 0;
    for (uint32_t i = 0; i < w->count && step != 1; i++) {
        uint64_t distance = w->at[i] - (uint64_t)w->min;
        if (step == 0 || distance % step != 0)
            step = gcd(step, distance);
    }
    return step;
}

static uint64_t *multiples_new(const struct words *w, uint64_t step)
{
    uint64_t *multiples = malloc(w->count * sizeof *multiples);
    CHECK(multiples != NULL);
    for (uint32_t i = 0; i < w->count; i++)
        multiples[i] = (w->at[i] - (uint64_t)w->min) / step;
    return multiples;
}

// The smallest of the inner encodings, and its bytes.
static unsigned choose_inner(const struct words *multiples, size_t *out_bytes)
{
    unsigned best = 0;
    *out_bytes = SIZE_MAX;
    for (unsigned i = 0; i < INNER_COUNT; i++) {
        size_t bytes = inners[i]->bytes(multiples);
        if (bytes < *out_bytes) {
            best = i;
            *out_bytes = bytes;
        }
    }
    return best;
}

// The multiples are positive: a range of more than 63 bits has no step worth having.
static struct words words_of(const struct words *w, const uint64_t *multiples, uint64_t step)
{
    uint64_t range = (uint64_t)w->max - (uint64_t)w->min;
    return (struct words){multiples, w->count, COLUMN_I64, 0, (int64_t)(range / step)};
}

static size_t stepped_bytes(const struct words *w)
{
    uint64_t step = w->kind == COLUMN_I64 ? step_of(w) : 1;
    if (step < 2)
        return SIZE_MAX;
    uint64_t *multiples = multiples_new(w, step);
    struct words inner = words_of(w, multiples, step);
    size_t bytes;
    (void)choose_inner(&inner, &bytes);
    free(multiples);
    return HEADER_BYTES + bytes;
}

static void stepped_encode(const struct words *w, struct buf *out)
{
    uint64_t step = step_of(w);
    CHECK(step >= 2);
    uint64_t *multiples = multiples_new(w, step);
    struct words inner = words_of(w, multiples, step);
    size_t bytes;
    unsigned id = choose_inner(&inner, &bytes);
    buf_u64_le(out, step);
    buf_u64_le(out, (uint64_t)w->min);
    buf_u8(out, (uint8_t)id);
    inners[id]->encode(&inner, out);
    free(multiples);
}

static enum err stepped_check(struct slice data, enum column_kind kind, uint32_t count,
                              struct fault *why)
{
    if (kind != COLUMN_I64 || data.len < HEADER_BYTES || load_u64(data.at) < 2 ||
        data.at[INNER_AT] >= INNER_COUNT)
        return fail(why, ERR_CORRUPT, "stepped column of %zu bytes", data.len);
    return inners[data.at[INNER_AT]]->check(slice_from(data, HEADER_BYTES), kind, count, why);
}

struct column stepped_multiples(const struct column *c, uint64_t *out_step, uint64_t *out_base)
{
    *out_step = load_u64(c->data);
    *out_base = load_u64(c->data + sizeof(uint64_t));
    struct column inner = *c;
    inner.how = inners[c->data[INNER_AT]];
    inner.data += HEADER_BYTES;
    inner.data_bytes -= HEADER_BYTES;
    return inner;
}

static void stepped_words(const struct column *c, uint64_t *out)
{
    uint64_t step;
    uint64_t base;
    struct column inner = stepped_multiples(c, &step, &base);
    inner.how->words(&inner, out);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = base + step * out[i];
}

static uint64_t stepped_word_at(const struct column *c, uint32_t row)
{
    uint64_t step;
    uint64_t base;
    struct column inner = stepped_multiples(c, &step, &base);
    return base + step * inner.how->word_at(&inner, row);
}

static void stepped_distances_u16(const struct column *c, uint64_t from, uint16_t *out)
{
    uint64_t step;
    uint64_t base;
    struct column inner = stepped_multiples(c, &step, &base);
    inner.how->distances_u16(&inner, 0, out);
    uint32_t by = (uint16_t)step;
    uint32_t start = (uint32_t)(base - from);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = (uint16_t)(start + by * out[i]);
}

static void stepped_distances_u32(const struct column *c, uint64_t from, uint32_t *out)
{
    uint64_t step;
    uint64_t base;
    struct column inner = stepped_multiples(c, &step, &base);
    inner.how->distances_u32(&inner, 0, out);
    uint32_t by = (uint32_t)step;
    uint32_t start = (uint32_t)(base - from);
    for (uint32_t i = 0; i < c->held; i++)
        out[i] = start + by * out[i];
}

const struct encoding encoding_stepped = {
    .name = "stepped",
    .bytes = stepped_bytes,
    .encode = stepped_encode,
    .check = stepped_check,
    .words = stepped_words,
    .word_at = stepped_word_at,
    .distances_u16 = stepped_distances_u16,
    .distances_u32 = stepped_distances_u32,
};
