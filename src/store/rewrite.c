// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/read_fault.h"
#include "store/store_private.h"

#include <stdlib.h>

// Rows go from the blocks of the inputs through the block being filled into the segment.
// It has room for two blocks, so that all live rows of an input block can be added before
// a full one is written.

enum { ROOM = 2 * BLOCK_ROWS };

struct filling_column {
    enum storage storage;
    uint32_t *codes;
    int64_t *i64;
    double *f64;
    uint64_t *present;
};

struct filling {
    const struct table *table;
    const uint32_t *fields; // of the inputs, for each of the table's; NULL: the same
    struct segment_writer *writer;
    uint32_t rows;
    struct row_key *keys;
    struct filling_column *columns;
    struct rowmap *map;
    // Of the input block at hand:
    uint32_t live_count;
    uint16_t *live; // places of its live rows
    struct row_key *block_keys;
    uint32_t *block_codes;
    int64_t *block_i64;
    double *block_f64;
    uint64_t block_present[BLOCK_ROWS / 64];
};

static void filling_init(struct filling *f, const struct table *t)
{
    *f = (struct filling){.table = t};
    f->keys = store_calloc(ROOM, sizeof *f->keys);
    f->columns = store_calloc(t->field_count + 1, sizeof *f->columns);
    for (uint32_t i = 0; i < t->field_count; i++) {
        struct filling_column *c = &f->columns[i];
        c->storage = field_storage(t->fields[i].type);
        if (c->storage == STORAGE_CODE) {
            c->codes = store_calloc(ROOM, sizeof *c->codes);
            continue;
        }
        if (c->storage == STORAGE_F64)
            c->f64 = store_calloc(ROOM, sizeof *c->f64);
        else
            c->i64 = store_calloc(ROOM, sizeof *c->i64);
        c->present = store_calloc(ROOM / 64, sizeof *c->present);
    }
    f->live = store_calloc(BLOCK_ROWS, sizeof *f->live);
    f->block_keys = store_calloc(BLOCK_ROWS, sizeof *f->block_keys);
    f->block_codes = store_calloc(BLOCK_ROWS, sizeof *f->block_codes);
    f->block_i64 = store_calloc(BLOCK_ROWS, sizeof *f->block_i64);
    f->block_f64 = store_calloc(BLOCK_ROWS, sizeof *f->block_f64);
}

static void filling_done(struct filling *f)
{
    for (uint32_t i = 0; i < f->table->field_count; i++) {
        free(f->columns[i].codes);
        free(f->columns[i].i64);
        free(f->columns[i].f64);
        free(f->columns[i].present);
    }
    free(f->columns);
    free(f->keys);
    free(f->live);
    free(f->block_keys);
    free(f->block_codes);
    free(f->block_i64);
    free(f->block_f64);
    rowmap_free(f->map);
    segment_writer_drop(f->writer);
}

// Moves the `left` rows behind the first `rows` to the front.
static void column_flush(struct filling_column *c, uint32_t rows, uint32_t left)
{
    if (c->codes)
        memmove(c->codes, c->codes + rows, left * sizeof *c->codes);
    if (c->i64)
        memmove(c->i64, c->i64 + rows, left * sizeof *c->i64);
    if (c->f64)
        memmove(c->f64, c->f64 + rows, left * sizeof *c->f64);
    if (!c->present)
        return;
    if (left > 0) // `rows` is a whole block then, so whole words
        memmove(c->present, c->present + rows / 64, bit_words(left) * 8);
    memset(c->present + bit_words(left), 0, (ROOM / 64 - bit_words(left)) * 8);
}

// Writes the first `rows` of the filling and moves the others to the front.
static enum err flush(struct filling *f, uint32_t rows, struct fault *why)
{
    uint32_t fields = f->table->field_count;
    struct segment_column *columns = store_calloc(fields + 1, sizeof *columns);
    for (uint32_t i = 0; i < fields; i++) {
        const struct filling_column *c = &f->columns[i];
        columns[i].codes = c->codes;
        columns[i].i64 = c->i64;
        columns[i].f64 = c->f64;
        columns[i].present = c->present;
    }
    enum err e = segment_writer_block(f->writer, rows, f->keys, columns, why);
    free(columns);
    uint32_t left = f->rows - rows;
    memmove(f->keys, f->keys + rows, left * sizeof *f->keys);
    for (uint32_t i = 0; i < fields; i++)
        column_flush(&f->columns[i], rows, left);
    f->rows = left;
    return e;
}

static uint32_t input_field(const struct filling *f, uint32_t field)
{
    return f->fields ? f->fields[field] : field;
}

static void add_codes(struct filling *f, const struct entry *e, uint32_t block, uint32_t field)
{
    uint32_t *out = f->columns[field].codes + f->rows;
    part_codes(e->part, block, entry_block_rows(e, block), input_field(f, field), f->block_codes);
    for (uint32_t i = 0; i < f->live_count; i++)
        out[i] = f->block_codes[f->live[i]];
}

