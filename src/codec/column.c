// SPDX-License-Identifier: Apache-2.0
#include "codec/column.h"

#include "base/reader.h"
#include "codec/codec_private.h"

#include <stdlib.h>

// chunk:   encoding  u8   place in `encodings`
//          gaps      u8   GAPS_NONE ... GAPS_SPARSE
//          present   bit per row, (count + 7) / 8 bytes; only with gaps
//          data      as the encoding has it, to the end of the chunk: a value of every row,
//                    or, where few rows have one, only those (sparse)

// The order is part of the format, and the cheapest to decode come first: a later one is
// taken only when it saves a 16th.
static const struct encoding *const encodings[] = {
    &encoding_constant, &encoding_plain, &encoding_packed,  &encoding_scaled,
    &encoding_delta,    &encoding_runs,  &encoding_stepped,
};

enum { GAPS_NONE, GAPS_FILLED, GAPS_SPARSE };

enum {
    ENCODING_COUNT = sizeof encodings / sizeof encodings[0],
    WORDS_MAX = COLUMN_ROWS_MAX / 64,
    SAVES_ONE_IN = 16,
    SPARSE_ONE_IN = 4, // reading puts every value in its place: cheap only when they are few
};

static bool present_at(const uint64_t *present, uint32_t i)
{
    return present[i / 64] >> (i % 64) & 1;
}

// --- encoding

static bool has_gaps(const uint64_t *present, uint32_t count)
{
    uint32_t whole = count / 64;
    for (uint32_t i = 0; i < whole; i++) {
        if (present[i] != UINT64_MAX)
            return true;
    }
    uint64_t rest = ((uint64_t)1 << count % 64) - 1;
    return count % 64 != 0 && (present[whole] & rest) != rest;
}

// A gap takes the value before it (leading gaps: the first value), which widens nothing.
static void fill_gaps(uint64_t *words, const uint64_t *present, uint32_t count)
{
    uint32_t first = 0;
    while (first < count && !present_at(present, first))
        first++;
    uint64_t last = first < count ? words[first] : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (present_at(present, i))
            last = words[i];
        else
            words[i] = last;
    }
}

static const struct encoding *choose(const struct words *w, unsigned *out_id)
{
    const struct encoding *best = NULL;
    size_t best_bytes = SIZE_MAX;
    for (unsigned i = 0; i < ENCODING_COUNT; i++) {
        if (w->kind == COLUMN_CODES && !encodings[i]->codes)
            continue;
        size_t bytes = encodings[i]->bytes(w);
        if (bytes == SIZE_MAX || (best && bytes + bytes / SAVES_ONE_IN >= best_bytes))
            continue;
        best = encodings[i];
        best_bytes = bytes;
        *out_id = i;
        if (i == 0)
            break; // nothing is smaller than a constant
    }
    CHECK(best != NULL);
    return best;
}

static void write_present(const uint64_t *present, uint32_t count, struct buf *out)
{
    size_t bytes = (count + 7) / 8;
    uint8_t *room = buf_room(out, bytes);
    if (!room)
        return;
    memcpy(room, present, bytes);
    if (count % 8 != 0)
        room[bytes - 1] &= (uint8_t)((1u << count % 8) - 1);
}

static uint32_t present_count(const uint64_t *present, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count / 64; i++)
        n += (uint32_t)__builtin_popcountll(present[i]);
    uint64_t rest = ((uint64_t)1 << count % 64) - 1;
    return count % 64 ? n + (uint32_t)__builtin_popcountll(present[count / 64] & rest) : n;
}

// Moves the values that are there to the front.
static void close_gaps(uint64_t *words, const uint64_t *present, uint32_t count)
{
    uint32_t to = 0;
    for (uint32_t i = 0; i < count; i++) {
        words[to] = words[i];
        to += present_at(present, i);
    }
}

static struct words words_over(const uint64_t *words, uint32_t count, enum column_kind kind)
{
    struct words w = {words, count, kind, INT64_MAX, INT64_MIN};
    for (uint32_t i = 0; i < count; i++) {
        int64_t v = (int64_t)words[i];
        w.min = v < w.min ? v : w.min;
        w.max = v > w.max ? v : w.max;
    }
    return w;
}

