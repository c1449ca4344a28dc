// SPDX-License-Identifier: Apache-2.0
#include "policy/sieve_column.h"

#include "base/check.h"
#include "base/limits.h"
#include "json/utf8.h"
#include "keys/pseudonym.h"

#include <stdlib.h>

// The sieve takes no row once its count of bytes is over LIMIT_CHANGESET_BYTES, and one
// row adds at most LIMIT_VALUE_BYTES to a column.
enum { TEXT_BYTES_MAX = LIMIT_CHANGESET_BYTES + LIMIT_VALUE_BYTES };

void sieve_column_init(struct sieve_column *c, const struct policy_column *declared,
                       const struct field *field, const uint8_t *subject_key, size_t *bytes)
{
    *c = (struct sieve_column){.declared = declared, .field = field, .subject_key = subject_key};
    c->bytes = bytes;
    intern_init(&c->texts, TEXT_BYTES_MAX);
}

void sieve_column_done(struct sieve_column *c)
{
    free(c->present);
    free(c->unchanged);
    free(c->codes);
    free(c->i64);
    free(c->f64);
    intern_done(&c->texts);
}

void sieve_column_reset(struct sieve_column *c)
{
    intern_reset(&c->texts);
    if (c->has_unchanged)
        memset(c->unchanged, 0, c->room_words * sizeof *c->unchanged);
    c->has_unchanged = false;
}

static void *room(void *at, size_t bytes)
{
    at = realloc(at, bytes);
    CHECK(at != NULL);
    return at;
}

void sieve_column_room(struct sieve_column *c, uint32_t rows)
{
    size_t words = bit_words(rows);
    c->present = room(c->present, words * sizeof *c->present);
    c->unchanged = room(c->unchanged, words * sizeof *c->unchanged);
    if (words > c->room_words) {
        memset(c->unchanged + c->room_words, 0, (words - c->room_words) * sizeof *c->unchanged);
        c->room_words = words;
    }
    switch (field_storage(c->field->type)) {
    case STORAGE_CODE:
        c->codes = room(c->codes, rows * sizeof *c->codes);
        break;
    case STORAGE_I64:
        c->i64 = room(c->i64, rows * sizeof *c->i64);
        break;
    case STORAGE_F64:
        c->f64 = room(c->f64, rows * sizeof *c->f64);
        break;
    }
}

static void bit_put(uint64_t *bits, uint32_t at, bool value)
{
    uint64_t bit = (uint64_t)1 << (at % 64);
    bits[at / 64] = value ? bits[at / 64] | bit : bits[at / 64] & ~bit;
}

static void mark(struct sieve_column *c, uint32_t row, bool present, bool unchanged)
{
    bit_put(c->present, row, present);
    c->has_unchanged |= unchanged;
    if (c->has_unchanged)
        bit_put(c->unchanged, row, unchanged);
}

static void put_nothing(struct sieve_column *c, uint32_t row)
{
    if (c->codes)
        c->codes[row] = 0;
    else if (c->i64)
        c->i64[row] = 0;
    else
        c->f64[row] = 0;
}

void sieve_column_null(struct sieve_column *c, uint32_t row)
{
    mark(c, row, false, false);
    put_nothing(c, row);
}

void sieve_column_unchanged(struct sieve_column *c, uint32_t row)
{
    mark(c, row, false, true);
    put_nothing(c, row);
}

void sieve_column_missing(struct sieve_column *c, uint32_t row)
{
    sieve_column_null(c, row);
    c->missing_count++;
}

void sieve_column_i64(struct sieve_column *c, uint32_t row, int64_t value)
{
    mark(c, row, true, false);
    c->i64[row] = value;
}

void sieve_column_f64(struct sieve_column *c, uint32_t row, double value)
{
    mark(c, row, true, false);
    c->f64[row] = value;
}

static bool is_utf8(struct slice text)
{
    while (text.len > 0) {
        size_t len = utf8_len(text.at, text.len);
        if (len == 0)
            return false;
        text = slice_from(text, len);
    }
    return true;
}

static enum err add_text(struct sieve_column *c, struct slice text, uint32_t *out_code,
                         bool *out_new, struct fault *why)
{
    if (text.len > LIMIT_VALUE_BYTES)
        return fail(why, ERR_INVALID, "a value is longer than %d bytes", LIMIT_VALUE_BYTES);
    CHECK(intern_add(&c->texts, text, out_code, out_new));
    if (*out_new)
        *c->bytes += text.len + PSEUDONYM_BYTES;
    return OK;
}

