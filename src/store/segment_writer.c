// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "index/postings.h"
#include "store/segment_private.h"

#include <stdio.h>
#include <stdlib.h>

// Writes what segment_open.c draws.  Blocks come one at a time, and the chunks of a group
// wait, each column's in a buffer of its own, until the group is whole; sizes, checksums and
// ranges wait for the footer.

enum { COLUMN_BYTES_MAX = 64 << 20, POSTINGS_BYTES_MAX = 1 << 30 };

// How far the codes of a field reach in each block, and in all.
struct code_reach {
    uint64_t blocks; // of every block: codes from its smallest to its largest, added up
    uint32_t min, max;
};

struct segment_writer {
    const struct world *w;
    const struct table *table;
    char name[SEGMENT_NAME_BYTES];
    char temporary[SEGMENT_NAME_BYTES + 4];
    int fd;
    uint64_t bytes; // written so far
    uint64_t row_count;
    uint32_t block_count;
    bool is_last; // a short block has come
    bool failed;  // a write did
    uint32_t group_blocks;
    struct buf *columns;                // chunks of the group at hand: keys and fields
    struct buf blocks;                  // for the footer
    int64_t *half;                      // BLOCK_ROWS, for keys
    struct postings_builder **postings; // of each field; NULL where there are no codes
    struct code_reach *reach;           // of each field
    struct buf posting_notes;           // of each field, for the footer
    bool has_postings;
};

static enum err writer_open(struct segment_writer *sw, struct fault *why)
{
    const struct world_ops *ops = sw->w->ops;
    enum err e = ops->open_write(sw->w, sw->temporary, false, &sw->fd, why);
    if (e != OK)
        return e;
    struct buf header AUTO(buf_donep) = buf_init(SEGMENT_HEADER_BYTES);
    buf_bytes(&header, segment_magic, sizeof segment_magic);
    buf_u32_le(&header, SEGMENT_VERSION);
    buf_u32_le(&header, 0);
    e = ops->truncate(sw->fd, 0, why); // one may be left from before a crash
    if (e == OK)
        e = ops->write(sw->fd, buf_slice(&header), why);
    sw->bytes = header.len;
    return e;
}

static uint32_t column_count(const struct segment_writer *sw)
{
    return sw->table->field_count + KEY_COLUMNS;
}

static uint32_t group_blocks_of(const struct segment_writer *sw)
{
    uint32_t blocks = GROUP_BLOCKS_MAX;
    while (blocks > GROUP_BLOCKS_MIN && blocks * column_count(sw) > GROUP_CHUNKS)
        blocks /= 2;
    return blocks;
}

void segment_writer_group(struct segment_writer *sw, uint32_t blocks)
{
    CHECK(sw->block_count == 0 && blocks >= 1 && blocks <= GROUP_BLOCKS_MAX &&
          (blocks & (blocks - 1)) == 0);
    sw->group_blocks = blocks;
}

enum err segment_writer_new(const struct world *w, const char *name, const struct table *t,
                            struct segment_writer **out, struct fault *why)
{
    struct segment_writer *sw = calloc(1, sizeof *sw);
    CHECK(sw != NULL);
    CHECK(strlen(name) < sizeof sw->name);
    sw->w = w;
    sw->table = t;
    sw->fd = -1;
    snprintf(sw->name, sizeof sw->name, "%s", name);
    snprintf(sw->temporary, sizeof sw->temporary, "%s.tmp", name);
    sw->group_blocks = group_blocks_of(sw);
    sw->columns = calloc(column_count(sw), sizeof *sw->columns);
    CHECK(sw->columns != NULL);
    for (uint32_t i = 0; i < column_count(sw); i++)
        sw->columns[i] = buf_init(COLUMN_BYTES_MAX);
    sw->blocks = buf_init(SEGMENT_FOOTER_BYTES_MAX);
    sw->half = malloc(BLOCK_ROWS * sizeof *sw->half);
    CHECK(sw->half != NULL);
    sw->posting_notes = buf_init(SEGMENT_FOOTER_BYTES_MAX);
    sw->postings = calloc(t->field_count + 1, sizeof(struct postings_builder *));
    sw->reach = calloc(t->field_count + 1, sizeof *sw->reach);
    CHECK(sw->postings != NULL && sw->reach != NULL);
    for (uint32_t i = 0; i < t->field_count; i++)
        if (field_storage(t->fields[i].type) == STORAGE_CODE)
            sw->postings[i] = postings_builder_new();
    enum err e = writer_open(sw, why);
    if (e != OK) {
        segment_writer_drop(sw);
        return fail_in(why, e, "segment %s", name);
    }
    *out = sw;
    return OK;
}