// `words` is ours to fill or close the gaps in.
static void encode_words(uint64_t *words, const uint64_t *present, uint32_t count,
                         enum column_kind kind, struct buf *out)
{
    uint8_t gaps = GAPS_NONE;
    uint32_t held = count;
    if (present && has_gaps(present, count)) {
        held = present_count(present, count);
        gaps = held > 0 && held <= count / SPARSE_ONE_IN ? GAPS_SPARSE : GAPS_FILLED;
    }
    if (present && gaps == GAPS_SPARSE)
        close_gaps(words, present, count);
    if (present && gaps == GAPS_FILLED) {
        fill_gaps(words, present, count);
        held = count;
    }
    struct words w = words_over(words, held, kind);
    unsigned id = 0;
    const struct encoding *how = choose(&w, &id);
    buf_u8(out, (uint8_t)id);
    buf_u8(out, gaps);
    if (present && gaps)
        write_present(present, count, out);
    how->encode(&w, out);
}

static uint64_t *words_new(uint32_t count)
{
    CHECK(count >= 1 && count <= COLUMN_ROWS_MAX);
    uint64_t *words = malloc(count * sizeof *words);
    CHECK(words != NULL);
    return words;
}

void column_encode_codes(const uint32_t *codes, uint32_t count, struct buf *out)
{
    uint64_t *words = words_new(count);
    uint64_t present[WORDS_MAX] = {0};
    for (uint32_t i = 0; i < count; i++) {
        words[i] = codes[i];
        present[i / 64] |= (uint64_t)(codes[i] != COLUMN_NO_CODE) << i % 64;
    }
    encode_words(words, present, count, COLUMN_CODES, out);
    free(words);
}

void column_encode_i64(const int64_t *values, const uint64_t *present, uint32_t count,
                       struct buf *out)
{
    uint64_t *words = words_new(count);
    memcpy(words, values, count * sizeof *words);
    encode_words(words, present, count, COLUMN_I64, out);
    free(words);
}

void column_encode_f64(const double *values, const uint64_t *present, uint32_t count,
                       struct buf *out)
{
    uint64_t *words = words_new(count);
    memcpy(words, values, count * sizeof *words);
    encode_words(words, present, count, COLUMN_F64, out);
    free(words);
}

// --- opening

static enum err open_present(struct reader *in, uint32_t count, const uint8_t **out,
                             struct fault *why)
{
    size_t bytes = (count + 7) / 8;
    struct slice present = reader_bytes(in, bytes);
    if (in->short_of_bytes)
        return fail(why, ERR_CORRUPT, "column ends too soon");
    if (count % 8 != 0 && present.at[bytes - 1] >> count % 8 != 0)
        return fail(why, ERR_CORRUPT, "column has more values than rows");
    *out = present.at;
    return OK;
}

static uint32_t bytes_popcount(const uint8_t *bytes, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        n += (uint32_t)__builtin_popcount(bytes[i]);
    return n;
}

enum err column_open(struct slice bytes, enum column_kind kind, uint32_t count, struct column *out,
                     struct fault *why)
{
    struct reader in = reader_over(bytes);
    uint8_t id = reader_u8(&in);
    uint8_t gaps = reader_u8(&in);
    if (in.short_of_bytes || count < 1 || count > COLUMN_ROWS_MAX)
        return fail(why, ERR_CORRUPT, "column of %u rows in %zu bytes", count, bytes.len);
    if (id >= ENCODING_COUNT || gaps > GAPS_SPARSE)
        return fail(why, ERR_CORRUPT, "column in unknown encoding %u", id);
    struct column c = {.how = encodings[id], .kind = kind, .count = count, .held = count};
    if (gaps) {
        enum err e = open_present(&in, count, &c.present, why);
        if (e != OK)
            return e;
    }
    if (c.present && gaps == GAPS_SPARSE) {
        c.held = bytes_popcount(c.present, (count + 7) / 8);
        if (c.held == 0)
            return fail(why, ERR_CORRUPT, "sparse column without a value");
    }
    if (reader_left(&in) > UINT32_MAX)
        return fail(why, ERR_CORRUPT, "column of %zu bytes", bytes.len);
    c.data = in.at;
    c.data_bytes = (uint32_t)reader_left(&in);
    enum err e = c.how->check(slice_of(c.data, c.data_bytes), kind, c.held, why);
    if (e == OK)
        *out = c;
    return e;
}

