// SPDX-License-Identifier: Apache-2.0
// The file of cubes (varints but where said; signed numbers zigzag; its checksum is the
// manifest's):
//
//     u64 "TAMISCB1"
//     cubes: count, { u64 identity, untimed, u64 time_min, u64 time_max,
//                     dims:    count, { numbers: count, { u64 },
//                                       keys: count, u8 width, { code - CODE_UNSEEN in width },
//                                       u8 all changed, changed keys: count, { key } },
//                     combos:  count, { a code + 1 for each dim, 0 for none },
//                     cells:   count,
//                     buckets: count, { start - the one before's, count of cells,
//                                       { combo, count, matched } } }
//
// A bucket's cells are few bytes each: counts are small, and combos few.
#include "base/check.h"
#include "base/reader.h"
#include "metric/cube_private.h"

#include <stdlib.h>

static const uint64_t magic = 0x31424353494d4154; // "TAMISCB1"

enum { METRICS_MAX = 4096 };

static uint64_t fold(int64_t v)
{
    return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

static int64_t unfold(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

// ---- writing ----

static unsigned width_of(const struct dim_copy *d)
{
    uint32_t max = 0;
    for (uint32_t i = 0; i < d->key_count; i++) {
        uint32_t shown = d->accounted[i] - CODE_UNSEEN;
        max = shown > max ? shown : max;
    }
    return max <= UINT8_MAX ? 1 : max <= UINT16_MAX ? 2 : 4;
}

static void put_keys(struct buf *out, const struct dim_copy *d)
{
    unsigned width = width_of(d);
    buf_varint(out, d->key_count);
    buf_u8(out, (uint8_t)width);
    uint8_t *at = buf_room(out, (size_t)d->key_count * width);
    for (uint32_t i = 0; at && i < d->key_count; i++, at += width) {
        uint32_t shown = d->accounted[i] - CODE_UNSEEN;
        for (unsigned b = 0; b < width; b++)
            at[b] = (uint8_t)(shown >> (8 * b));
    }
}

static void put_dim(struct buf *out, const struct dim_copy *d)
{
    buf_varint(out, d->number_count);
    for (uint32_t i = 0; i < d->number_count; i++)
        buf_u64_le(out, d->numbers[i]);
    put_keys(out, d);
    buf_u8(out, d->all_dirty);
    buf_varint(out, d->dirty_count);
    for (uint32_t i = 0; i < d->dirty_count; i++)
        buf_varint(out, d->dirty[i]);
}

static void put_buckets(struct buf *out, const struct cube_copy *c)
{
    int64_t before = 0;
    uint32_t cell = 0;
    buf_varint(out, c->cell_count);
    buf_varint(out, c->bucket_count);
    for (uint32_t b = 0; b < c->bucket_count; b++) {
        buf_varint(out, fold((int64_t)((uint64_t)c->starts[b] - (uint64_t)before)));
        buf_varint(out, c->bucket_cells[b]);
        before = c->starts[b];
        for (uint32_t i = 0; i < c->bucket_cells[b]; i++, cell++) {
            buf_varint(out, c->combos[cell]);
            buf_varint(out, fold(c->counts[cell].count));
            buf_varint(out, fold(c->counts[cell].matched));
        }
    }
}

static void put_cube(struct buf *out, const struct cube_copy *c)
{
    buf_u64_le(out, c->identity);
    buf_varint(out, fold(c->untimed));
    buf_u64_le(out, (uint64_t)c->time_min);
    buf_u64_le(out, (uint64_t)c->time_max);
    buf_varint(out, c->dim_count);
    for (uint32_t d = 0; d < c->dim_count; d++)
        put_dim(out, &c->dims[d]);
    buf_varint(out, c->combo_count);
    for (size_t i = 0; i < (size_t)c->combo_count * c->dim_count; i++)
        buf_varint(out, (uint32_t)(c->codes[i] + 1));
    put_buckets(out, c);
}

void cubes_file_encode(const struct cubes_copy *copy, struct buf *out)
{
    buf_u64_le(out, magic);
    buf_varint(out, copy->count);
    for (uint32_t i = 0; i < copy->count; i++)
        put_cube(out, &copy->cubes[i]);
}

// ---- reading ----

struct decoding {
    struct reader in;
    bool is_wrong;
};

// A number up to `max`; 0 when it is more.
static uint32_t get(struct decoding *d, uint64_t max)
{
    uint64_t v = reader_varint(&d->in);
    if (v <= max)
        return (uint32_t)v;
    d->is_wrong = true;
    return 0;
}

// How many things of at least `bytes` each follow.
static uint32_t get_count(struct decoding *d, size_t bytes)
{
    uint64_t most = reader_left(&d->in) / bytes;
    return get(d, most < UINT32_MAX - 1 ? most : UINT32_MAX - 1);
}

static void *array(size_t count, size_t bytes)
{
    void *at = calloc(count + 1, bytes);
    CHECK(at != NULL);
    return at;
}

static void get_keys(struct decoding *d, struct dim_copy *out)
{
    uint32_t count = get_count(d, 1);
    unsigned width = reader_u8(&d->in);
    if ((width != 1 && width != 2 && width != 4) || reader_left(&d->in) / width < count) {
        d->is_wrong = true;
        return;
    }
    out->key_count = count;
    out->accounted = array(count, sizeof *out->accounted);
    const uint8_t *at = reader_bytes(&d->in, (size_t)count * width).at;
    for (uint32_t i = 0; i < count; i++, at += width) {
        uint32_t shown = 0;
        for (unsigned b = 0; b < width; b++)
            shown |= (uint32_t)at[b] << (8 * b);
        out->accounted[i] = shown + CODE_UNSEEN;
    }
}

static void get_dim(struct decoding *d, struct dim_copy *out)
{
    out->number_count = get_count(d, sizeof(uint64_t));
    out->numbers = array(out->number_count, sizeof *out->numbers);
    for (uint32_t i = 0; i < out->number_count; i++)
        out->numbers[i] = reader_u64_le(&d->in);
    get_keys(d, out);
    out->all_dirty = reader_u8(&d->in) != 0;
    out->dirty_count = get_count(d, 1);
    out->dirty = array(out->dirty_count, sizeof *out->dirty);
    for (uint32_t i = 0; i < out->dirty_count; i++)
        out->dirty[i] = get(d, UINT32_MAX);
}

static void get_cells(struct decoding *d, struct cube_copy *c, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        c->combos[i] = get(d, c->combo_count ? c->combo_count - 1 : 0);
        c->counts[i].count = unfold(reader_varint(&d->in));
        c->counts[i].matched = unfold(reader_varint(&d->in));
    }
}

static void get_buckets(struct decoding *d, struct cube_copy *c)
{
    enum { CELL_BYTES = 3, BUCKET_BYTES = 2 };

    int64_t before = 0;
    uint32_t cells = get_count(d, CELL_BYTES);
    uint32_t buckets = get_count(d, BUCKET_BYTES);
    d->is_wrong |= cells > 0 && c->combo_count == 0;
    c->combos = array(cells, sizeof *c->combos);
    c->counts = array(cells, sizeof *c->counts);
    c->starts = array(buckets, sizeof *c->starts);
    c->bucket_cells = array(buckets, sizeof *c->bucket_cells);
    c->cell_count = cells;
    uint32_t cell = 0;
    for (uint32_t b = 0; b < buckets && !d->is_wrong; b++) {
        before = (int64_t)((uint64_t)before + (uint64_t)unfold(reader_varint(&d->in)));
        c->starts[b] = before;
        c->bucket_cells[b] = get(d, cells - cell);
        get_cells(d, c, cell, c->bucket_cells[b]);
        cell += c->bucket_cells[b];
        c->bucket_count++;
    }
    d->is_wrong |= cell != cells;
}

static void get_cube(struct decoding *d, struct cube_copy *c)
{
    c->identity = reader_u64_le(&d->in);
    c->untimed = unfold(reader_varint(&d->in));
    c->time_min = (int64_t)reader_u64_le(&d->in);
    c->time_max = (int64_t)reader_u64_le(&d->in);
    c->dim_count = get(d, METRIC_DIMS_MAX);
    c->dims = array(c->dim_count, sizeof *c->dims);
    for (uint32_t i = 0; i < c->dim_count && !d->is_wrong; i++)
        get_dim(d, &c->dims[i]);
    // Without dimensions a combo has no bytes, and there is one at most.
    c->combo_count = c->dim_count ? get_count(d, c->dim_count) : get(d, 1);
    c->codes = array((size_t)c->combo_count * c->dim_count, sizeof *c->codes);
    for (size_t i = 0; i < (size_t)c->combo_count * c->dim_count; i++)
        c->codes[i] = get(d, UINT32_MAX) - 1;
    get_buckets(d, c);
}

enum err cubes_file_decode(struct slice bytes, struct cubes_copy **out, struct fault *why)
{
    struct decoding d = {.in = reader_over(bytes)};
    if (reader_u64_le(&d.in) != magic)
        return fail(why, ERR_CORRUPT, "cubes are of another format");
    uint32_t count = get(&d, METRICS_MAX);
    struct cubes_copy *copy = cubes_copy_new(count);
    for (uint32_t i = 0; i < count && !d.is_wrong && !d.in.short_of_bytes; i++)
        get_cube(&d, &copy->cubes[i]);
    enum err e = reader_end(&d.in, why);
    if (!e && d.is_wrong)
        e = fail(why, ERR_CORRUPT, "cubes: a number is not right");
    if (e) {
        cubes_copy_free(copy);
        return fail_in(why, e, "cubes");
    }
    *out = copy;
    return OK;
}
