// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/hash.h"
#include "base/reader.h"
#include "store/segment_private.h"

#include <stdlib.h>
#include <string.h>

// The file, all numbers little-endian:
//
//     header   "tamisseg", version u32 = 2, zero u32
//     chunks   group after group; of a group column after column: key hi, key lo, field 0,
//              field 1 ...; of a column block after block
//              one after the other without gaps, each as codec/column.c draws it
//     postings of the fields that have some, as index/postings.c draws them
//     footer   group_blocks u32, a power of two
//              field_count u32, enum field_type u8 of each
//              row_count u64, block_count u32
//              each block:  row_count u32
//                           key hi: chunk bytes u32, checksum u64
//                           key lo: the same
//                           each field: chunk bytes u32, checksum u64,
//                                       range flags u8, and with RANGE_ANY: min, max,
//                                       8 bytes each (i64, or the bits of a double)
//              and, when any field has postings, each field: their bytes u32 (0: none),
//                                                           checksum u64
//     tail     footer offset u64, footer bytes u64, footer checksum u64, "tamisend"
//
//     group 0   |key hi of blocks 0..127|key lo of 0..127|field 0 of 0..127| ...
//     group 1   |key hi of blocks 128.. |key lo of 128.. | ...
//                └─ a unit ────────────┘ one pread
//
// Version 1 has no group_blocks, and groups of one block.
//
// What is read here stays in memory: of each chunk its place and checksum, of each column of
// each block its range.

enum { CHUNK_NOTE_BYTES = 12 };

static const uint64_t segment_bytes_max = (uint64_t)1 << 36;

static void *array_of(uint64_t count, size_t bytes)
{
    void *array = calloc(count ? count : 1, bytes);
    CHECK(array != NULL);
    return array;
}

// ---- the ends of the file ----

static enum err check_size(struct segment *s, struct fault *why)
{
    enum err e = s->ops->size(s->fd, &s->bytes, why);
    if (e != OK)
        return e;
    if (s->bytes > segment_bytes_max)
        return fail(why, ERR_LIMIT, "file of %llu bytes; the limit is %llu",
                    (unsigned long long)s->bytes, (unsigned long long)segment_bytes_max);
    if (s->bytes < SEGMENT_HEADER_BYTES + SEGMENT_TAIL_BYTES)
        return fail(why, ERR_CORRUPT, "file of %llu bytes", (unsigned long long)s->bytes);
    return OK;
}

static enum err read_header(const struct segment *s, uint32_t *out_version, struct fault *why)
{
    uint8_t bytes[SEGMENT_HEADER_BYTES];
    enum err e = s->ops->read_at(s->fd, bytes, sizeof bytes, 0, why);
    if (e != OK)
        return e;
    struct reader in = reader_over(slice_of(bytes, sizeof bytes));
    struct slice magic = reader_bytes(&in, sizeof segment_magic);
    *out_version = reader_u32_le(&in);
    uint32_t zero = reader_u32_le(&in);
    if (!slice_equal(magic, slice_of(segment_magic, sizeof segment_magic)) || zero != 0)
        return fail(why, ERR_CORRUPT, "header does not check");
    if (*out_version != SEGMENT_VERSION && *out_version != SEGMENT_VERSION_BY_BLOCK)
        return fail(why, ERR_CORRUPT, "is of version %u, which this program does not know",
                    *out_version);
    return OK;
}

static enum err find_footer(const struct segment *s, struct stretch *out, uint64_t *out_bytes,
                            struct fault *why)
{
    uint8_t bytes[SEGMENT_TAIL_BYTES];
    uint64_t chunks_end = s->bytes - SEGMENT_TAIL_BYTES;
    enum err e = s->ops->read_at(s->fd, bytes, sizeof bytes, chunks_end, why);
    if (e != OK)
        return e;
    struct reader in = reader_over(slice_of(bytes, sizeof bytes));
    out->at = reader_u64_le(&in);
    *out_bytes = reader_u64_le(&in);
    out->checksum = reader_u64_le(&in);
    struct slice end = reader_bytes(&in, sizeof segment_end);
    if (!slice_equal(end, slice_of(segment_end, sizeof segment_end)) ||
        out->at < SEGMENT_HEADER_BYTES || out->at > chunks_end ||
        *out_bytes != chunks_end - out->at)
        return fail(why, ERR_CORRUPT, "tail does not check");
    return OK;
}

