// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "codec/column.h"

#include <stdlib.h>

// Two things: any bytes at all as a column chunk are refused or read without an overrun;
// and any numbers at all come back from the encoding that was chosen for them.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool rule)
{
    if (!rule)
        __builtin_trap();
}

static void *exact(size_t bytes)
{
    void *at = calloc(1, bytes ? bytes : 1);
    require(at != NULL);
    return at;
}

static void read_codes(const struct column *c)
{
    uint32_t *codes = exact(c->count * sizeof *codes);
    column_codes(c, codes);
    for (uint32_t i = 0; i < c->count; i++)
        require(column_code_at(c, i) == codes[i]);
    free(codes);
}

static void read_i64(const struct column *c, int64_t *out, uint64_t *present)
{
    column_i64(c, out, present);
    for (uint32_t i = 0; i < c->count; i += 1 + c->count / 64) {
        int64_t one = 0;
        require(column_i64_at(c, i, &one) == (present[i / 64] >> i % 64 & 1) && one == out[i]);
    }
}

static void read_f64(const struct column *c, double *out, uint64_t *present)
{
    column_f64(c, out, present);
    for (uint32_t i = 0; i < c->count; i += 1 + c->count / 64) {
        double one = 0;
        require(column_f64_at(c, i, &one) == (present[i / 64] >> i % 64 & 1) &&
                memcmp(&one, &out[i], sizeof one) == 0);
    }
}

static void read_foreign(struct slice bytes, enum column_kind kind, uint32_t count)
{
    struct column c;
    if (column_open(bytes, kind, count, &c, NULL) != OK)
        return;
    void *out = exact(count * sizeof(uint64_t));
    uint64_t *present = exact((count + 63) / 64 * sizeof *present);
    if (kind == COLUMN_CODES)
        read_codes(&c);
    else if (kind == COLUMN_I64)
        read_i64(&c, out, present);
    else
        read_f64(&c, out, present);
    free(out);
    free(present);
}

// `mask` makes small ranges likely; the bytes of the first values mark the gaps.
static void round_trip(struct slice bytes, enum column_kind kind, uint64_t mask)
{
    uint32_t count = (uint32_t)(bytes.len / sizeof(uint64_t));
    if (count < 1 || count > COLUMN_ROWS_MAX)
        return;
    uint64_t *words = exact(count * sizeof *words);
    uint64_t *present = exact((count + 63) / 64 * sizeof *present);
    memcpy(words, bytes.at, count * sizeof *words);
    memcpy(present, bytes.at, (count + 63) / 64 * sizeof *present);
    for (uint32_t i = 0; i < count; i++)
        words[i] &= mask;
    struct buf out = buf_init(1 << 20);
    if (kind == COLUMN_I64)
        column_encode_i64((int64_t *)words, present, count, &out);
    else
        column_encode_f64((double *)(void *)words, present, count, &out);
    struct column c;
    require(column_open(buf_slice(&out), kind, count, &c, NULL) == OK);
    uint64_t *got = exact(count * sizeof *got);
    uint64_t *got_present = exact((count + 63) / 64 * sizeof *got_present);
    if (kind == COLUMN_I64)
        read_i64(&c, (int64_t *)got, got_present);
    else
        read_f64(&c, (double *)(void *)got, got_present);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t has = present[i / 64] >> i % 64 & 1;
        require((got_present[i / 64] >> i % 64 & 1) == has && got[i] == (has ? words[i] : 0));
    }
    buf_done(&out);
    free(words);
    free(present);
    free(got);
    free(got_present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    enum column_kind kind = (enum column_kind)(data[0] % 3);
    uint32_t count = data[1] | (uint32_t)data[2] << 8;
    struct slice rest = slice_of(data + 4, size - 4);
    read_foreign(rest, kind, count);
    if (kind != COLUMN_CODES)
        round_trip(rest, kind, UINT64_MAX >> data[3] % 64);
    return 0;
}