static void writer_free(struct segment_writer *sw)
{
    if (sw->fd >= 0)
        sw->w->ops->close(sw->fd);
    for (uint32_t i = 0; i < column_count(sw); i++)
        buf_done(&sw->columns[i]);
    free(sw->columns);
    buf_done(&sw->blocks);
    buf_done(&sw->posting_notes);
    for (uint32_t i = 0; i < sw->table->field_count; i++)
        postings_builder_free(sw->postings[i]);
    free(sw->postings);
    free(sw->reach);
    free(sw->half);
    free(sw);
}

void segment_writer_drop(struct segment_writer *sw)
{
    if (!sw)
        return;
    if (sw->fd >= 0)
        (void)sw->w->ops->remove(sw->w, sw->temporary, NULL); // else the next one of this name does
    writer_free(sw);
}

// --- blocks

// Everything from `from` on in a column's bytes is one chunk.
static void note_chunk(struct segment_writer *sw, const struct buf *column, size_t from)
{
    if (column->over_limit)
        return;
    size_t len = column->len - from;
    buf_u32_le(&sw->blocks, (uint32_t)len);
    buf_u64_le(&sw->blocks, checksum(column->at + from, len));
}

static void add_keys(struct segment_writer *sw, const struct row_key *keys, uint32_t row_count)
{
    for (int low = 0; low < KEY_COLUMNS; low++) {
        for (uint32_t i = 0; i < row_count; i++)
            sw->half[i] = (int64_t)(low ? keys[i].lo : keys[i].hi);
        size_t from = sw->columns[low].len;
        column_encode_i64(sw->half, NULL, row_count, &sw->columns[low]);
        note_chunk(sw, &sw->columns[low], from);
    }
}

static void note_range(struct buf *out, const struct block_range *r, enum column_kind kind)
{
    buf_u8(out, (uint8_t)((r->any ? RANGE_ANY : 0) | (r->any_missing ? RANGE_ANY_MISSING : 0)));
    if (!r->any)
        return;
    uint64_t bounds[2] = {(uint64_t)r->min, (uint64_t)r->max};
    if (kind == COLUMN_F64) {
        memcpy(&bounds[0], &r->min_f64, sizeof bounds[0]);
        memcpy(&bounds[1], &r->max_f64, sizeof bounds[1]);
    }
    buf_u64_le(out, bounds[0]);
    buf_u64_le(out, bounds[1]);
}

static void add_reach(struct code_reach *to, const struct block_range *r)
{
    if (!r->any)
        return;
    uint32_t min = (uint32_t)r->min;
    uint32_t max = (uint32_t)r->max;
    to->min = to->blocks == 0 || min < to->min ? min : to->min;
    to->max = max > to->max ? max : to->max;
    to->blocks += (uint64_t)max - min + 1;
}

static void add_column(struct segment_writer *sw, uint32_t field, const struct segment_column *c,
                       uint32_t row_count)
{
    enum column_kind kind = segment_kind(sw->table->fields[field].type);
    struct buf *out = &sw->columns[KEY_COLUMNS + field];
    size_t from = out->len;
    struct block_range r = {0};
    switch (kind) {
    case COLUMN_CODES:
        column_encode_codes(c->codes, row_count, out);
        r = range_of_codes(c->codes, row_count);
        add_reach(&sw->reach[field], &r);
        break;
    case COLUMN_I64:
        column_encode_i64(c->i64, c->present, row_count, out);
        r = range_of_i64(c->i64, c->present, row_count);
        break;
    case COLUMN_F64:
        column_encode_f64(c->f64, c->present, row_count, out);
        r = range_of_f64(c->f64, c->present, row_count);
        break;
    }
    note_chunk(sw, out, from);
    note_range(&sw->blocks, &r, kind);
}

// Column after column.
static enum err write_group(struct segment_writer *sw, struct fault *why)
{
    enum err e = buf_end(&sw->blocks, why);
    for (uint32_t i = 0; i < column_count(sw) && e == OK; i++) {
        struct buf *column = &sw->columns[i];
        e = buf_end(column, why);
        if (e == OK)
            e = sw->w->ops->write(sw->fd, buf_slice(column), why);
        sw->bytes += column->len;
        buf_reset(column);
    }
    return e;
}