// `out` is the caller's to free, on failure too.
static enum err read_footer(const struct segment *s, struct stretch place, uint64_t bytes,
                            uint8_t **out, struct fault *why)
{
    *out = malloc(bytes ? bytes : 1);
    if (!*out)
        return fail(why, ERR_LIMIT, "no memory for %llu bytes", (unsigned long long)bytes);
    enum err e = s->ops->read_at(s->fd, *out, bytes, place.at, why);
    if (e != OK)
        return e;
    if (checksum(*out, bytes) != place.checksum)
        return fail(why, ERR_CORRUPT, "footer does not check");
    return OK;
}

// ---- the footer ----

static enum err read_group(struct reader *in, uint32_t version, struct segment *s,
                           struct fault *why)
{
    uint32_t blocks = version == SEGMENT_VERSION_BY_BLOCK ? 1 : reader_u32_le(in);
    if (in->short_of_bytes || blocks == 0 || blocks > GROUP_BLOCKS_MAX || blocks & (blocks - 1))
        return fail(why, ERR_CORRUPT, "groups of %u blocks", blocks);
    s->group_shift = (uint32_t)__builtin_ctz(blocks);
    return OK;
}

static enum err read_shape(struct reader *in, struct segment *s, struct fault *why)
{
    const struct table *t = s->table;
    s->field_count = reader_u32_le(in);
    if (s->field_count != t->field_count)
        return fail(why, ERR_CORRUPT, "%u fields; the table has %u", s->field_count,
                    t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (reader_u8(in) != t->fields[i].type)
            return fail(why, ERR_CORRUPT, "field %s is of another type", t->fields[i].name);
    }
    s->row_count = reader_u64_le(in);
    s->block_count = reader_u32_le(in);
    s->column_count = s->field_count + KEY_COLUMNS;
    uint64_t blocks = (s->row_count + BLOCK_ROWS - 1) / BLOCK_ROWS;
    uint64_t notes = (uint64_t)s->block_count * s->column_count;
    if (in->short_of_bytes || s->block_count != blocks ||
        s->row_count > (uint64_t)UINT32_MAX * BLOCK_ROWS ||
        notes > reader_left(in) / CHUNK_NOTE_BYTES)
        return fail(why, ERR_CORRUPT, "%llu rows in %u blocks", (unsigned long long)s->row_count,
                    s->block_count);
    uint32_t group_blocks = (uint32_t)1 << s->group_shift;
    s->group_count = s->block_count / group_blocks + (s->block_count % group_blocks != 0);
    return OK;
}

static enum err read_range(struct reader *in, enum column_kind kind, struct block_range *out,
                           struct fault *why)
{
    uint8_t flags = reader_u8(in);
    if (in->short_of_bytes || flags & ~RANGE_FLAGS)
        return fail(why, ERR_CORRUPT, "unknown flags %u", flags);
    struct block_range r = {.any = flags & RANGE_ANY, .any_missing = flags & RANGE_ANY_MISSING};
    if (r.any) {
        uint64_t min = reader_u64_le(in);
        uint64_t max = reader_u64_le(in);
        if (kind == COLUMN_F64) {
            memcpy(&r.min_f64, &min, sizeof min);
            memcpy(&r.max_f64, &max, sizeof max);
        } else {
            r.min = (int64_t)min;
            r.max = (int64_t)max;
        }
    }
    *out = r;
    return in->short_of_bytes ? fail(why, ERR_CORRUPT, "footer ends too soon") : OK;
}

static void read_note(struct reader *in, struct stretch *out)
{
    out->bytes = reader_u32_le(in);
    out->checksum = reader_u64_le(in);
}

static struct stretch *chunk_of(struct segment *s, uint32_t column, uint32_t block)
{
    return &s->chunks[(size_t)column * s->block_count + block];
}

static enum err read_block(struct reader *in, struct segment *s, uint32_t block, struct fault *why)
{
    uint32_t row_count = reader_u32_le(in);
    if (row_count != segment_block_rows(s, block))
        return fail(why, ERR_CORRUPT, "block %u has %u rows", block, row_count);
    for (uint32_t i = 0; i < KEY_COLUMNS; i++)
        read_note(in, chunk_of(s, i, block));
    for (uint32_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->table->fields[i];
        struct block_range *r = &s->ranges[(size_t)block * s->field_count + i];
        read_note(in, chunk_of(s, KEY_COLUMNS + i, block));
        enum err e = read_range(in, segment_kind(f->type), r, why);
        if (e != OK)
            return fail_in(why, e, "field %s of block %u", f->name, block);
    }
    return OK;
}

