// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/hash.h"
#include "store/read_fault.h"
#include "store/segment_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Units of a segment on their way from the file: read in one piece, then every chunk is
// checked: its checksum, that it can be decoded, and that the footer says the truth of it.

enum { BODY_ALIGN = 64 };

// One column of the blocks of one group.
struct unit_place {
    const struct segment *segment;
    uint32_t column;
    uint32_t first_block;
    uint32_t blocks;
};

static struct unit_place place_of(const struct segment *s, uint32_t block, uint32_t column)
{
    uint32_t first = block >> s->group_shift << s->group_shift;
    uint32_t left = s->block_count - first;
    uint32_t whole = (uint32_t)1 << s->group_shift;
    return (struct unit_place){s, column, first, left < whole ? left : whole};
}

static uint64_t bytes_of(const struct unit_place *p)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < p->blocks; i++)
        bytes += segment_chunk(p->segment, p->column, p->first_block + i)->bytes;
    return bytes;
}

// Of the chunks within a body, behind what is said of them.
static size_t chunks_at(size_t head)
{
    return (head + BODY_ALIGN - 1) / BODY_ALIGN * BODY_ALIGN;
}

// ---- checking ----

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
// their ranges must be the truth.  `scratch`: BLOCK_ROWS numbers.
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

struct chunk_check {
    const struct segment *segment;
    uint64_t *scratch; // BLOCK_ROWS
};

static struct chunk_check check_begin(const struct segment *s)
{
    struct chunk_check c = {s, malloc(BLOCK_ROWS * sizeof *c.scratch)};
    CHECK(c.scratch != NULL);
    return c;
}

static void check_end(struct chunk_check *c)
{
    free(c->scratch);
}

static enum err check_truth(const struct chunk_check *k, const struct column *c, uint32_t block,
                            uint32_t column, struct fault *why)
{
    if (column < KEY_COLUMNS)
        return c->present ? fail(why, ERR_CORRUPT, "rows without a key") : OK;
    if (c->kind == COLUMN_F64)
        return OK;
    struct block_range r = segment_range(k->segment, block, column - KEY_COLUMNS);
    return check_range(c, &r, k->scratch, why);
}

static enum err fail_at(const struct segment *s, enum err e, uint32_t block, uint32_t column,
                        struct fault *why)
{
    if (column < KEY_COLUMNS)
        return fail_in(why, e, "segment %s: keys of block %u", s->name, block);
    return fail_in(why, e, "segment %s: field %s of block %u", s->name,
                   s->table->fields[column - KEY_COLUMNS].name, block);
}

static enum err open_chunk(const struct chunk_check *k, const uint8_t *bytes, uint32_t block,
                           uint32_t column, struct column *out, struct fault *why)
{
    const struct segment *s = k->segment;
    const struct stretch *place = segment_chunk(s, column, block);
    enum column_kind kind = column < KEY_COLUMNS
                                ? COLUMN_I64
                                : segment_kind(s->table->fields[column - KEY_COLUMNS].type);
    enum err e = OK;
    if (checksum(bytes, place->bytes) != place->checksum)
        e = fail(why, ERR_CORRUPT, "%u bytes do not check", place->bytes);
    if (e == OK)
        e = column_open(slice_of(bytes, place->bytes), kind, segment_block_rows(s, block), out,
                        why);
    if (e == OK)
        e = check_truth(k, out, block, column, why);
    return e == OK ? OK : fail_at(s, e, block, column, why);
}

// ---- columns ----

static enum err fill_column(const void *context, void *body, struct fault *why)
{
    const struct unit_place *p = context;
    const struct segment *s = p->segment;
    struct column *columns = body;
    uint8_t *bytes = (uint8_t *)body + chunks_at(p->blocks * sizeof *columns);
    uint64_t first_at = segment_chunk(s, p->column, p->first_block)->at;
    enum err e = s->ops->read_at(s->fd, bytes, bytes_of(p), first_at, why);
    if (e != OK)
        return fail_at(s, e, p->first_block, p->column, why);
    struct chunk_check check = check_begin(s);
    for (uint32_t i = 0; i < p->blocks && e == OK; i++) {
        uint32_t block = p->first_block + i;
        const uint8_t *at = bytes + (segment_chunk(s, p->column, block)->at - first_at);
        e = open_chunk(&check, at, block, p->column, &columns[i], why);
    }
    check_end(&check);
    return e;
}

