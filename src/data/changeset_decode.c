// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "base/reader.h"
#include "data/changeset.h"
#include "data/changeset_private.h"
#include "json/utf8.h"
#include "keys/seal.h"

// Decoding and the checks that go with it; the format is drawn in changeset.c.  Nothing of
// the bytes is trusted: every count meets its limit before memory is asked for it.

struct decoder {
    struct reader in;
    struct arena *batch;
    uint64_t bytes_left; // of CHANGESET_DECODED_BYTES_MAX
    struct fault *why;
};

static enum err too_short(struct decoder *d)
{
    return fail(d->why, ERR_CORRUPT, "ends too soon");
}

static enum err spend(struct decoder *d, uint64_t bytes)
{
    if (bytes > d->bytes_left)
        return fail(d->why, ERR_LIMIT, "changeset takes more than %d bytes of memory",
                    CHANGESET_DECODED_BYTES_MAX);
    d->bytes_left -= bytes;
    return OK;
}

static enum err decode_position(struct decoder *d, struct position *out)
{
    struct position p = {0};
    struct slice source = reader_blob(&d->in);
    p.phase = reader_u8(&d->in);
    p.generation = reader_u64_le(&d->in);
    p.end_lsn = reader_u64_le(&d->in);
    p.commit_time_ms = (int64_t)reader_u64_le(&d->in);
    p.system_id = reader_u64_le(&d->in);
    p.timeline = reader_u32_le(&d->in);
    p.policy_fingerprint = reader_u64_le(&d->in);
    for (int i = 0; i < STOPPED_WORDS; i++)
        p.stopped[i] = reader_u64_le(&d->in);
    if (d->in.short_of_bytes)
        return too_short(d);
    if (source.len >= sizeof p.source || (source.len && memchr(source.at, 0, source.len)))
        return fail(d->why, ERR_CORRUPT, "name of the source is too long");
    if (p.phase >= PHASE_COUNT)
        return fail(d->why, ERR_CORRUPT, "unknown phase %u", p.phase);
    if (source.len)
        memcpy(p.source, source.at, source.len);
    *out = p;
    return OK;
}

static enum err decode_bits(struct decoder *d, uint32_t count, const uint64_t **out)
{
    struct slice bytes = reader_bytes(&d->in, (count + 7) / 8);
    if (d->in.short_of_bytes)
        return too_short(d);
    if (count % 8 != 0 && bytes.at[bytes.len - 1] >> count % 8 != 0)
        return fail(d->why, ERR_CORRUPT, "bits past the last row");
    uint64_t *bits = ARENA_ARRAY(d->batch, uint64_t, bit_words(count));
    memcpy(bits, bytes.at, bytes.len);
    *out = bits;
    return OK;
}

static enum err next_chunk(struct decoder *d, enum column_kind kind, uint32_t rows,
                           struct column *out)
{
    uint32_t len = reader_u32_le(&d->in);
    struct slice chunk = reader_bytes(&d->in, len);
    return d->in.short_of_bytes ? too_short(d) : column_open(chunk, kind, rows, out, d->why);
}

static enum err decode_keys(struct decoder *d, uint32_t row_count, const struct row_key **out)
{
    struct row_key *keys = ARENA_ARRAY(d->batch, struct row_key, row_count);
    int64_t *half = ARENA_ARRAY(d->batch, int64_t, chunk_rows(row_count, 0));
    uint64_t present[COLUMN_ROWS_MAX / 64];
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        uint32_t n = chunk_rows(row_count, from);
        for (int low = 0; low < 2; low++) {
            struct column c;
            enum err e = next_chunk(d, COLUMN_I64, n, &c);
            if (e != OK)
                return e;
            if (c.present)
                return fail(d->why, ERR_CORRUPT, "row without a key");
            column_i64(&c, half, present);
            for (uint32_t i = 0; i < n; i++)
                *(low ? &keys[from + i].lo : &keys[from + i].hi) = (uint64_t)half[i];
        }
    }
    *out = keys;
    return OK;
}