enum err sieve_column_text(struct sieve_column *c, uint32_t row, struct slice text,
                           struct fault *why)
{
    uint32_t code = 0;
    bool is_new = false;
    enum err e = add_text(c, text, &code, &is_new, why);
    if (e)
        return e;
    if (is_new && !is_utf8(text)) {
        intern_drop_newest(&c->texts);
        return fail(why, ERR_INVALID, "a text is no UTF-8");
    }
    mark(c, row, true, false);
    c->codes[row] = code;
    return OK;
}

void sieve_column_code(struct sieve_column *c, uint32_t row, uint32_t code)
{
    mark(c, row, true, false);
    c->codes[row] = code;
}

enum err sieve_column_subject(struct sieve_column *c, uint32_t row, struct slice text,
                              struct fault *why)
{
    uint32_t code = 0;
    bool is_new = false;
    enum err e = add_text(c, text, &code, &is_new, why);
    if (e)
        return e;
    mark(c, row, true, false);
    c->codes[row] = code;
    return OK;
}

enum err sieve_column_sealed(struct sieve_column *c, uint32_t row, struct slice text,
                             struct fault *why)
{
    uint32_t code = 0;
    bool is_new = false;
    struct buf sealed AUTO(buf_donep) = buf_init(SEAL_BYTES_MAX);
    if (c->sealer->is_destroyed) {
        sieve_column_null(c, row);
        return OK;
    }
    enum err e = seal(c->sealer, &c->seal_of, c->seal_row, text, &sealed, why);
    if (!e)
        e = add_text(c, buf_slice(&sealed), &code, &is_new, why);
    if (e)
        return e;
    mark(c, row, true, false);
    c->codes[row] = code;
    return OK;
}

static void *copy(struct arena *batch, const void *from, size_t bytes)
{
    return memcpy(arena_alloc(batch, bytes), from, bytes);
}

// The bits behind the last row are zero, so that equal batches have equal bytes.
static const uint64_t *copy_bits(struct arena *batch, const uint64_t *bits, uint32_t rows)
{
    uint64_t *to = copy(batch, bits, bit_words(rows) * sizeof *bits);
    if (rows % 64)
        to[rows / 64] &= ((uint64_t)1 << (rows % 64)) - 1;
    return to;
}

static struct slice *finish_texts(const struct sieve_column *c, struct arena *batch)
{
    struct slice *values = ARENA_ARRAY(batch, struct slice, c->texts.count);
    const uint8_t *bytes = arena_copy(batch, buf_slice(&c->texts.bytes)).at;
    for (uint32_t i = 0; i < c->texts.count; i++)
        values[i] = slice_of(bytes + c->texts.entries[i].at, c->texts.entries[i].len);
    return values;
}

// The subjects' texts stay where they are, in the column; the arena sees what they become.
static struct slice *finish_subjects(const struct sieve_column *c, struct arena *batch)
{
    struct slice *values = ARENA_ARRAY(batch, struct slice, c->texts.count);
    uint8_t(*pseudonyms)[PSEUDONYM_BYTES] = arena_alloc(batch, c->texts.count * sizeof *pseudonyms);
    for (uint32_t i = 0; i < c->texts.count; i++)
        values[i] = intern_get(&c->texts, i);
    pseudonyms_of_texts(c->subject_key, values, c->texts.count, pseudonyms);
    for (uint32_t i = 0; c->layer && i < c->texts.count; i++)
        layer_put(c->layer, pseudonyms[i]);
    for (uint32_t i = 0; i < c->texts.count; i++)
        values[i] = slice_of(pseudonyms[i], PSEUDONYM_BYTES);
    return values;
}

void sieve_column_finish(const struct sieve_column *c, uint32_t rows, struct arena *batch,
                         struct batch_column *out)
{
    *out = (struct batch_column){.present = copy_bits(batch, c->present, rows)};
    if (c->has_unchanged)
        out->unchanged = copy_bits(batch, c->unchanged, rows);
    switch (field_storage(c->field->type)) {
    case STORAGE_CODE:
        out->codes = copy(batch, c->codes, rows * sizeof *c->codes);
        out->value_count = c->texts.count;
        out->values =
            c->field->type == FIELD_PSEUDONYM ? finish_subjects(c, batch) : finish_texts(c, batch);
        break;
    case STORAGE_I64:
        out->i64 = copy(batch, c->i64, rows * sizeof *c->i64);
        break;
    case STORAGE_F64:
        out->f64 = copy(batch, c->f64, rows * sizeof *c->f64);
        break;
    }
}
