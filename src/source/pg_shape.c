// SPDX-License-Identifier: Apache-2.0
#include "source/pg_shape.h"

#include "base/limits.h"

#include <stdlib.h>

enum { SCRATCH_BYTES_MAX = 64 << 20 }; // 1024 columns of LIMIT_VALUE_BYTES, and slack

void pg_rows_init(struct pg_rows *r, const struct source_sink *sink)
{
    *r = (struct pg_rows){.sink = sink,
                          .scratch = arena_new(SCRATCH_BYTES_MAX),
                          .values = calloc(PG_COLUMNS_MAX, sizeof *r->values),
                          .old_key = calloc(PG_COLUMNS_MAX, sizeof *r->old_key)};
    if (!r->values || !r->old_key)
        abort(); // out of memory, as an arena would
}

void pg_rows_done(struct pg_rows *r)
{
    arena_free(r->scratch);
    free(r->values);
    free(r->old_key);
    *r = (struct pg_rows){0};
}

static enum err in_column(struct fault *why, enum err e, const struct source_table *t,
                          uint32_t column)
{
    return fail_in(why, e, "table %s, column %s", t->name, t->columns[column]);
}

enum err pg_rows_copied(struct pg_rows *r, uint32_t table, const struct pg_shape *shape,
                        const struct pg_field *fields, struct fault *why)
{
    arena_reset(r->scratch);
    for (uint32_t i = 0; i < shape->table->column_count; i++) {
        enum err e = pg_value_decode(shape->kinds[i], &fields[i], r->scratch, &r->values[i], why);
        if (e)
            return in_column(why, e, shape->table, i);
    }
    return r->sink->row(r->sink->context, table, ROW_PUT, r->values, NULL, why);
}

// The wanted column of a tuple.  A tuple shorter than its relation said is corrupt.
// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
static enum err tuple_value(struct pg_rows *r, const struct pg_shape *shape, const uint16_t *places,
                            const struct pg_tuple *tuple, uint32_t column, struct raw *out,
                            struct fault *why)
{
    if (places[column] >= tuple->count)
        return fail(why, ERR_CORRUPT, "table %s: a row of %u columns", shape->table->name,
                    tuple->count);
    enum err e =
        pg_value_decode(shape->kinds[column], &tuple->fields[places[column]], r->scratch, out, why);
    return e ? in_column(why, e, shape->table, column) : OK;
}

static bool same_value(const struct raw *a, const struct raw *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == RAW_TEXT)
        return slice_equal(a->text, b->text);
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the same bits, NaN and -0 too
    return a->i64 == b->i64 && memcmp(&a->f64, &b->f64, sizeof a->f64) == 0;
}

static bool is_missing(const struct raw *v)
{
    return v->type == RAW_NULL || v->type == RAW_UNCHANGED;
}

// Completes the new key from the old and says whether they differ.  PostgreSQL sends a
// key stored out of line as unchanged, but then always with the old tuple.
static enum err settle_key(struct pg_rows *r, const struct source_table *t, bool has_old,
                           bool *out_moved, struct fault *why)
{
    *out_moved = false;
    for (uint32_t k = 0; k < t->key_count; k++) {
        struct raw *value = &r->values[t->keys[k]];
        if (has_old && is_missing(&r->old_key[k]))
            return fail(why, ERR_CORRUPT, "table %s: an old row without its key", t->name);
        if (has_old && value->type == RAW_UNCHANGED)
            *value = r->old_key[k];
        if (is_missing(value))
            return fail(why, ERR_CORRUPT, "table %s: a row without its key", t->name);
        if (has_old && !same_value(value, &r->old_key[k]))
            *out_moved = true;
    }
    return OK;
}

static enum err put(struct pg_rows *r, uint32_t table, const struct pg_shape *shape,
                    const uint16_t *places, const struct pg_change *change, struct fault *why)
{
    const struct source_table *t = shape->table;
    for (uint32_t i = 0; i < t->column_count; i++) {
        enum err e = tuple_value(r, shape, places, &change->new_tuple, i, &r->values[i], why);
        if (e)
            return e;
    }
    bool has_old = change->old_tuple.fields != NULL;
    for (uint32_t k = 0; has_old && k < t->key_count; k++) {
        enum err e =
            tuple_value(r, shape, places, &change->old_tuple, t->keys[k], &r->old_key[k], why);
        if (e)
            return e;
    }
    bool moved = false;
    enum err e = settle_key(r, t, has_old, &moved, why);
    if (e)
        return e;
    return r->sink->row(r->sink->context, table, moved ? ROW_MOVE : ROW_PUT, r->values,
                        moved ? r->old_key : NULL, why);
}

static enum err delete_row(struct pg_rows *r, uint32_t table, const struct pg_shape *shape,
                           const uint16_t *places, const struct pg_change *change,
                           struct fault *why)
{
    const struct source_table *t = shape->table;
    memset(r->values, 0, sizeof *r->values * t->column_count); // RAW_NULL
    for (uint32_t k = 0; k < t->key_count; k++) {
        struct raw *value = &r->values[t->keys[k]];
        enum err e = tuple_value(r, shape, places, &change->old_tuple, t->keys[k], value, why);
        if (e)
            return e;
        if (is_missing(value))
            return fail(why, ERR_CORRUPT, "table %s: a deleted row without its key", t->name);
    }
    return r->sink->row(r->sink->context, table, ROW_DELETE, r->values, NULL, why);
}

enum err pg_rows_changed(struct pg_rows *r, uint32_t table, const struct pg_shape *shape,
                         const uint16_t *places, const struct pg_message *m, struct fault *why)
{
    arena_reset(r->scratch);
    if (m->type == 'D')
        return delete_row(r, table, shape, places, &m->change, why);
    return put(r, table, shape, places, &m->change, why);
}
