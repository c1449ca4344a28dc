// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/reader.h"
#include "index/postings.h"
#include "store/segment_private.h"

#include <stdlib.h>
#include <sys/mman.h>

// The file, all numbers little-endian:
//
//     header   "tamisseg", version u32 = 1, zero u32
//     chunks   of block 0: key hi, key lo, field 0, field 1 ...; of block 1: ...
//              one after the other without gaps, each as codec/column.c draws it
//     postings of the fields that have some, as index/postings.c draws them
//     footer   field_count u32, enum field_type u8 of each
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
// In memory the file lies as it is; what the footer says is spread into arrays, one entry
// per block and column, so that finding a chunk is one multiplication.

enum { HUGE_PAGE_BYTES = 2 << 20, CHUNK_NOTE_BYTES = 12 };

static const uint64_t segment_bytes_max = (uint64_t)1 << 36;

struct segment {
    uint8_t *file;
    uint64_t bytes;
    uint64_t row_count;
    uint32_t block_count;
    uint32_t field_count;
    uint32_t column_count;      // of a block: keys and fields
    struct column *columns;     // [block][KEY_COLUMNS + field]
    struct block_range *ranges; // [block][field]
    struct postings *postings;  // [field], block_count 0 where a field has none; or NULL
};

// --- opening