static void remember(const struct segment *s, const struct fault *why)
{
    struct fault *copy = malloc(sizeof *copy);
    CHECK(copy != NULL);
    *copy = *why;
    struct fault *none = NULL;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const away; a failure changes no row.
    struct segment *mine = (struct segment *)(uintptr_t)s;
    if (!atomic_compare_exchange_strong(&mine->broken, &none, copy))
        free(copy);
}

static const struct column *load_column(const struct segment *s, struct unit *u, uint32_t block,
                                        uint32_t column)
{
    struct unit_place p = place_of(s, block, column);
    struct unit_filler f = {
        .fill = fill_column,
        .context = &p,
        .bytes = chunks_at(p.blocks * sizeof(struct column)) + bytes_of(&p),
    };
    struct fault why = {0};
    const struct column *columns = units_load(s->pool, u, &f, &why);
    if (columns)
        return columns;
    remember(s, &why);
    read_fault_note(&why);
    return NULL;
}

static struct unit *unit_of(const struct segment *s, uint32_t block, uint32_t column)
{
    DCHECK(block < s->block_count && column < s->column_count);
    return &s->columns[(size_t)column * s->group_count + (block >> s->group_shift)];
}

static const struct column *in_unit(const struct segment *s, const struct column *columns,
                                    uint32_t block)
{
    return columns ? &columns[block & (((uint32_t)1 << s->group_shift) - 1)] : NULL;
}

const struct column *segment_hold(const struct segment *s, uint32_t block, uint32_t column)
{
    struct unit *u = unit_of(s, block, column);
    const struct column *columns = unit_hold(u);
    return in_unit(s, columns ? columns : load_column(s, u, block, column), block);
}

// ---- a single row ----

// A unit that would put another out is done without so often: about what reading it costs.
enum { PASSED_BY_MAX = 32 };

static bool passes_by(const struct segment *s, struct unit *u, uint32_t block, uint32_t column)
{
    struct unit_place p = place_of(s, block, column);
    return p.blocks > 1 && !units_have_room(s->pool, bytes_of(&p)) &&
           atomic_fetch_add(&u->passed_by, 1) < PASSED_BY_MAX;
}

static enum err read_alone(const struct segment *s, uint32_t block, uint32_t column,
                           struct lone_chunk *out, struct fault *why)
{
    const struct stretch *place = segment_chunk(s, column, block);
    out->bytes = malloc(place->bytes + 1);
    CHECK(out->bytes != NULL);
    enum err e = s->ops->read_at(s->fd, out->bytes, place->bytes, place->at, why);
    if (e != OK)
        return fail_at(s, e, block, column, why);
    struct chunk_check check = check_begin(s);
    e = open_chunk(&check, out->bytes, block, column, &out->column, why);
    check_end(&check);
    return e;
}

// A failure is of the unit, so that the segment tells of it until the unit can be read.
const struct column *segment_hold_row(const struct segment *s, uint32_t block, uint32_t column,
                                      struct lone_chunk *out)
{
    struct unit *u = unit_of(s, block, column);
    const struct column *columns = unit_hold(u);
    out->bytes = NULL;
    if (columns)
        return in_unit(s, columns, block);
    if (!passes_by(s, u, block, column))
        return in_unit(s, load_column(s, u, block, column), block);
    struct fault why = {0};
    if (read_alone(s, block, column, out, &why) == OK)
        return &out->column;
    atomic_store(&u->is_broken, true);
    remember(s, &why);
    read_fault_note(&why);
    return NULL;
}

// ---- postings ----

struct postings_place {
    const struct segment *segment;
    uint32_t field;
};

static enum err fill_postings(const void *context, void *body, struct fault *why)
{
    const struct postings_place *p = context;
    const struct segment *s = p->segment;
    const struct stretch *place = &s->posting_places[p->field];
    struct postings *postings = body;
    uint8_t *bytes = (uint8_t *)body + chunks_at(sizeof *postings);
    enum err e = s->ops->read_at(s->fd, bytes, place->bytes, place->at, why);
    if (e == OK && checksum(bytes, place->bytes) != place->checksum)
        e = fail(why, ERR_CORRUPT, "%u bytes do not check", place->bytes);
    if (e == OK)
        e = postings_open(slice_of(bytes, place->bytes), s->block_count, postings, why);
    return e == OK ? OK
                   : fail_in(why, e, "segment %s: postings of field %s", s->name,
                             s->table->fields[p->field].name);
}

