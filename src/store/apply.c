// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/table.h"

#include <stdlib.h>

// Applying a batch.
//
// The batch is cut into runs of rows that come (put, move), each within one chunk of the
// memory part, and single deletes and truncates between them.  Of a run, first the keys
// are written and all rows made live; then each key is placed in the key map, which
// tells the row it replaces; then the columns are copied one by one; then values that
// the source left out ("unchanged") are taken from the rows replaced, and the look-up
// follows.  All of it in the order of the rows, as one key may come twice in a run.

enum { AHEAD = 16 };

// What each row of a run put an end to; row numbers or KEYMAP_NONE.
struct ended {
    uint64_t replaced; // the row that had its key
    uint64_t moved;    // the row that had its old key
    bool is_stillborn; // it was not wanted itself (see is_unwanted())
};

struct run {
    struct memory_run rows;
    uint64_t first_row;            // row number of the first
    struct ended *ended;           // one a row
    const struct store_told *told; // of the rows of the batch, or NULL
    uint32_t *const *codes;
};

static bool written_key(const void *context, uint64_t row, struct row_key key)
{
    uint32_t place = 0;
    const struct part *p = table_part(context, row, &place);
    return row_key_equal(part_key_at(p, place), key);
}

static struct keymap_probe probe_of(const struct table_store *t)
{
    return (struct keymap_probe){.has_key = written_key, .context = t};
}

static void remember_gone(struct table_store *t, uint64_t row)
{
    if (!t->keeps_gone || t->is_cleared || row >= t->fresh_from)
        return;
    if (t->gone_count == t->gone_size) {
        t->gone_size = t->gone_size ? t->gone_size * 2 : 64;
        t->gone = realloc(t->gone, t->gone_size * sizeof *t->gone);
        CHECK(t->gone);
    }
    t->gone[t->gone_count++] = row;
}

static void kill_row(struct table_store *t, uint64_t row)
{
    uint32_t entry = 0;
    uint32_t place = 0;
    CHECK(entries_find(t->entries, t->entry_count, row, &entry, &place));
    CHECK(entry_kill(&t->entries[entry], place));
    t->keys.gone_epoch = t->epoch + 1;
    remember_gone(t, row);
}

_Static_assert(STORE_NO_ROW == KEYMAP_NONE, "no row is no row");

static void tell(const struct store_told *told, uint32_t at, enum store_outcome outcome,
                 uint64_t number)
{
    if (!told)
        return;
    told->outcomes[at] = (uint8_t)outcome;
    told->numbers[at] = number;
}

uint64_t table_find(const struct table_store *t, struct row_key key)
{
    return keymap_find(t->keys.map, key, probe_of(t));
}

// Whether row `at` of the batch brings the value of the field that row `there` has.
static bool brings_same(const struct table_store *t, const struct run *r, uint32_t field,
                        uint32_t at, uint64_t there)
{
    const struct batch_column *c = &r->rows.batch->columns[field];
    bool brings = bit_get(c->present, at);
    uint32_t place = 0;
    int64_t i64 = 0;
    double f64 = 0;
    if (c->unchanged && bit_get(c->unchanged, at))
        return true;
    const struct part *p = table_part(t, there, &place);
    switch (field_storage(t->shape->fields[field].type)) {
    case STORAGE_CODE:
        return part_code_at(p, place, field) ==
               (brings ? r->codes[field][c->codes[at]] : CODE_NONE);
    case STORAGE_I64:
        return part_i64_at(p, place, field, &i64) == brings && (!brings || i64 == c->i64[at]);
    case STORAGE_F64:
        return part_f64_at(p, place, field, &f64) == brings && (!brings || f64 == c->f64[at]);
    }
    return false;
}

static bool leaves_as_is(const struct table_store *t, const struct run *r, uint32_t at,
                         uint64_t there)
{
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        if (!brings_same(t, r, f, at, there))
            return false;
    }
    return true;
}

