// SPDX-License-Identifier: Apache-2.0
#include "data/changeset.h"

#include "base/check.h"
#include "base/limits.h"
#include "data/changeset_private.h"

#include <stdlib.h>

// Numbers are little-endian; "varint" and "blob" as in buf.h.
//
//     version u8 = 1
//     position   source blob, phase u8, generation u64, end_lsn u64, commit_time_ms u64,
//                system_id u64, timeline u32, policy_fingerprint u64, stopped 4 x u64
//     resets u8
//     batch_count varint, then each batch:
//       table varint, row_count varint, flags u8
//       ops        [row_count] u8         with BATCH_OPS
//       keys       column of hi, column of lo
//       old keys   the same               with BATCH_OLD_KEYS; 0 for rows that do not move
//       each field of the table:
//         flags u8
//         unchanged  bit per row          with COLUMN_UNCHANGED
//         values     count varint; each 16 bytes (pseudonym) or a blob
//                                         with COLUMN_VALUES, of STORAGE_CODE fields
//         column                          with COLUMN_VALUES
//
//     column     for every COLUMN_ROWS_MAX rows: length u32 and a chunk (codec/column.c)
//
// There is no checksum: log records and messages have their own.

uint64_t batch_decoded_bytes(const struct table *t, uint32_t row_count)
{
    const uint64_t words = bit_words(row_count) * sizeof(uint64_t);
    // An operation, two keys, and room to decode each of them in.
    uint64_t bytes =
        row_count * (sizeof(uint8_t) + 2 * sizeof(struct row_key) + 2 * sizeof(int64_t));
    for (uint32_t i = 0; i < t->field_count; i++) {
        bool code = field_storage(t->fields[i].type) == STORAGE_CODE;
        bytes += 2 * words + row_count * (code ? sizeof(uint32_t) : sizeof(uint64_t));
    }
    return bytes + t->field_count * sizeof(struct batch_column);
}

static void encode_position(const struct position *p, struct buf *out)
{
    buf_blob(out, slice_of(p->source, strnlen(p->source, sizeof p->source - 1)));
    buf_u8(out, p->phase);
    buf_u64_le(out, p->generation);
    buf_u64_le(out, p->end_lsn);
    buf_u64_le(out, (uint64_t)p->commit_time_ms);
    buf_u64_le(out, p->system_id);
    buf_u32_le(out, p->timeline);
    buf_u64_le(out, p->policy_fingerprint);
    for (int i = 0; i < STOPPED_WORDS; i++)
        buf_u64_le(out, p->stopped[i]);
}

static bool any_bit(const uint64_t *bits, uint32_t count)
{
    for (uint32_t i = 0; bits && i < count; i++) {
        if (bit_get(bits, i))
            return true;
    }
    return false;
}

static void encode_bits(const uint64_t *bits, uint32_t count, struct buf *out)
{
    size_t bytes = (count + 7) / 8;
    uint8_t *room = buf_room(out, bytes);
    if (!room)
        return;
    memcpy(room, bits, bytes);
    if (count % 8 != 0)
        room[bytes - 1] &= (uint8_t)((1u << count % 8) - 1);
}

// The length of a chunk is known once it is written; its four bytes wait for it.
static size_t chunk_begin(struct buf *out)
{
    size_t at = out->len;
    buf_u32_le(out, 0);
    return at;
}

static void chunk_end(struct buf *out, size_t at)
{
    if (out->over_limit)
        return;
    uint32_t len = (uint32_t)(out->len - at - sizeof len);
    memcpy(out->at + at, &len, sizeof len);
}

static void encode_codes(const struct batch_column *c, uint32_t row_count, struct buf *out)
{
    uint32_t *codes = malloc(COLUMN_ROWS_MAX * sizeof *codes);
    CHECK(codes != NULL);
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        uint32_t n = chunk_rows(row_count, from);
        for (uint32_t i = 0; i < n; i++)
            codes[i] = bit_get(c->present, from + i) ? c->codes[from + i] : COLUMN_NO_CODE;
        size_t at = chunk_begin(out);
        column_encode_codes(codes, n, out);
        chunk_end(out, at);
    }
    free(codes);
}