const struct postings *segment_hold_postings(const struct segment *s, uint32_t field)
{
    if (!s->postings || s->posting_places[field].bytes == 0)
        return NULL;
    struct unit *u = &s->postings[field];
    const struct postings *held = unit_hold(u);
    if (held)
        return held;
    struct postings_place p = {s, field};
    struct unit_filler f = {
        .fill = fill_postings,
        .context = &p,
        .bytes = chunks_at(sizeof *held) + s->posting_places[field].bytes,
    };
    if (f.bytes > units_too_large(s->pool))
        return NULL;
    struct fault why = {0};
    held = units_load(s->pool, u, &f, &why);
    if (!held)
        remember(s, &why);
    return held;
}

void segment_doubt_postings(const struct segment *s, uint32_t field, const struct fault *why)
{
    struct fault where = *why;
    (void)fail_in(&where, ERR_CORRUPT, "segment %s: postings of field %s", s->name,
                  s->table->fields[field].name);
    atomic_store(&s->postings[field].is_broken, true);
    remember(s, &where);
}

// ---- all of it ----

static enum err check_unit(const struct unit_place *p, struct fault *why)
{
    void *body = aligned_alloc(
        BODY_ALIGN, chunks_at(chunks_at(p->blocks * sizeof(struct column)) + bytes_of(p)));
    if (!body)
        return fail(why, ERR_LIMIT, "no memory to check segment %s", p->segment->name);
    enum err e = fill_column(p, body, why);
    free(body);
    return e;
}

static enum err check_postings(const struct segment *s, uint32_t field, struct fault *why)
{
    struct postings_place p = {s, field};
    if (!s->postings || s->posting_places[field].bytes == 0)
        return OK;
    void *body = aligned_alloc(
        BODY_ALIGN, chunks_at(chunks_at(sizeof(struct postings)) + s->posting_places[field].bytes));
    if (!body)
        return fail(why, ERR_LIMIT, "no memory to check segment %s", s->name);
    enum err e = fill_postings(&p, body, why);
    if (e == OK)
        e = postings_check(body, why);
    free(body);
    return e;
}

enum err segment_check(const struct segment *s, struct fault *why)
{
    enum err e = OK;
    for (uint32_t c = 0; c < s->column_count; c++) {
        for (uint32_t g = 0; g < s->group_count && e == OK; g++) {
            struct unit_place p = place_of(s, g << s->group_shift, c);
            e = check_unit(&p, why);
        }
    }
    for (uint32_t f = 0; f < s->field_count && e == OK; f++)
        e = check_postings(s, f, why);
    return e;
}

// ---- what is known of them ----

static bool any_broken(const struct unit *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (atomic_load_explicit(&units[i].is_broken, memory_order_relaxed))
            return true;
    }
    return false;
}

const char *segment_broken(const struct segment *s)
{
    const struct fault *why = atomic_load(&s->broken);
    bool is = why && (any_broken(s->columns, (size_t)s->group_count * s->column_count) ||
                      (s->postings && any_broken(s->postings, s->field_count)));
    return is ? why->words : NULL;
}

// `bytes` is written before a body is first seen, and never changes after that.
static uint64_t bytes_in_memory(const struct unit *units, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += atomic_load_explicit(&units[i].body, memory_order_acquire) ? units[i].bytes : 0;
    return bytes;
}

uint64_t segment_beside(const struct segment *s)
{
    uint64_t units = (uint64_t)s->group_count * s->column_count;
    uint64_t blocks = s->block_count;
    return sizeof *s + units * sizeof *s->columns + blocks * s->column_count * sizeof *s->chunks +
           blocks * s->field_count * sizeof *s->ranges;
}

uint64_t segment_memory(const struct segment *s)
{
    uint64_t units = (uint64_t)s->group_count * s->column_count;
    uint64_t bytes = segment_beside(s);
    bytes += bytes_in_memory(s->columns, units);
    return bytes + (s->postings ? bytes_in_memory(s->postings, s->field_count) : 0);
}