static enum err read_file(const struct world *w, int fd, struct segment *s, struct fault *why)
{
    enum err e = w->ops->size(fd, &s->bytes, why);
    if (e != OK)
        return e;
    if (s->bytes > segment_bytes_max)
        return fail(why, ERR_LIMIT, "file of %llu bytes; the limit is %llu",
                    (unsigned long long)s->bytes, (unsigned long long)segment_bytes_max);
    if (s->bytes < SEGMENT_HEADER_BYTES + SEGMENT_TAIL_BYTES)
        return fail(why, ERR_CORRUPT, "file of %llu bytes", (unsigned long long)s->bytes);
    if (s->bytes >= HUGE_PAGE_BYTES) {
        size_t room = (s->bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
        s->file = aligned_alloc(HUGE_PAGE_BYTES, room);
        if (s->file)
            (void)madvise(s->file, room, MADV_HUGEPAGE); // only a wish
    } else {
        s->file = malloc(s->bytes);
    }
    if (!s->file)
        return fail(why, ERR_LIMIT, "no memory for %llu bytes", (unsigned long long)s->bytes);
    return w->ops->read_at(fd, s->file, s->bytes, 0, why);
}

static enum err check_header(const struct segment *s, struct fault *why)
{
    struct reader in = reader_over(slice_of(s->file, SEGMENT_HEADER_BYTES));
    struct slice magic = reader_bytes(&in, sizeof segment_magic);
    uint32_t version = reader_u32_le(&in);
    uint32_t zero = reader_u32_le(&in);
    if (!slice_equal(magic, slice_of(segment_magic, sizeof segment_magic)) ||
        version != SEGMENT_VERSION || zero != 0)
        return fail(why, ERR_CORRUPT, "header does not check");
    return OK;
}

static enum err find_footer(const struct segment *s, struct slice *out, struct fault *why)
{
    uint64_t chunks_end = s->bytes - SEGMENT_TAIL_BYTES;
    struct reader in = reader_over(slice_of(s->file + chunks_end, SEGMENT_TAIL_BYTES));
    uint64_t at = reader_u64_le(&in);
    uint64_t len = reader_u64_le(&in);
    uint64_t sum = reader_u64_le(&in);
    struct slice end = reader_bytes(&in, sizeof segment_end);
    if (!slice_equal(end, slice_of(segment_end, sizeof segment_end)) || at < SEGMENT_HEADER_BYTES ||
        at > chunks_end || len != chunks_end - at)
        return fail(why, ERR_CORRUPT, "tail does not check");
    *out = slice_of(s->file + at, len);
    if (checksum(out->at, out->len) != sum)
        return fail(why, ERR_CORRUPT, "footer does not check");
    return OK;
}

static enum err read_shape(struct reader *in, const struct table *t, struct segment *s,
                           struct fault *why)
{
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
    return OK;
}

// The chunk that a footer's note is about; chunks follow each other.
static enum err read_chunk(struct reader *in, struct reader *chunks, enum column_kind kind,
                           uint32_t row_count, struct column *out, struct fault *why)
{
    uint32_t len = reader_u32_le(in);
    uint64_t sum = reader_u64_le(in);
    struct slice chunk = reader_bytes(chunks, len);
    if (in->short_of_bytes || chunks->short_of_bytes)
        return fail(why, ERR_CORRUPT, "ends too soon");
    if (checksum(chunk.at, chunk.len) != sum)
        return fail(why, ERR_CORRUPT, "%zu bytes do not check", chunk.len);
    return column_open(chunk, kind, row_count, out, why);
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
    return OK;
}

// Multiples of a step reach from the smallest number to the largest, and no farther.
static bool steps_hold(const struct column *c, const struct block_range *truth)
{
    uint64_t step;
    int64_t base;
    if (!column_step(c, &step, &base))
        return true;
    uint64_t range = (uint64_t)truth->max - (uint64_t)truth->min;
    return truth->any && base == truth->min && column_multiple_max(c) <= range / step;
}

// Codes index dictionaries, and distances from the smallest number index tables, so
// their ranges must be the truth.
static enum err check_range(const struct column *c, const struct block_range *r, uint64_t *scratch,
                            struct fault *why)
{
    struct block_range truth;
    uint64_t present[BLOCK_ROWS / 64];
    if (c->kind == COLUMN_CODES) {
        column_codes(c, (uint32_t *)scratch);
        truth = range_of_codes((uint32_t *)scratch, c->count);
    } else {
        column_i64(c, (int64_t *)scratch, present);
        truth = range_of_i64((int64_t *)scratch, present, c->count);
    }
    if (truth.any != r->any || truth.any_missing != r->any_missing || truth.min != r->min ||
        truth.max != r->max || !steps_hold(c, &truth))
        return fail(why, ERR_CORRUPT, "%s are not in their range",
                    c->kind == COLUMN_CODES ? "codes" : "numbers");
    return OK;
}

struct footer {
    struct reader in;     // notes
    struct reader chunks; // from the header to the footer
    uint64_t *scratch;    // BLOCK_ROWS codes or numbers
};

static enum err read_keys(struct footer *f, struct segment *s, uint32_t block, uint32_t row_count,
                          struct fault *why)
{
    for (uint32_t i = 0; i < KEY_COLUMNS; i++) {
        struct column *c = &s->columns[(size_t)block * s->column_count + i];
        enum err e = read_chunk(&f->in, &f->chunks, COLUMN_I64, row_count, c, why);
        if (e != OK)
            return fail_in(why, e, "keys of block %u", block);
        if (c->present)
            return fail(why, ERR_CORRUPT, "block %u has rows without a key", block);
    }
    return OK;
}

static enum err read_block(struct footer *f, const struct table *t, struct segment *s,
                           uint32_t block, struct fault *why)
{
    uint32_t row_count = reader_u32_le(&f->in);
    if (row_count != segment_block_rows(s, block))
        return fail(why, ERR_CORRUPT, "block %u has %u rows", block, row_count);
    enum err e = read_keys(f, s, block, row_count, why);
    for (uint32_t i = 0; e == OK && i < s->field_count; i++) {
        enum column_kind kind = segment_kind(t->fields[i].type);
        struct column *c = &s->columns[(size_t)block * s->column_count + KEY_COLUMNS + i];
        struct block_range *r = &s->ranges[(size_t)block * s->field_count + i];
        e = read_chunk(&f->in, &f->chunks, kind, row_count, c, why);
        if (e == OK)
            e = read_range(&f->in, kind, r, why);
        if (e == OK && kind != COLUMN_F64)
            e = check_range(c, r, f->scratch, why);
        if (e != OK)
            return fail_in(why, e, "field %s of block %u", t->fields[i].name, block);
    }
    return e;
}

static void *array_of(uint64_t count, size_t bytes)
{
    void *array = calloc(count ? count : 1, bytes);
    CHECK(array != NULL);
    return array;
}

static enum err read_field_postings(struct footer *f, const struct field *field,
                                    uint32_t block_count, struct postings *out, struct fault *why)
{
    uint32_t len = reader_u32_le(&f->in);
    uint64_t sum = reader_u64_le(&f->in);
    struct slice bytes = reader_bytes(&f->chunks, len);
    if (f->in.short_of_bytes || f->chunks.short_of_bytes)
        return fail(why, ERR_CORRUPT, "ends too soon");
    if (len == 0 && sum == 0)
        return OK;
    if (field_storage(field->type) != STORAGE_CODE || checksum(bytes.at, bytes.len) != sum)
        return fail(why, ERR_CORRUPT, "postings of field %s do not check", field->name);
    enum err e = postings_open(bytes, block_count, out, why);
    return e ? fail_in(why, e, "field %s", field->name) : OK;
}

static enum err read_postings(struct footer *f, const struct table *t, struct segment *s,
                              struct fault *why)
{
    if (reader_left(&f->in) == 0)
        return OK; // no field has any
    s->postings = array_of(t->field_count, sizeof *s->postings);
    for (uint32_t i = 0; i < t->field_count; i++) {
        enum err e = read_field_postings(f, &t->fields[i], s->block_count, &s->postings[i], why);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err read_blocks(struct footer *f, const struct table *t, struct segment *s,
                            struct fault *why)
{
    s->columns = array_of((uint64_t)s->block_count * s->column_count, sizeof *s->columns);
    s->ranges = array_of((uint64_t)s->block_count * s->field_count, sizeof *s->ranges);
    for (uint32_t b = 0; b < s->block_count; b++) {
        enum err e = read_block(f, t, s, b, why);
        if (e != OK)
            return e;
    }
    enum err e = read_postings(f, t, s, why);
    if (e == OK)
        e = reader_end(&f->in, why);
    return e == OK ? reader_end(&f->chunks, why) : e;
}

static enum err read_segment(const struct table *t, struct segment *s, struct fault *why)
{
    struct slice bytes = {0};
    enum err e = check_header(s, why);
    if (e == OK)
        e = find_footer(s, &bytes, why);
    if (e != OK)
        return e;
    const uint8_t *chunks = s->file + SEGMENT_HEADER_BYTES;
    struct footer f = {
        .in = reader_over(bytes),
        .chunks = reader_over(slice_of(chunks, (size_t)(bytes.at - chunks))),
    };
    e = read_shape(&f.in, t, s, why);
    if (e != OK)
        return e;
    f.scratch = array_of(BLOCK_ROWS, sizeof *f.scratch);
    e = read_blocks(&f, t, s, why);
    free(f.scratch);
    return e;
}

enum err segment_open(const struct world *w, const char *name, const struct table *t,
                      struct segment **out, struct fault *why)
{
    int fd;
    enum err e = w->ops->open_read(w, name, &fd, why);
    if (e != OK)
        return e;
    struct segment *s = array_of(1, sizeof *s);
    e = read_file(w, fd, s, why);
    w->ops->close(fd);
    if (e == OK)
        e = read_segment(t, s, why);
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
    free(s->columns);
    free(s->ranges);
    free(s->postings);
    free(s->file);
    free(s);
}

// --- reading

uint64_t segment_rows(const struct segment *s)
{
    return s->row_count;
}

uint64_t segment_bytes(const struct segment *s)
{
    return s->bytes;
}

uint32_t segment_block_count(const struct segment *s)
{
    return s->block_count;
}

uint32_t segment_block_rows(const struct segment *s, uint32_t block)
{
    uint64_t left = s->row_count - (uint64_t)block * BLOCK_ROWS;
    return left < BLOCK_ROWS ? (uint32_t)left : BLOCK_ROWS;
}

static const struct column *column_at(const struct segment *s, uint32_t block, uint32_t column)
{
    DCHECK(block < s->block_count && column < s->column_count);
    return &s->columns[(size_t)block * s->column_count + column];
}

static const struct column *field_at(const struct segment *s, uint32_t block, uint32_t field)
{
    return column_at(s, block, KEY_COLUMNS + field);
}

void segment_codes(const struct segment *s, uint32_t block, uint32_t field, uint32_t *out)
{
    column_codes(field_at(s, block, field), out);
}

// Readers hold bits for a whole block, of which a short one fills but some words.
static void clear_rest(const struct column *c, uint64_t *present)
{
    size_t used = bit_words(c->count);
    memset(present + used, 0, (bit_words(BLOCK_ROWS) - used) * sizeof *present);
}

void segment_i64(const struct segment *s, uint32_t block, uint32_t field, int64_t *out,
                 uint64_t *out_present)
{
    const struct column *c = field_at(s, block, field);
    column_i64(c, out, out_present);
    clear_rest(c, out_present);
}

void segment_f64(const struct segment *s, uint32_t block, uint32_t field, double *out,
                 uint64_t *out_present)
{
    const struct column *c = field_at(s, block, field);
    column_f64(c, out, out_present);
    clear_rest(c, out_present);
}

void segment_codes_narrow(const struct segment *s, uint32_t block, uint32_t field, unsigned width,
                          void *out)
{
    const struct column *c = field_at(s, block, field);
    if (width == 1)
        column_codes_u8(c, out);
    else if (width == 2)
        column_codes_u16(c, out);
    else
        column_codes(c, out);
}

// Base, step, power and the largest distance of a column's numbers; false when they are no
// whole numbers.
static bool shape_of(const struct column *c, const struct block_range *r, struct offsets *o,
                     uint64_t *out_max)
{
    struct column_scale scale = {0, r->min, (uint64_t)r->max - (uint64_t)r->min};
    if (c->kind == COLUMN_F64 && !column_scale(c, &scale))
        return false;
    o->base = scale.min;
    o->power = scale.power;
    *out_max = scale.max_distance;
    if (!o->takes_steps || !column_step(c, &o->step, &o->base))
        o->step = 1;
    *out_max /= o->step;
    return true;
}

bool segment_offsets(const struct segment *s, uint32_t block, uint32_t field, struct offsets *o)
{
    const struct column *c = field_at(s, block, field);
    struct block_range r = segment_range(s, block, field);
    uint64_t max;
    if (!shape_of(c, &r, o, &max) || max > UINT32_MAX)
        return false;
    o->max = (uint32_t)max;
    o->width = max <= UINT16_MAX ? 2 : 4;
    if (o->step > 1 && o->width == 2)
        column_multiples_u16(c, o->distances);
    else if (o->step > 1)
        column_multiples_u32(c, o->distances);
    else if (o->width == 2)
        column_distances_u16(c, o->base, o->distances);
    else
        column_distances_u32(c, o->base, o->distances);
    column_present_bits(c, o->present);
    clear_rest(c, o->present);
    return true;
}

void segment_keys(const struct segment *s, uint32_t block, struct row_key *out)
{
    uint32_t row_count = segment_block_rows(s, block);
    uint64_t present[BLOCK_ROWS / 64];
    int64_t *half = array_of(BLOCK_ROWS, sizeof *half);
    column_i64(column_at(s, block, 0), half, present);
    for (uint32_t i = 0; i < row_count; i++)
        out[i].hi = (uint64_t)half[i];
    column_i64(column_at(s, block, 1), half, present);
    for (uint32_t i = 0; i < row_count; i++)
        out[i].lo = (uint64_t)half[i];
    free(half);
}

struct block_range segment_range(const struct segment *s, uint32_t block, uint32_t field)
{
    DCHECK(block < s->block_count && field < s->field_count);
    return s->ranges[(size_t)block * s->field_count + field];
}

uint32_t segment_code_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field)
{
    return column_code_at(field_at(s, block, field), row);
}

bool segment_i64_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field,
                    int64_t *out)
{
    return column_i64_at(field_at(s, block, field), row, out);
}

bool segment_f64_at(const struct segment *s, uint32_t block, uint32_t row, uint32_t field,
                    double *out)
{
    return column_f64_at(field_at(s, block, field), row, out);
}

struct row_key segment_key_at(const struct segment *s, uint32_t block, uint32_t row)
{
    int64_t hi = 0;
    int64_t lo = 0;
    bool whole = column_i64_at(column_at(s, block, 0), row, &hi) &&
                 column_i64_at(column_at(s, block, 1), row, &lo);
    DCHECK(whole);
    (void)whole;
    return (struct row_key){(uint64_t)hi, (uint64_t)lo};
}

bool segment_blocks_of(const struct segment *s, uint32_t field, const uint32_t *codes,
                       uint32_t count, uint32_t first, uint64_t *bits)
{
    if (!s->postings || s->postings[field].block_count == 0)
        return false;
    for (uint32_t i = 0; i < count; i++)
        postings_blocks(&s->postings[field], codes[i], first, bits);
    return true;
}