static bool is_utf8(struct slice text)
{
    size_t i = 0;
    while (i < text.len) {
        uint64_t eight;
        if (text.len - i >= sizeof eight) {
            memcpy(&eight, text.at + i, sizeof eight);
            if ((eight & 0x8080808080808080) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t len = utf8_len(text.at + i, text.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

static enum err decode_value(struct decoder *d, enum field_type type, struct slice *out)
{
    if (type == FIELD_PSEUDONYM) {
        *out = reader_bytes(&d->in, PSEUDONYM_BYTES);
        return d->in.short_of_bytes ? too_short(d) : OK;
    }
    *out = reader_blob(&d->in);
    if (d->in.short_of_bytes)
        return too_short(d);
    if (type == FIELD_SEALED)
        return seal_is_formed(*out) ? OK : fail(d->why, ERR_CORRUPT, "value is not sealed");
    if (out->len > LIMIT_VALUE_BYTES)
        return fail(d->why, ERR_LIMIT, "value of %zu bytes; the limit is %d", out->len,
                    LIMIT_VALUE_BYTES);
    if (!is_utf8(*out))
        return fail(d->why, ERR_CORRUPT, "value is not UTF-8");
    return OK;
}

static enum err decode_values(struct decoder *d, enum field_type type, uint32_t row_count,
                              struct batch_column *c)
{
    uint64_t count = reader_varint(&d->in);
    if (d->in.short_of_bytes || count > row_count)
        return fail(d->why, ERR_CORRUPT, "more values than rows");
    enum err e = spend(d, count * sizeof(struct slice));
    if (e != OK)
        return e;
    struct slice *values = ARENA_ARRAY(d->batch, struct slice, count);
    for (uint64_t i = 0; i < count; i++) {
        e = decode_value(d, type, &values[i]);
        if (e != OK)
            return e;
    }
    c->value_count = (uint32_t)count;
    c->values = values;
    return OK;
}

// Codes of one chunk: their present bits, and whether each is one of `value_count`.
static bool scan_codes(const uint32_t *codes, uint32_t count, uint32_t value_count,
                       uint64_t *present)
{
    bool good = true;
    for (uint32_t i = 0; i < count; i++) {
        bool has = codes[i] != COLUMN_NO_CODE;
        present[i / 64] |= (uint64_t)has << i % 64;
        good &= !has | (codes[i] < value_count);
    }
    return good;
}

static enum err decode_codes(struct decoder *d, uint32_t row_count, uint64_t *present,
                             struct batch_column *c)
{
    uint32_t *codes = ARENA_ARRAY(d->batch, uint32_t, row_count);
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        uint32_t n = chunk_rows(row_count, from);
        struct column chunk;
        enum err e = next_chunk(d, COLUMN_CODES, n, &chunk);
        if (e != OK)
            return e;
        column_codes(&chunk, codes + from);
        if (!scan_codes(codes + from, n, c->value_count, present + from / 64))
            return fail(d->why, ERR_CORRUPT, "code without a value");
    }
    c->codes = codes;
    return OK;
}

static bool numbers_suit(const int64_t *numbers, uint32_t count, enum field_type type)
{
    int64_t min = INT64_MIN;
    int64_t max = INT64_MAX;
    if (type == FIELD_BOOLEAN) {
        min = 0;
        max = 1;
    } else if (type == FIELD_INTEGER) {
        min = INT32_MIN;
        max = INT32_MAX;
    }
    bool good = true;
    for (uint32_t i = 0; i < count; i++)
        good &= (numbers[i] >= min) & (numbers[i] <= max);
    return good;
}

static enum err decode_i64(struct decoder *d, enum field_type type, uint32_t row_count,
                           uint64_t *present, struct batch_column *c)
{
    int64_t *numbers = ARENA_ARRAY(d->batch, int64_t, row_count);
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        uint32_t n = chunk_rows(row_count, from);
        struct column chunk;
        enum err e = next_chunk(d, COLUMN_I64, n, &chunk);
        if (e != OK)
            return e;
        column_i64(&chunk, numbers + from, present + from / 64);
    }
    if (!numbers_suit(numbers, row_count, type))
        return fail(d->why, ERR_CORRUPT, "number outside %s", field_type_name(type));
    c->i64 = numbers;
    return OK;
}

static enum err decode_f64(struct decoder *d, uint32_t row_count, uint64_t *present,
                           struct batch_column *c)
{
    double *numbers = ARENA_ARRAY(d->batch, double, row_count);
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        struct column chunk;
        enum err e = next_chunk(d, COLUMN_F64, chunk_rows(row_count, from), &chunk);
        if (e != OK)
            return e;
        column_f64(&chunk, numbers + from, present + from / 64);
    }
    c->f64 = numbers;
    return OK;
}

// A column where no row has a value still has its arrays, so that nobody needs to ask.
static void empty_column(struct decoder *d, enum storage storage, uint32_t row_count,
                         struct batch_column *c)
{
    switch (storage) {
    case STORAGE_CODE:
        c->codes = ARENA_ARRAY(d->batch, uint32_t, row_count);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away, as -Wcast-qual asks.
        memset((void *)(uintptr_t)c->codes, 0xff, row_count * sizeof *c->codes);
        break;
    case STORAGE_I64:
        c->i64 = ARENA_ARRAY(d->batch, int64_t, row_count);
        break;
    case STORAGE_F64:
        c->f64 = ARENA_ARRAY(d->batch, double, row_count);
        break;
    }
}

static enum err decode_column_values(struct decoder *d, enum field_type type, uint32_t row_count,
                                     uint64_t *present, struct batch_column *c)
{
    switch (field_storage(type)) {
    case STORAGE_CODE: {
        enum err e = decode_values(d, type, row_count, c);
        return e != OK ? e : decode_codes(d, row_count, present, c);
    }
    case STORAGE_I64:
        return decode_i64(d, type, row_count, present, c);
    case STORAGE_F64:
        return decode_f64(d, row_count, present, c);
    }
    return fail(d->why, ERR_CORRUPT, "unknown storage");
}

static enum err decode_column(struct decoder *d, enum field_type type, uint32_t row_count,
                              struct batch_column *c)
{
    uint8_t flags = reader_u8(&d->in);
    if (d->in.short_of_bytes)
        return too_short(d);
    if (flags & ~COLUMN_FLAGS)
        return fail(d->why, ERR_CORRUPT, "unknown flags %u of a column", flags);
    uint64_t *present = ARENA_ARRAY(d->batch, uint64_t, bit_words(row_count));
    c->present = present;
    if (flags & COLUMN_UNCHANGED) {
        enum err e = decode_bits(d, row_count, &c->unchanged);
        if (e != OK)
            return e;
    }
    if (flags & COLUMN_VALUES)
        return decode_column_values(d, type, row_count, present, c);
    empty_column(d, field_storage(type), row_count, c);
    return OK;
}

static enum err decode_ops(struct decoder *d, struct batch *b, uint8_t flags, bool *out_moves)
{
    *out_moves = false;
    if (!(flags & BATCH_OPS)) {
        b->ops = ARENA_ARRAY(d->batch, uint8_t, b->row_count); // ROW_PUT is 0
        return OK;
    }
    struct slice ops = reader_bytes(&d->in, b->row_count);
    if (d->in.short_of_bytes)
        return too_short(d);
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (ops.at[i] >= ROW_OP_COUNT)
            return fail(d->why, ERR_CORRUPT, "unknown operation %u", ops.at[i]);
        *out_moves |= ops.at[i] == ROW_MOVE;
    }
    b->ops = ops.at;
    return OK;
}

// Rows that go bring no values, and a truncate names no row.
static enum err check_rows_that_go(struct decoder *d, const struct batch *b, const struct table *t)
{
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (row_op_brings(b->ops[i]))
            continue;
        if (b->ops[i] == ROW_TRUNCATE && !row_key_equal(b->keys[i], (struct row_key){0}))
            return fail(d->why, ERR_CORRUPT, "truncate of one row");
        for (uint32_t f = 0; f < t->field_count; f++) {
            const struct batch_column *c = &b->columns[f];
            if (bit_get(c->present, i) || (c->unchanged && bit_get(c->unchanged, i)))
                return fail(d->why, ERR_CORRUPT, "deleted row has values");
        }
    }
    return OK;
}