const char *column_encoding_name(const struct column *c)
{
    return c->how->name;
}

// --- reading

static bool row_present(const struct column *c, uint32_t row)
{
    return !c->present || (c->present[row / 8] >> (row % 8) & 1);
}

static void read_present(const struct column *c, uint64_t *out)
{
    uint32_t words = (c->count + 63) / 64;
    if (c->present) {
        out[words - 1] = 0;
        memcpy(out, c->present, (c->count + 7) / 8);
        return;
    }
    memset(out, 0xff, words * sizeof *out);
    if (c->count % 64 != 0)
        out[words - 1] = ((uint64_t)1 << c->count % 64) - 1;
}

static bool is_sparse(const struct column *c)
{
    return c->held < c->count;
}

// Rows 64 * `word` and on that are gaps, a bit each.
static uint64_t gaps_of(const uint64_t *present, uint32_t word, uint32_t count)
{
    uint32_t rows = count - word * 64;
    uint64_t gaps = ~present[word];
    return rows < 64 ? gaps & (((uint64_t)1 << rows) - 1) : gaps;
}

// place_TYPE(): after the values that a column holds were read to the front of `out`, puts
// `gap` where there is none; those of a sparse column go to their rows, the last first.
// NOLINTBEGIN(bugprone-macro-parentheses): a type takes none
#define PLACE(type, suffix)                                                                \
    static void spread_##suffix(const struct column *c, const uint64_t *present, type gap, \
                                type *out)                                                 \
    {                                                                                      \
        uint32_t from = c->held;                                                           \
        for (uint32_t word = (c->count + 63) / 64; word-- > 0;) {                          \
            uint32_t rows = c->count - word * 64 < 64 ? c->count - word * 64 : 64;         \
            uint64_t bits = present[word];                                                 \
            type values[64];                                                               \
            uint32_t n = (uint32_t)__builtin_popcountll(bits);                             \
            from -= n;                                                                     \
            memcpy(values, out + from, n * sizeof *values);                                \
            for (uint32_t i = 0; i < rows; i++)                                            \
                out[word * 64 + i] = gap;                                                  \
            for (uint32_t i = 0; bits; bits &= bits - 1)                                   \
                out[word * 64 + (unsigned)__builtin_ctzll(bits)] = values[i++];            \
        }                                                                                  \
    }                                                                                      \
    static void place_##suffix(const struct column *c, type gap, type *out)                \
    {                                                                                      \
        uint64_t present[WORDS_MAX];                                                       \
        read_present(c, present);                                                          \
        if (is_sparse(c)) {                                                                \
            spread_##suffix(c, present, gap, out);                                         \
            return;                                                                        \
        }                                                                                  \
        for (uint32_t word = 0; word < (c->count + 63) / 64; word++) {                     \
            for (uint64_t gaps = gaps_of(present, word, c->count); gaps; gaps &= gaps - 1) \
                out[word * 64 + (unsigned)__builtin_ctzll(gaps)] = gap;                    \
        }                                                                                  \
    }

// NOLINTEND(bugprone-macro-parentheses)

PLACE(uint8_t, u8)
PLACE(uint16_t, u16)
PLACE(uint32_t, u32)
PLACE(uint64_t, u64)

uint32_t column_sparse_count(const struct column *c)
{
    return is_sparse(c) ? c->held : 0;
}

void column_held_u8(const struct column *c, uint8_t *out)
{
    c->how->codes_u8(c, out);
}

void column_held_u16(const struct column *c, uint16_t *out)
{
    c->how->distances_u16(c, 0, out);
}

uint32_t column_code_runs_u8(const struct column *c, uint8_t *codes, uint16_t *ends)
{
    bool has_runs = c->kind == COLUMN_CODES && c->how == &encoding_runs && !c->present;
    return has_runs ? runs_of_codes_u8(c, codes, ends) : 0;
}

void column_codes(const struct column *c, uint32_t *out)
{
    c->how->codes(c, out);
    if (c->present)
        place_u32(c, COLUMN_NO_CODE, out);
}

void column_codes_u8(const struct column *c, uint8_t *out)
{
    c->how->codes_u8(c, out);
    if (c->present)
        place_u8(c, UINT8_MAX, out);
}