// A row that may only come where there is one already, or only where there is none, or only
// where it changes one, and is not wanted: it dies before anybody has seen it.
static bool is_unwanted(const struct table_store *t, const struct run *r, uint32_t at,
                        uint64_t *out_there, enum store_outcome *out)
{
    uint8_t op = r->rows.batch->ops[at];
    if (op == ROW_PUT || op == ROW_MOVE)
        return false;
    *out_there = table_find(t, r->rows.batch->keys[at]);
    *out = OUTCOME_NOTHING;
    if (*out_there == KEYMAP_NONE)
        return op == ROW_UPDATE || op == ROW_EDIT;
    if (op == ROW_CREATE)
        return true;
    *out = OUTCOME_SAME;
    return row_op_edits(op) && leaves_as_is(t, r, at, *out_there);
}

static void place_key(struct table_store *t, const struct run *r, uint32_t i)
{
    const struct batch *b = r->rows.batch;
    uint32_t at = r->rows.from + i;
    uint64_t moved = KEYMAP_NONE;
    uint64_t there = KEYMAP_NONE;
    enum store_outcome outcome = OUTCOME_NOTHING;
    if (is_unwanted(t, r, at, &there, &outcome)) {
        kill_row(t, r->first_row + i);
        r->ended[i] = (struct ended){KEYMAP_NONE, KEYMAP_NONE, true};
        tell(r->told, at, outcome, there);
        return;
    }
    if (b->ops[at] == ROW_MOVE)
        moved = keymap_take(t->keys.map, b->old_keys[at], probe_of(t));
    uint64_t replaced = keymap_put(t->keys.map, b->keys[at], r->first_row + i, probe_of(t));
    if (moved != KEYMAP_NONE)
        kill_row(t, moved);
    if (replaced != KEYMAP_NONE)
        kill_row(t, replaced);
    r->ended[i] = (struct ended){replaced, moved, false};
    tell(r->told, at, replaced == KEYMAP_NONE ? OUTCOME_CAME : OUTCOME_REPLACED, r->first_row + i);
}

static void place_keys(struct table_store *t, const struct run *r)
{
    const struct batch *b = r->rows.batch;
    pthread_rwlock_wrlock(&t->keys.lock);
    for (uint32_t i = 0; i < r->rows.count; i++) {
        if (i + AHEAD < r->rows.count)
            keymap_prefetch(t->keys.map, b->keys[r->rows.from + i + AHEAD]);
        place_key(t, r, i);
    }
    pthread_rwlock_unlock(&t->keys.lock);
}

// Copies one field of row `from` (a row number) to `place` of the memory part.
static void take_value(struct table_store *t, uint32_t field, uint64_t from, uint32_t place)
{
    struct memory *m = table_active(t)->part->memory;
    uint32_t at = 0;
    const struct part *p = table_part(t, from, &at);
    int64_t i64 = 0;
    double f64 = 0;
    uint32_t code = CODE_NONE;
    switch (field_storage(t->shape->fields[field].type)) {
    case STORAGE_CODE:
        code = part_code_at(p, at, field);
        if (code != CODE_NONE)
            memory_set_code(m, place, field, code);
        return;
    case STORAGE_I64:
        if (part_i64_at(p, at, field, &i64))
            memory_set_i64(m, place, field, i64);
        return;
    case STORAGE_F64:
        if (part_f64_at(p, at, field, &f64))
            memory_set_f64(m, place, field, f64);
        return;
    }
}

static void take_unchanged(struct table_store *t, const struct run *r, uint32_t field)
{
    const struct batch *b = r->rows.batch;
    const uint64_t *unchanged = b->columns[field].unchanged;
    for (uint32_t i = 0; unchanged && i < r->rows.count; i++) {
        if (!bit_get(unchanged, r->rows.from + i))
            continue;
        bool is_move = b->ops[r->rows.from + i] == ROW_MOVE;
        uint64_t from = is_move ? r->ended[i].moved : r->ended[i].replaced;
        if (from != KEYMAP_NONE)
            take_value(t, field, from, r->rows.at + i);
    }
}