static enum err read_postings(struct reader *in, struct segment *s, struct fault *why)
{
    if (reader_left(in) == 0)
        return OK; // no field has any
    s->posting_places = array_of(s->field_count, sizeof *s->posting_places);
    s->postings = array_of(s->field_count, sizeof *s->postings);
    for (uint32_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->table->fields[i];
        read_note(in, &s->posting_places[i]);
        bool has = s->posting_places[i].bytes > 0;
        if (has ? field_storage(f->type) != STORAGE_CODE : s->posting_places[i].checksum != 0)
            return fail(why, ERR_CORRUPT, "field %s has postings that are none", f->name);
    }
    return reader_end(in, why);
}

// Where each stretch begins: they follow one another, and fill the file up to the footer.
static enum err place_stretches(struct segment *s, uint64_t footer_at, struct fault *why)
{
    uint64_t at = SEGMENT_HEADER_BYTES;
    for (uint32_t first = 0; first < s->block_count; first += (uint32_t)1 << s->group_shift) {
        uint32_t left = s->block_count - first;
        uint32_t blocks = left >> s->group_shift ? (uint32_t)1 << s->group_shift : left;
        for (uint32_t c = 0; c < s->column_count; c++) {
            for (uint32_t b = first; b < first + blocks; b++) {
                chunk_of(s, c, b)->at = at;
                at += chunk_of(s, c, b)->bytes;
            }
        }
    }
    for (uint32_t i = 0; s->posting_places && i < s->field_count; i++) {
        s->posting_places[i].at = at;
        at += s->posting_places[i].bytes;
    }
    return at == footer_at ? OK
                           : fail(why, ERR_CORRUPT, "chunks end at %llu and not at the footer",
                                  (unsigned long long)at);
}

static enum err take_footer(struct segment *s, uint32_t version, struct slice bytes,
                            struct fault *why)
{
    struct reader in = reader_over(bytes);
    enum err e = read_group(&in, version, s, why);
    if (e == OK)
        e = read_shape(&in, s, why);
    if (e != OK)
        return e;
    uint64_t blocks = s->block_count;
    s->chunks = array_of(blocks * s->column_count, sizeof *s->chunks);
    s->ranges = array_of(blocks * s->field_count, sizeof *s->ranges);
    s->columns = array_of((uint64_t)s->group_count * s->column_count, sizeof *s->columns);
    for (uint32_t b = 0; b < s->block_count && e == OK; b++)
        e = read_block(&in, s, b, why);
    if (e == OK)
        e = reader_left(&in) ? read_postings(&in, s, why) : reader_end(&in, why);
    return e;
}

static enum err read_ends(struct segment *s, struct fault *why)
{
    uint32_t version = 0;
    struct stretch footer = {0};
    uint64_t footer_bytes = 0;
    enum err e = check_size(s, why);
    if (e == OK)
        e = read_header(s, &version, why);
    if (e == OK)
        e = find_footer(s, &footer, &footer_bytes, why);
    if (e != OK)
        return e;
    uint8_t *bytes = NULL;
    e = read_footer(s, footer, footer_bytes, &bytes, why);
    if (e == OK)
        e = take_footer(s, version, slice_of(bytes, footer_bytes), why);
    free(bytes);
    return e == OK ? place_stretches(s, footer.at, why) : e;
}

// NOLINTNEXTLINE(readability-function-size): six, where the file is, what it is of and who has it.
enum err segment_open(const struct world *w, const char *name, const struct table *t,
                      struct units *pool, struct segment **out, struct fault *why)
{
    int fd;
    enum err e = w->ops->open_read(w, name, &fd, why);
    if (e != OK)
        return e;
    struct segment *s = array_of(1, sizeof *s);
    s->table = t;
    s->ops = w->ops;
    s->fd = fd;
    s->pool = pool;
    s->name = strdup(name);
    CHECK(s->name != NULL);
    e = read_ends(s, why);
    if (e != OK) {
        segment_close(s);
        return fail_in(why, e, "segment %s", name);
    }
    *out = s;
    return OK;
}

void segment_close(struct segment *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->columns && i < (size_t)s->group_count * s->column_count; i++)
        units_drop(s->pool, &s->columns[i]);
    for (uint32_t i = 0; s->postings && i < s->field_count; i++)
        units_drop(s->pool, &s->postings[i]);
    s->ops->close(s->fd);
    free(s->name);
    free(s->chunks);
    free(s->ranges);
    free(s->columns);
    free(s->posting_places);
    free(s->postings);
    free(atomic_load(&s->broken));
    free(s);
}