static void add_numbers(struct filling *f, const struct entry *e, uint32_t block, uint32_t field)
{
    struct filling_column *c = &f->columns[field];
    uint32_t rows = entry_block_rows(e, block);
    if (c->i64)
        part_i64(e->part, block, rows, input_field(f, field), f->block_i64, f->block_present);
    else
        part_f64(e->part, block, rows, input_field(f, field), f->block_f64, f->block_present);
    for (uint32_t i = 0; i < f->live_count; i++) {
        if (c->i64)
            c->i64[f->rows + i] = f->block_i64[f->live[i]];
        else
            c->f64[f->rows + i] = f->block_f64[f->live[i]];
        if (bit_get(f->block_present, f->live[i]))
            bit_set(c->present, f->rows + i);
    }
}

// Row numbers of an input, place after place.
struct numbering {
    const struct part *part;
    struct rowmap_walk walk;
    uint64_t place;
};

static uint64_t next_number(struct numbering *n)
{
    uint64_t offset = n->part->memory ? n->place++ : rowmap_next(&n->walk);
    return n->part->first_row + offset;
}

static void list_live(struct filling *f, const struct entry *e, uint32_t block,
                      struct numbering *numbers, uint64_t first_row)
{
    const uint64_t *live = entry_live(e, block);
    f->live_count = 0;
    for (uint32_t i = 0; i < entry_block_rows(e, block); i++) {
        uint64_t number = next_number(numbers);
        if (!bit_get(live, i))
            continue;
        f->live[f->live_count++] = (uint16_t)i;
        rowmap_add(f->map, number - first_row);
    }
}

static enum err add_block(struct filling *f, const struct entry *e, uint32_t block,
                          struct fault *why)
{
    if (f->live_count == 0)
        return OK;
    part_keys(e->part, block, entry_block_rows(e, block), f->block_keys);
    for (uint32_t i = 0; i < f->live_count; i++)
        f->keys[f->rows + i] = f->block_keys[f->live[i]];
    for (uint32_t i = 0; i < f->table->field_count; i++) {
        if (f->columns[i].codes)
            add_codes(f, e, block, i);
        else
            add_numbers(f, e, block, i);
    }
    f->rows += f->live_count;
    enum err unread = read_fault_take(why); // rows without values must not be written
    if (unread)
        return unread;
    return f->rows >= BLOCK_ROWS ? flush(f, BLOCK_ROWS, why) : OK;
}

static enum err add_input(const struct rewrite *r, struct filling *f, const struct entry *e,
                          struct fault *why)
{
    struct numbering numbers = {.part = e->part, .walk = rowmap_walk(e->part->rowmap)};
    for (uint32_t b = 0; b < entry_block_count(e); b++) {
        list_live(f, e, b, &numbers, r->inputs[0].part->first_row);
        enum err err = add_block(f, e, b, why);
        if (!err && r->between)
            err = r->between(r->st, why);
        if (err)
            return err;
    }
    return OK;
}

static enum err write_rows(const struct rewrite *r, struct filling *f, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; i < r->input_count && !e; i++)
        e = add_input(r, f, &r->inputs[i], why);
    if (!e && f->rows > 0)
        e = flush(f, f->rows, why);
    if (e)
        return e;
    rowmap_end(f->map);
    uint64_t bytes = 0;
    struct segment_writer *writer = f->writer;
    f->writer = NULL; // finishing frees it, also when it fails
    e = segment_writer_finish(writer, &bytes, why);
    count_add(&r->st->bytes_written, bytes);
    return e;
}

static uint64_t span_of(const struct rewrite *r)
{
    const struct entry *last = &r->inputs[r->input_count - 1];
    uint64_t span = last->part->memory ? last->rows : last->part->span;
    return last->part->first_row + span - r->inputs[0].part->first_row;
}

enum err rewrite_rows(const struct rewrite *r, struct entry *out, struct fault *why)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < r->input_count; i++)
        rows += r->inputs[i].live_rows;
    if (rows == 0) {
        *out = (struct entry){0};
        return OK;
    }
    const struct table *t = r->shape ? r->shape : &r->st->schema->tables[r->table];
    uint64_t file = r->st->next_file++;
    char name[SEGMENT_FILE_NAME_BYTES];
    segment_file_name(file, name);
    struct filling f;
    filling_init(&f, t);
    f.fields = r->fields;
    f.map = rowmap_new(span_of(r), rows);
    struct segment *s = NULL;
    (void)read_fault_take(NULL); // what is left of other work of this thread
    enum err e = segment_writer_new(&r->st->world, name, t, &f.writer, why);
    if (!e && r->st->options.group_blocks)
        segment_writer_group(f.writer, r->st->options.group_blocks);
    if (!e)
        e = write_rows(r, &f, why);
    if (!e)
        e = segment_open(&r->st->world, name, t, r->st->units, &s, why);
    if (!e)
        e = segment_check(s, why); // while the rows are still elsewhere
    if (e) {
        segment_close(s);
    } else {
        uint64_t first = r->inputs[0].part->first_row;
        *out = entry_of_part(part_of_segment(s, file, first, span_of(r), f.map));
        f.map = NULL;
    }
    filling_done(&f);
    return e;
}