static void drop_from_lookup(struct table_store *t, uint64_t row)
{
    if (row == KEYMAP_NONE)
        return;
    uint32_t place = 0;
    const struct part *p = table_part(t, row, &place);
    lookup_drop(t->lookup, row, p, place);
}

static void follow_in_lookup(struct table_store *t, const struct run *r)
{
    const struct part *p = table_active(t)->part;
    for (uint32_t i = 0; i < r->rows.count; i++) {
        drop_from_lookup(t, r->ended[i].moved);
        drop_from_lookup(t, r->ended[i].replaced);
        // A later row of this run may have ended this one; its turn comes.
        if (!r->ended[i].is_stillborn)
            lookup_put(t->lookup, r->first_row + i, p, r->rows.at + i);
    }
}

static void apply_run(struct table_store *t, const struct run *r)
{
    struct entry *e = table_active(t);
    struct memory *m = e->part->memory;
    memory_put_keys(m, &r->rows);
    entry_grow(e, r->rows.count);
    t->next_row += r->rows.count;
    place_keys(t, r);
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        memory_put_values(m, &r->rows, f, r->codes[f]);
        take_unchanged(t, r, f);
    }
    if (t->lookup)
        follow_in_lookup(t, r);
}

static bool apply_delete(struct table_store *t, struct row_key key)
{
    pthread_rwlock_wrlock(&t->keys.lock);
    uint64_t row = keymap_take(t->keys.map, key, probe_of(t));
    if (row != KEYMAP_NONE)
        kill_row(t, row);
    pthread_rwlock_unlock(&t->keys.lock);
    if (t->lookup)
        drop_from_lookup(t, row);
    return row != KEYMAP_NONE;
}

// How many rows from `at` on come one after another and fit the chunk at hand.  A row to be
// compared with what is there is a run of its own: values of a run's rows are written last.
static uint32_t run_length(const struct table_store *t, const struct batch *b, uint32_t at)
{
    uint32_t room = BLOCK_ROWS - table_memory_rows(t) % BLOCK_ROWS;
    uint32_t count = 0;
    if (row_op_edits(b->ops[at]))
        return 1;
    while (count < room && at + count < b->row_count && row_op_brings(b->ops[at + count]) &&
           !row_op_edits(b->ops[at + count]))
        count++;
    return count;
}

// A row that does not come: a delete or a truncate.
static void apply_going(struct table_store *t, const struct batch *b, uint32_t at,
                        const struct store_told *told)
{
    bool went = true;
    if (b->ops[at] == ROW_TRUNCATE)
        table_clear(t);
    else
        went = apply_delete(t, b->keys[at]);
    tell(told, at, went ? OUTCOME_WENT : OUTCOME_NOTHING, t->next_row);
}

void table_apply(struct table_store *t, const struct batch *b, uint32_t *const *codes,
                 const struct store_told *told)
{
    uint32_t longest = b->row_count < BLOCK_ROWS ? b->row_count : BLOCK_ROWS;
    struct ended *ended = malloc(longest * sizeof *ended);
    CHECK(ended);
    t->is_touched = true;
    t->changes += b->row_count;
    for (uint32_t at = 0; at < b->row_count;) {
        struct run r = {
            .rows = {.batch = b, .from = at, .count = run_length(t, b, at)},
            .first_row = t->next_row,
            .ended = ended,
            .told = told,
            .codes = codes,
        };
        r.rows.at = table_memory_rows(t);
        if (r.rows.count > 0)
            apply_run(t, &r);
        else
            apply_going(t, b, at, told);
        at += r.rows.count > 0 ? r.rows.count : 1;
    }
    free(ended);
}