static enum err check_unchanged(struct decoder *d, const struct batch_column *c, uint32_t row_count)
{
    for (size_t i = 0; c->unchanged && i < bit_words(row_count); i++) {
        if (c->unchanged[i] & c->present[i])
            return fail(d->why, ERR_CORRUPT, "unchanged value is given all the same");
    }
    return OK;
}

static enum err decode_columns(struct decoder *d, const struct table *t, struct batch *b)
{
    struct batch_column *columns = ARENA_ARRAY(d->batch, struct batch_column, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++) {
        enum err e = decode_column(d, t->fields[i].type, b->row_count, &columns[i]);
        if (e == OK)
            e = check_unchanged(d, &columns[i], b->row_count);
        if (e != OK)
            return fail_in(d->why, e, "field %s", t->fields[i].name);
    }
    b->columns = columns;
    return OK;
}

static enum err decode_rows(struct decoder *d, const struct table *t, struct batch *b)
{
    uint8_t flags = reader_u8(&d->in);
    if (d->in.short_of_bytes)
        return too_short(d);
    bool moves;
    enum err e = decode_ops(d, b, flags, &moves);
    if (e != OK)
        return e;
    if (flags & ~BATCH_FLAGS || (moves && !(flags & BATCH_OLD_KEYS)))
        return fail(d->why, ERR_CORRUPT, "flags %u of a batch", flags);
    e = decode_keys(d, b->row_count, &b->keys);
    if (e == OK && flags & BATCH_OLD_KEYS)
        e = decode_keys(d, b->row_count, &b->old_keys);
    if (e == OK)
        e = decode_columns(d, t, b);
    if (e == OK && flags & BATCH_OPS)
        e = check_rows_that_go(d, b, t);
    return e;
}

