// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/check.h"
#include "keys/crypto.h"
#include "metric/cube_private.h"

#include <stdlib.h>

enum err dim_init(struct dim *d, const struct schema *s, const struct table *t,
                  const struct metric_by *by, struct fault *why)
{
    const struct field *f = &t->fields[by->field];
    *d = (struct dim){.by = by, .target = -1, .type = f->type};
    if (by->lookup >= 0) {
        d->target = f->lookup_table;
        if (d->target < 0 || s->tables[d->target].key_field < 0)
            return fail(why, ERR_INVALID, "metric by %s: field %s refers to no table", by->name,
                        f->name);
        d->key_field = (uint32_t)s->tables[d->target].key_field;
        d->type = s->tables[d->target].fields[by->lookup].type;
    }
    d->storage = field_storage(d->type);
    if (d->storage != STORAGE_CODE)
        d->numbers = dict_new(sizeof(uint64_t));
    return OK;
}

void dim_done(struct dim *d)
{
    dict_free(d->numbers);
    for (size_t i = 0; d->accounted && i < ACCOUNT_PIECES; i++)
        free(d->accounted[i]);
    free(d->accounted);
    free(d->is_dirty);
    free(d->dirty);
    *d = (struct dim){0};
}

uint64_t dim_bytes(const struct dim *d)
{
    uint64_t bytes = d->numbers ? dict_bytes(d->numbers) : 0;
    for (size_t i = 0; d->accounted && i < ACCOUNT_PIECES; i++)
        bytes += d->accounted[i] ? ACCOUNT_KEYS * sizeof(uint32_t) : 0;
    bytes += d->accounted_count / 8; // is_dirty, a bit for each
    return bytes + d->dirty_cap * sizeof *d->dirty +
           (d->accounted ? ACCOUNT_PIECES * sizeof *d->accounted : 0);
}

struct dim dim_of_now(const struct dim *d)
{
    return (struct dim){.by = d->by,
                        .target = d->target,
                        .key_field = d->key_field,
                        .type = d->type,
                        .storage = d->storage,
                        .numbers = d->numbers,
                        .is_frozen = true,
                        .looks_now = true};
}

static void forget_dirty(struct dim *d)
{
    if (d->is_dirty)
        memset(d->is_dirty, 0, bit_words(d->accounted_count) * sizeof *d->is_dirty);
    d->dirty_count = 0;
    d->all_dirty = false;
}

void dim_forget(struct dim *d)
{
    forget_dirty(d);
    for (size_t ord = 0; ord < d->accounted_count; ord++)
        dim_account_as(d, (uint32_t)ord, CODE_UNSEEN);
}

static void *checked(void *at)
{
    CHECK(at != NULL);
    return at;
}

static void reserve(struct dim *d, uint32_t ord)
{
    if (!d->accounted) // large, and touched only as far as there are keys
        d->accounted = checked(calloc(ACCOUNT_PIECES, sizeof *d->accounted));
    while (ord >= d->accounted_count) {
        uint32_t *piece = checked(malloc(ACCOUNT_KEYS * sizeof *piece));
        for (size_t i = 0; i < ACCOUNT_KEYS; i++)
            piece[i] = CODE_UNSEEN;
        size_t words = bit_words(d->accounted_count);
        size_t more = bit_words(ACCOUNT_KEYS);
        d->is_dirty = checked(realloc(d->is_dirty, (words + more) * sizeof *d->is_dirty));
        memset(d->is_dirty + words, 0, more * sizeof *d->is_dirty);
        d->accounted[d->accounted_count / ACCOUNT_KEYS] = piece;
        d->accounted_count += ACCOUNT_KEYS;
    }
}

void dim_restore(struct dim *d, const uint32_t *codes, uint32_t count)
{
    if (count == 0)
        return;
    reserve(d, count - 1);
    for (uint32_t ord = 0; ord < count; ord++)
        dim_account_as(d, ord, codes[ord]);
}

static uint32_t number_code(struct dim *d, const void *number)
{
    uint32_t code = CODE_NONE;
    struct slice bytes = slice_of(number, sizeof(uint64_t));
    if (d->is_frozen)
        return dict_find(d->numbers, bytes);
    enum err e = dict_add(d->numbers, bytes, &code, NULL);
    return e ? CODE_NONE : code; // 2^32 different numbers: they count as one without value
}

static void number_codes(struct dim *d, const struct dim_block *b, uint32_t count, uint32_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        const void *number =
            d->storage == STORAGE_I64 ? (const void *)&b->i64[i] : (const void *)&b->f64[i];
        if (!bit_get(b->present, i))
            out[i] = CODE_NONE;
        else if (i > 0 && out[i - 1] != CODE_NONE &&
                 memcmp(dict_value(d->numbers, out[i - 1]).at, number, sizeof(uint64_t)) == 0)
            out[i] = out[i - 1];
        else
            out[i] = number_code(d, number);
    }
}

static void look_up_numbers(struct dim *d, const struct view *v, uint32_t ord, uint32_t *out)
{
    int64_t i64 = 0;
    double f64 = 0;
    uint64_t present = 0;
    if (d->storage == STORAGE_I64)
        lookup_i64(v, (uint32_t)d->by->lookup, &ord, 1, &i64, &present);
    else
        lookup_f64(v, (uint32_t)d->by->lookup, &ord, 1, &f64, &present);
    struct dim_block b = {.i64 = &i64, .f64 = &f64, .present = &present};
    number_codes(d, &b, 1, out);
}