enum err segment_writer_block(struct segment_writer *sw, uint32_t row_count,
                              const struct row_key *keys, const struct segment_column *columns,
                              struct fault *why)
{
    CHECK(row_count >= 1 && row_count <= BLOCK_ROWS && !sw->is_last && !sw->failed);
    sw->is_last = row_count < BLOCK_ROWS;
    buf_u32_le(&sw->blocks, row_count);
    add_keys(sw, keys, row_count);
    for (uint32_t i = 0; i < sw->table->field_count; i++) {
        add_column(sw, i, &columns[i], row_count);
        if (sw->postings[i])
            postings_builder_block(sw->postings[i], columns[i].codes, row_count);
    }
    sw->block_count++;
    sw->row_count += row_count;
    enum err e = sw->block_count % sw->group_blocks == 0 ? write_group(sw, why) : OK;
    if (e == OK)
        return OK;
    sw->failed = true;
    return fail_in(why, e, "segment %s", sw->name);
}

// --- the end

// Where codes rise from block to block, as those of values that are new in each row do, a
// block's range says as much: a code is in that of fewer than two on average.
static bool ranges_will_do(const struct code_reach *r)
{
    return r->blocks < 2 * ((uint64_t)r->max - r->min + 1);
}

// A field's postings are written as soon as they are made, as they can be large.
static enum err write_postings(struct segment_writer *sw, uint32_t field, struct fault *why)
{
    struct buf bytes AUTO(buf_donep) = buf_init(POSTINGS_BYTES_MAX);
    bool has = sw->postings[field] && !ranges_will_do(&sw->reach[field]) &&
               postings_builder_end(sw->postings[field], &bytes) && !bytes.over_limit;
    postings_builder_free(sw->postings[field]);
    sw->postings[field] = NULL;
    buf_u32_le(&sw->posting_notes, has ? (uint32_t)bytes.len : 0);
    buf_u64_le(&sw->posting_notes, has ? checksum(bytes.at, bytes.len) : 0);
    if (!has)
        return OK;
    sw->has_postings = true;
    sw->bytes += bytes.len;
    return sw->w->ops->write(sw->fd, buf_slice(&bytes), why);
}

static enum err write_all_postings(struct segment_writer *sw, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; i < sw->table->field_count && e == OK; i++)
        e = write_postings(sw, i, why);
    return e;
}

static void encode_footer(const struct segment_writer *sw, struct buf *out)
{
    const struct table *t = sw->table;
    buf_u32_le(out, sw->group_blocks);
    buf_u32_le(out, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++)
        buf_u8(out, (uint8_t)t->fields[i].type);
    buf_u64_le(out, sw->row_count);
    buf_u32_le(out, sw->block_count);
    buf_slice_add(out, buf_slice(&sw->blocks));
    if (sw->has_postings)
        buf_slice_add(out, buf_slice(&sw->posting_notes));
    uint64_t sum = checksum(out->at, out->len);
    uint64_t footer_bytes = out->len;
    buf_u64_le(out, sw->bytes);
    buf_u64_le(out, footer_bytes);
    buf_u64_le(out, sum);
    buf_bytes(out, segment_end, sizeof segment_end);
}

static enum err sync_directory(const struct segment_writer *sw, struct fault *why)
{
    char directory[SEGMENT_NAME_BYTES] = ".";
    const char *slash = strrchr(sw->name, '/');
    if (slash)
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - sw->name), sw->name);
    return sw->w->ops->sync_dir(sw->w, directory, why);
}

static enum err finish(struct segment_writer *sw, struct fault *why)
{
    const struct world_ops *ops = sw->w->ops;
    if (sw->failed)
        return fail(why, ERR_IO, "an earlier write failed");
    enum err e = write_group(sw, why); // the last, if it is not whole
    if (e == OK)
        e = write_all_postings(sw, why);
    struct buf footer = buf_init(2 * (size_t)SEGMENT_FOOTER_BYTES_MAX);
    encode_footer(sw, &footer);
    if (e == OK)
        e = buf_end(&footer, why);
    if (e == OK)
        e = ops->write(sw->fd, buf_slice(&footer), why);
    sw->bytes += footer.len;
    buf_done(&footer);
    if (e == OK)
        e = ops->sync(sw->fd, why);
    if (e == OK)
        e = ops->rename(sw->w, sw->temporary, sw->name, why);
    return e == OK ? sync_directory(sw, why) : e;
}

enum err segment_writer_finish(struct segment_writer *sw, uint64_t *out_bytes, struct fault *why)
{
    enum err e = finish(sw, why);
    if (e != OK) {
        e = fail_in(why, e, "segment %s", sw->name);
        segment_writer_drop(sw);
        return e;
    }
    *out_bytes = sw->bytes;
    writer_free(sw);
    return OK;
}