static enum err decode_batch(struct decoder *d, const struct schema *s, struct batch *b)
{
    uint64_t table = reader_varint(&d->in);
    uint64_t row_count = reader_varint(&d->in);
    if (d->in.short_of_bytes)
        return too_short(d);
    if (table >= s->table_count)
        return fail(d->why, ERR_CORRUPT, "table %llu of %u", (unsigned long long)table,
                    s->table_count);
    if (row_count < 1 || row_count > LIMIT_BATCH_ROWS)
        return fail(d->why, ERR_CORRUPT, "batch of %llu rows; at most %d",
                    (unsigned long long)row_count, LIMIT_BATCH_ROWS);
    const struct table *t = &s->tables[table];
    b->table = (uint32_t)table;
    b->row_count = (uint32_t)row_count;
    enum err e = spend(d, batch_decoded_bytes(t, b->row_count));
    if (e == OK)
        e = decode_rows(d, t, b);
    return e == OK ? OK : fail_in(d->why, e, "table %s", t->name);
}

static enum err decode_batches(struct decoder *d, const struct schema *s, struct changeset *c)
{
    uint64_t count = reader_varint(&d->in);
    if (d->in.short_of_bytes)
        return too_short(d);
    if (count > LIMIT_CHANGESET_BATCHES)
        return fail(d->why, ERR_LIMIT, "changeset of %llu batches; the limit is %d",
                    (unsigned long long)count, LIMIT_CHANGESET_BATCHES);
    struct batch *batches = ARENA_ARRAY(d->batch, struct batch, count);
    for (uint64_t i = 0; i < count; i++) {
        enum err e = decode_batch(d, s, &batches[i]);
        if (e != OK)
            return e;
    }
    c->batch_count = (uint32_t)count;
    c->batches = batches;
    return reader_end(&d->in, d->why);
}

enum err changeset_decode(struct slice bytes, const struct schema *s, struct arena *batch,
                          struct changeset *out, struct fault *why)
{
    if (bytes.len > LIMIT_CHANGESET_BYTES)
        return fail(why, ERR_LIMIT, "changeset of %zu bytes; the limit is %d", bytes.len,
                    LIMIT_CHANGESET_BYTES);
    struct decoder d = {
        .in = reader_over(bytes),
        .batch = batch,
        .bytes_left = CHANGESET_DECODED_BYTES_MAX,
        .why = why,
    };
    struct changeset c = {0};
    uint8_t version = reader_u8(&d.in);
    if (version != CHANGESET_VERSION)
        return fail(why, ERR_CORRUPT, "changeset of version %u", version);
    enum err e = decode_position(&d, &c.position);
    if (e != OK)
        return e;
    uint8_t resets = reader_u8(&d.in);
    if (resets > 1)
        return fail(why, ERR_CORRUPT, "resets is %u", resets);
    c.resets = resets;
    e = decode_batches(&d, s, &c);
    if (e == OK)
        *out = c;
    return e;
}