static void encode_numbers(const struct batch_column *c, enum storage storage, uint32_t row_count,
                           struct buf *out)
{
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        uint32_t n = chunk_rows(row_count, from);
        size_t at = chunk_begin(out);
        if (storage == STORAGE_I64)
            column_encode_i64(c->i64 + from, c->present + from / 64, n, out);
        else
            column_encode_f64(c->f64 + from, c->present + from / 64, n, out);
        chunk_end(out, at);
    }
}

static void encode_values(const struct batch_column *c, enum field_type type, struct buf *out)
{
    buf_varint(out, c->value_count);
    for (uint32_t i = 0; i < c->value_count; i++) {
        if (type == FIELD_PSEUDONYM)
            buf_slice_add(out, c->values[i]);
        else
            buf_blob(out, c->values[i]);
    }
}

static void encode_column(const struct batch_column *c, enum field_type type, uint32_t row_count,
                          struct buf *out)
{
    bool unchanged = any_bit(c->unchanged, row_count);
    bool values = any_bit(c->present, row_count);
    buf_u8(out, (uint8_t)((unchanged ? COLUMN_UNCHANGED : 0) | (values ? COLUMN_VALUES : 0)));
    if (unchanged)
        encode_bits(c->unchanged, row_count, out);
    if (!values)
        return;
    enum storage storage = field_storage(type);
    if (storage == STORAGE_CODE) {
        encode_values(c, type, out);
        encode_codes(c, row_count, out);
    } else {
        encode_numbers(c, storage, row_count, out);
    }
}

static void encode_keys(const struct row_key *keys, uint32_t row_count, struct buf *out)
{
    int64_t *half = malloc(COLUMN_ROWS_MAX * sizeof *half);
    CHECK(half != NULL);
    for (uint32_t from = 0; from < row_count; from += COLUMN_ROWS_MAX) {
        uint32_t n = chunk_rows(row_count, from);
        for (int low = 0; low < 2; low++) {
            for (uint32_t i = 0; i < n; i++)
                half[i] = (int64_t)(low ? keys[from + i].lo : keys[from + i].hi);
            size_t at = chunk_begin(out);
            column_encode_i64(half, NULL, n, out);
            chunk_end(out, at);
        }
    }
    free(half);
}

static uint8_t batch_flags(const struct batch *b)
{
    uint8_t flags = b->old_keys ? BATCH_OLD_KEYS : 0;
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (b->ops[i] != ROW_PUT)
            return flags | BATCH_OPS;
    }
    return 0;
}

static void encode_batch(const struct batch *b, const struct table *t, struct buf *out)
{
    CHECK(b->row_count >= 1 && b->row_count <= LIMIT_BATCH_ROWS);
    uint8_t flags = batch_flags(b);
    buf_varint(out, b->table);
    buf_varint(out, b->row_count);
    buf_u8(out, flags);
    if (flags & BATCH_OPS)
        buf_bytes(out, b->ops, b->row_count);
    encode_keys(b->keys, b->row_count, out);
    if (flags & BATCH_OLD_KEYS)
        encode_keys(b->old_keys, b->row_count, out);
    for (uint32_t i = 0; i < t->field_count && !out->over_limit; i++)
        encode_column(&b->columns[i], t->fields[i].type, b->row_count, out);
}

enum err changeset_encode(const struct changeset *c, const struct schema *s, struct buf *out,
                          struct fault *why)
{
    if (c->batch_count > LIMIT_CHANGESET_BATCHES)
        return fail(why, ERR_LIMIT, "changeset of %u batches; the limit is %d", c->batch_count,
                    LIMIT_CHANGESET_BATCHES);
    buf_u8(out, CHANGESET_VERSION);
    encode_position(&c->position, out);
    buf_u8(out, c->resets);
    buf_varint(out, c->batch_count);
    uint64_t decoded = 0;
    for (uint32_t i = 0; i < c->batch_count && !out->over_limit; i++) {
        const struct batch *b = &c->batches[i];
        CHECK(b->table < s->table_count);
        decoded += batch_decoded_bytes(&s->tables[b->table], b->row_count);
        encode_batch(b, &s->tables[b->table], out);
    }
    if (decoded > CHANGESET_DECODED_BYTES_MAX)
        return fail(why, ERR_LIMIT, "changeset takes %llu bytes of memory; the limit is %d",
                    (unsigned long long)decoded, CHANGESET_DECODED_BYTES_MAX);
    return buf_end(out, why);
}
