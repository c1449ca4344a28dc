// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every encoding is made of.  All of them work on 64-bit words: numbers as they are,
// codes widened, doubles by their bits.

#include "base/buf.h"
#include "base/check.h"
#include "codec/bitpack.h"
#include "codec/column.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are copied as they lie");

// A column on the way in; gaps are already filled with a neighbour's value.
struct words {
    const uint64_t *at;
    uint32_t count; // 1 to COLUMN_ROWS_MAX
    enum column_kind kind;
    int64_t min, max; // as signed numbers
};

// Reading functions see a column of c->held values, none missing.
struct encoding {
    const char *name;
    // How many bytes encode() would take; SIZE_MAX when it cannot hold these words.
    size_t (*bytes)(const struct words *w);
    void (*encode)(const struct words *w, struct buf *out);
    // ERR_CORRUPT unless the readers below are safe on these bytes.
    enum err (*check)(struct slice data, enum column_kind kind, uint32_t count, struct fault *why);
    void (*words)(const struct column *c, uint64_t *out);
    uint64_t (*word_at)(const struct column *c, uint32_t row);
    void (*codes)(const struct column *c, uint32_t *out); // NULL: never holds codes
    // Each value's distance from `base`, modulo 2^16 and 2^32.
    void (*distances_u16)(const struct column *c, uint64_t base, uint16_t *out);
    void (*distances_u32)(const struct column *c, uint64_t base, uint32_t *out);
    void (*codes_u8)(const struct column *c, uint8_t *out); // cut off; NULL with codes()
};

extern const struct encoding encoding_constant;
extern const struct encoding encoding_packed;
extern const struct encoding encoding_delta;
extern const struct encoding encoding_scaled;
extern const struct encoding encoding_plain;
extern const struct encoding encoding_runs;
extern const struct encoding encoding_stepped;

// A frame of reference: {base u64, width u8} and the packed differences.  Part of several
// encodings.
enum { FRAME_HEADER_BYTES = 9 };

struct frame {
    uint64_t base;
    unsigned width;
    const uint8_t *packed;
};

size_t frame_bytes(int64_t min, int64_t max, uint32_t count);
void frame_encode(const uint64_t *words, uint32_t count, int64_t min, int64_t max, struct buf *out);
enum err frame_check(struct slice data, uint32_t count, struct fault *why);
struct frame frame_of(const uint8_t *data);

// Bits of the first plane, which is all that numbers modulo 2^32 need.
static inline unsigned frame_low_width(const struct frame *f)
{
    return f->width < 32 ? f->width : 32;
}

// stepped.c: of a column in encoding_stepped, the multiples as a column of their own.
struct column stepped_multiples(const struct column *c, uint64_t *out_step, uint64_t *out_base);

// runs.c: of a column in encoding_runs, each run's code, cut off, and the row behind it; how many.
uint32_t runs_of_codes_u8(const struct column *c, uint8_t *codes, uint16_t *ends);

// scaled.c: the whole number over a power of ten that a double is, bit for bit; false when
// it is none.
bool scaled_word(uint64_t bits, unsigned *out_power, int64_t *out_whole);
// Of a column in encoding_scaled.
void scaled_shape(const struct column *c, struct column_scale *out);

static inline uint64_t load_u64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}