void column_codes_u16(const struct column *c, uint16_t *out)
{
    c->how->distances_u16(c, 0, out);
    if (c->present)
        place_u16(c, UINT16_MAX, out);
}

// A constant has no power of its own; any that makes it whole will do.
bool column_scale(const struct column *c, struct column_scale *out)
{
    if (c->how == &encoding_scaled) {
        scaled_shape(c, out);
        return true;
    }
    out->max_distance = 0;
    return c->how == &encoding_constant &&
           scaled_word(c->how->word_at(c, 0), &out->power, &out->min);
}

// The one whole number of a constant of doubles.
static uint64_t whole_constant(const struct column *c)
{
    struct column_scale scale = {.min = 0};
    (void)column_scale(c, &scale);
    return (uint64_t)scale.min;
}

static bool is_constant_f64(const struct column *c)
{
    return c->kind == COLUMN_F64 && c->how == &encoding_constant;
}

void column_distances_u16(const struct column *c, int64_t base, uint16_t *out)
{
    if (!is_constant_f64(c)) {
        c->how->distances_u16(c, (uint64_t)base, out);
    } else {
        uint16_t distance = (uint16_t)(whole_constant(c) - (uint64_t)base);
        for (uint32_t i = 0; i < c->held; i++)
            out[i] = distance;
    }
    if (is_sparse(c))
        place_u16(c, out[0], out);
}

void column_distances_u32(const struct column *c, int64_t base, uint32_t *out)
{
    if (!is_constant_f64(c)) {
        c->how->distances_u32(c, (uint64_t)base, out);
    } else {
        uint32_t distance = (uint32_t)(whole_constant(c) - (uint64_t)base);
        for (uint32_t i = 0; i < c->held; i++)
            out[i] = distance;
    }
    if (is_sparse(c))
        place_u32(c, out[0], out);
}

bool column_step(const struct column *c, uint64_t *out_step, int64_t *out_base)
{
    if (c->how != &encoding_stepped)
        return false;
    uint64_t base;
    (void)stepped_multiples(c, out_step, &base);
    *out_base = (int64_t)base;
    return true;
}

uint64_t column_multiple_max(const struct column *c)
{
    uint64_t step;
    uint64_t base;
    struct column multiples = stepped_multiples(c, &step, &base);
    uint64_t *words = words_new(c->count);
    multiples.how->words(&multiples, words);
    uint64_t max = 0;
    for (uint32_t i = 0; i < c->held; i++)
        max = words[i] > max ? words[i] : max;
    free(words);
    return max;
}

void column_present_bits(const struct column *c, uint64_t *out)
{
    read_present(c, out);
}

static void read_words(const struct column *c, uint64_t *out, uint64_t *out_present)
{
    c->how->words(c, out);
    if (c->present)
        place_u64(c, 0, out);
    read_present(c, out_present);
}

void column_i64(const struct column *c, int64_t *out, uint64_t *out_present)
{
    read_words(c, (uint64_t *)out, out_present);
}

// The words of doubles are their bits, so they are decoded in place.
void column_f64(const struct column *c, double *out, uint64_t *out_present)
{
    read_words(c, (uint64_t *)(void *)out, out_present);
}

// The place of a row's value among those that are held.
static uint32_t held_at(const struct column *c, uint32_t row)
{
    if (!is_sparse(c))
        return row;
    unsigned before = c->present[row / 8] & ((1u << row % 8) - 1);
    return bytes_popcount(c->present, row / 8) + (uint32_t)__builtin_popcount(before);
}

static uint64_t word_at(const struct column *c, uint32_t row)
{
    return c->how->word_at(c, held_at(c, row));
}

uint32_t column_code_at(const struct column *c, uint32_t row)
{
    return row_present(c, row) ? (uint32_t)word_at(c, row) : COLUMN_NO_CODE;
}

bool column_i64_at(const struct column *c, uint32_t row, int64_t *out)
{
    if (!row_present(c, row))
        return false;
    *out = (int64_t)word_at(c, row);
    return true;
}

bool column_f64_at(const struct column *c, uint32_t row, double *out)
{
    if (!row_present(c, row))
        return false;
    uint64_t word = word_at(c, row);
    memcpy(out, &word, sizeof *out);
    return true;
}