void dim_look_up(struct dim *d, const struct snapshot *now, const uint32_t *ords, uint32_t count,
                 uint32_t *out)
{
    const struct view *v = snapshot_view(now, (uint32_t)d->target);
    if (d->storage == STORAGE_CODE) {
        lookup_codes(v, (uint32_t)d->by->lookup, ords, count, out);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        look_up_numbers(d, v, ords[i], &out[i]);
}

uint32_t dim_account(struct dim *d, uint32_t ord, const struct snapshot *now)
{
    if (ord == CODE_NONE)
        return CODE_NONE;
    if (d->looks_now) {
        uint32_t code = CODE_NONE;
        dim_look_up(d, now, &ord, 1, &code);
        return code;
    }
    uint32_t known = dim_accounted(d, ord);
    if (d->is_frozen || known != CODE_UNSEEN)
        return known;
    reserve(d, ord);
    dim_look_up(d, now, &ord, 1, &known);
    dim_account_as(d, ord, known);
    return known;
}

uint32_t dim_code_of_row(struct dim *d, const struct view *v, struct row_ref at,
                         const struct snapshot *now, uint32_t *out_ord)
{
    uint32_t field = (uint32_t)d->by->field;
    uint32_t code = CODE_NONE;
    int64_t i64 = 0;
    double f64 = 0;
    *out_ord = CODE_NONE;
    if (d->target >= 0) {
        if (!row_code(v, at, field, &code))
            return CODE_NONE;
        *out_ord = code;
        return dim_account(d, code, now);
    }
    switch (d->storage) {
    case STORAGE_CODE:
        return row_code(v, at, field, &code) ? code : CODE_NONE;
    case STORAGE_I64:
        return row_i64(v, at, field, &i64) ? number_code(d, &i64) : CODE_NONE;
    case STORAGE_F64:
        return row_f64(v, at, field, &f64) ? number_code(d, &f64) : CODE_NONE;
    }
    return CODE_NONE;
}

void dim_mark(struct dim *d, uint32_t ord)
{
    if (dim_accounted(d, ord) == CODE_UNSEEN || bit_get(d->is_dirty, ord))
        return;
    if (d->dirty_count == d->dirty_cap) {
        d->dirty_cap = d->dirty_cap ? 2 * d->dirty_cap : 64;
        d->dirty = realloc(d->dirty, d->dirty_cap * sizeof *d->dirty);
        CHECK(d->dirty != NULL);
    }
    bit_set(d->is_dirty, ord);
    d->dirty[d->dirty_count++] = ord;
}

// First what is known, of all rows: then the processor waits for many of them at once.
static void account_rows(struct dim *d, const struct dim_block *b, uint32_t *out)
{
    uint32_t rows = b->block->row_count;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t ord = b->ords[i];
        bool is_none = ord == CODE_NONE || !bit_get(b->block->live, i);
        out[i] = is_none ? CODE_NONE : dim_accounted(d, ord);
    }
    for (uint32_t i = 0; i < rows; i++)
        if (out[i] == CODE_UNSEEN)
            out[i] = dim_account(d, b->ords[i], b->now);
}

void dim_codes_of_block(struct dim *d, const struct dim_block *b, uint32_t *out)
{
    uint32_t field = (uint32_t)d->by->field;
    uint32_t rows = b->block->row_count;
    if (d->target >= 0) {
        block_codes(b->block, field, b->ords);
        account_rows(d, b, out);
        return;
    }
    if (d->storage == STORAGE_CODE) {
        block_codes(b->block, field, out);
        return;
    }
    if (d->storage == STORAGE_I64)
        block_i64(b->block, field, b->i64, b->present);
    else
        block_f64(b->block, field, b->f64, b->present);
    number_codes(d, b, rows, out);
}

static struct value text_value(enum field_type type, struct slice stored, struct arena *request)
{
    enum { PRINTED_BYTES_MAX = 64 };

    if (type != FIELD_PSEUDONYM)
        return (struct value){.type = VALUE_TEXT, .text = arena_copy(request, stored)};
    struct buf text AUTO(buf_donep) = buf_init(PRINTED_BYTES_MAX);
    base64url_print(stored, &text);
    return (struct value){.type = VALUE_TEXT, .text = arena_copy(request, buf_slice(&text))};
}

struct value dim_value(const struct dim *d, const struct snapshot *now, const struct table *t,
                       uint32_t code, struct arena *request)
{
    struct value v = {.type = VALUE_NONE};
    if (code == CODE_NONE)
        return v;
    if (d->storage == STORAGE_CODE) {
        uint32_t table =
            d->target >= 0 ? (uint32_t)d->target : (uint32_t)(t - snapshot_schema(now)->tables);
        uint32_t field = (uint32_t)(d->target >= 0 ? d->by->lookup : d->by->field);
        const struct dict *dict = view_dict(snapshot_view(now, table), field);
        return text_value(d->type, dict_value(dict, code), request);
    }
    struct slice number = dict_value(d->numbers, code);
    if (d->storage == STORAGE_F64) {
        v.type = VALUE_DOUBLE;
        memcpy(&v.f64, number.at, sizeof v.f64);
        return v;
    }
    v.type = d->type == FIELD_BOOLEAN ? VALUE_BOOLEAN
             : d->type == FIELD_DATE  ? VALUE_DATE
                                      : VALUE_LONG;
    memcpy(&v.i64, number.at, sizeof v.i64);
    return v;
}
