// SPDX-License-Identifier: Apache-2.0
// A copy of what a cube has counted, and a cube made from one.
//
// Taken between two commits: arrays are copied, nothing is encoded, as commits wait meanwhile.
#include "base/check.h"
#include "base/hash.h"
#include "metric/cube_private.h"

#include <stdlib.h>

enum { IDENTITY_BYTES_MAX = 1 << 20 };

// ---- what a cell means ----

static void put_text(struct buf *out, const char *text)
{
    buf_blob(out, slice_text(text ? text : ""));
}

static void put_field(struct buf *out, const struct table *t, uint32_t field)
{
    const struct field *f = &t->fields[field];
    put_text(out, t->name);
    buf_varint(out, field);
    put_text(out, f->name);
    put_text(out, field_type_name(f->type));
    put_text(out, f->subject);
}

static void put_by(struct buf *out, const struct schema *s, const struct table *t,
                   const struct metric_by *by)
{
    put_text(out, by->name);
    put_field(out, t, (uint32_t)by->field);
    buf_u8(out, by->lookup >= 0);
    if (by->lookup < 0)
        return;
    const struct table *target = &s->tables[t->fields[by->field].lookup_table];
    put_field(out, target, (uint32_t)by->lookup);
    put_field(out, target, (uint32_t)target->key_field);
}

uint64_t cube_identity(const struct schema *s, const struct metric_decl *m)
{
    const struct table *t = &s->tables[m->table];
    struct buf out AUTO(buf_donep) = buf_init(IDENTITY_BYTES_MAX);
    put_text(&out, m->name);
    put_text(&out, t->source);
    put_field(&out, t, m->time_field);
    buf_u64_le(&out, (uint64_t)m->every_ms);
    buf_varint(&out, (uint64_t)m->kind);
    if (m->kind == METRIC_RATIO) {
        put_field(&out, t, (uint32_t)m->ratio_field);
        buf_u8(&out, m->ratio_is_not);
        put_text(&out, m->ratio_value);
    }
    buf_varint(&out, m->by_count);
    for (uint32_t d = 0; d < m->by_count; d++)
        put_by(&out, s, t, &m->by[d]);
    CHECK(!out.over_limit);
    return checksum(out.at, out.len);
}

// ---- memory ----

static void *array(size_t count, size_t bytes)
{
    void *at = calloc(count + 1, bytes);
    CHECK(at != NULL);
    return at;
}

struct cubes_copy *cubes_copy_new(uint32_t count)
{
    struct cubes_copy *copy = array(1, sizeof *copy);
    copy->count = count;
    copy->cubes = array(count, sizeof *copy->cubes);
    return copy;
}

static void copy_done(struct cube_copy *c)
{
    for (uint32_t d = 0; c->dims && d < c->dim_count; d++) {
        free(c->dims[d].numbers);
        free(c->dims[d].accounted);
        free(c->dims[d].dirty);
    }
    free(c->dims);
    free(c->codes);
    free(c->starts);
    free(c->bucket_cells);
    free(c->combos);
    free(c->counts);
}

void cubes_copy_free(struct cubes_copy *copy)
{
    if (!copy)
        return;
    for (uint32_t i = 0; i < copy->count; i++)
        copy_done(&copy->cubes[i]);
    free(copy->cubes);
    free(copy);
}

// ---- taking ----

static void take_numbers(const struct dim *d, struct dim_copy *out)
{
    out->number_count = d->numbers ? dict_count(d->numbers) : 0;
    out->numbers = array(out->number_count, sizeof *out->numbers);
    for (uint32_t i = 0; i < out->number_count; i++)
        memcpy(&out->numbers[i], dict_value(d->numbers, i).at, sizeof out->numbers[i]);
}

static void take_keys(const struct dim *d, struct dim_copy *out)
{
    size_t count = d->accounted_count;
    while (count > 0 && dim_accounted(d, (uint32_t)count - 1) == CODE_UNSEEN)
        count--;
    out->key_count = (uint32_t)count;
    out->accounted = array(count, sizeof *out->accounted);
    for (size_t at = 0; at < count; at += ACCOUNT_KEYS) {
        size_t here = count - at < ACCOUNT_KEYS ? count - at : ACCOUNT_KEYS;
        memcpy(out->accounted + at, d->accounted[at / ACCOUNT_KEYS], here * sizeof(uint32_t));
    }
}

static void take_dirty(const struct cube *c, uint32_t dim, struct dim_copy *out)
{
    const struct dim *d = &c->dims[dim];
    const uint32_t *taken = NULL;
    uint32_t taken_count = cube_move_taken(c, dim, &taken);
    out->all_dirty = d->all_dirty;
    out->dirty = array((size_t)d->dirty_count + taken_count, sizeof *out->dirty);
    for (uint32_t i = 0; i < d->dirty_count; i++)
        out->dirty[out->dirty_count++] = d->dirty[i];
    for (uint32_t i = 0; i < taken_count; i++)
        out->dirty[out->dirty_count++] = taken[i];
}

// Combos that somebody holds, numbered anew; returns the new numbers by old ones.
static uint32_t *take_combos(const struct combos *from, struct cube_copy *out)
{
    uint32_t *number = array(from->count, sizeof *number);
    out->codes = array((size_t)from->count * from->dims, sizeof *out->codes);
    for (uint32_t i = 0; i < from->count; i++) {
        if (!from->holds[i])
            continue;
        memcpy(out->codes + (size_t)out->combo_count * from->dims, combos_codes(from, i),
               from->dims * sizeof *out->codes);
        number[i] = out->combo_count++;
    }
    return number;
}

static void take_bucket(const struct level_bucket *b, const uint32_t *number, struct cube_copy *out)
{
    const struct level_cell *cells = bucket_cells(b);
    uint32_t first = out->cell_count;
    for (uint32_t i = 0; i < b->cap; i++) {
        if (cells[i].combo == CODE_NONE || (cells[i].by.count == 0 && cells[i].by.matched == 0))
            continue;
        out->combos[out->cell_count] = number[cells[i].combo];
        out->counts[out->cell_count++] = cells[i].by;
    }
    if (out->cell_count == first)
        return;
    out->starts[out->bucket_count] = b->at;
    out->bucket_cells[out->bucket_count++] = out->cell_count - first;
}

static void take_cells(const struct levels *from, struct cube_copy *out)
{
    const struct level *l = &from->at[0];
    uint32_t *number = take_combos(&from->combos, out);
    out->starts = array(l->count, sizeof *out->starts);
    out->bucket_cells = array(l->count, sizeof *out->bucket_cells);
    out->combos = array(l->live, sizeof *out->combos);
    out->counts = array(l->live, sizeof *out->counts);
    CHECK(l->ordered == l->count);
    for (uint32_t i = 0; i < l->count; i++)
        take_bucket(&l->buckets[l->order[i]], number, out);
    CHECK(out->cell_count == l->live);
    free(number);
}

void cube_copy_take(const struct cube *c, struct cube_copy *out)
{
    *out = (struct cube_copy){.identity = cube_identity(c->schema, c->decl),
                              .untimed = c->untimed,
                              .time_min = c->time_min,
                              .time_max = c->time_max,
                              .dim_count = c->decl->by_count,
                              .dims = array(c->decl->by_count, sizeof *out->dims)};
    for (uint32_t d = 0; d < out->dim_count; d++) {
        take_numbers(&c->dims[d], &out->dims[d]);
        take_keys(&c->dims[d], &out->dims[d]);
        take_dirty(c, d, &out->dims[d]);
    }
    take_cells(&c->levels, out);
}

// ---- putting ----

static enum err refuse(const struct cube *c, const char *what, struct fault *why)
{
    return fail(why, ERR_CORRUPT, "metric %s: %s of what was kept are not right", c->decl->name,
                what);
}

static enum err put_numbers(const struct dim_copy *copy, const struct cube *c, struct dim *d,
                            struct fault *why)
{
    if (copy->number_count && !d->numbers)
        return refuse(c, "numbers", why);
    for (uint32_t i = 0; i < copy->number_count; i++) {
        uint32_t code = CODE_NONE;
        enum err e =
            dict_add(d->numbers, slice_of(&copy->numbers[i], sizeof copy->numbers[i]), &code, why);
        if (e)
            return e;
        if (code != i)
            return refuse(c, "numbers", why);
    }
    return OK;
}

// Codes of a dimension's values are below this.
static uint32_t codes_end(const struct cube *c, const struct dim *d, const struct snapshot *at)
{
    if (d->numbers)
        return dict_count(d->numbers);
    uint32_t table = d->target >= 0 ? (uint32_t)d->target : c->decl->table;
    uint32_t field = (uint32_t)(d->target >= 0 ? d->by->lookup : d->by->field);
    return view_dict_count(snapshot_view(at, table), field);
}

static uint32_t keys_end(const struct cube *c, const struct dim *d, const struct snapshot *at)
{
    if (d->target < 0)
        return 0;
    return view_dict_count(snapshot_view(at, c->decl->table), (uint32_t)d->by->field);
}

static enum err put_dim(const struct dim_copy *copy, const struct cube *c, struct dim *d,
                        const struct snapshot *at, struct fault *why)
{
    enum err e = put_numbers(copy, c, d, why);
    if (e)
        return e;
    uint32_t end = codes_end(c, d, at);
    if (copy->key_count > keys_end(c, d, at))
        return refuse(c, "keys", why);
    for (uint32_t i = 0; i < copy->key_count; i++)
        if (copy->accounted[i] >= end && copy->accounted[i] < CODE_UNSEEN)
            return refuse(c, "values of keys", why);
    dim_restore(d, copy->accounted, copy->key_count);
    d->all_dirty = copy->all_dirty && d->target >= 0;
    for (uint32_t i = 0; i < copy->dirty_count; i++) {
        if (copy->dirty[i] >= copy->key_count)
            return refuse(c, "changed keys", why);
        dim_mark(d, copy->dirty[i]);
    }
    return OK;
}

static enum err check_combos(const struct cube_copy *copy, const struct cube *c,
                             const struct snapshot *at, struct fault *why)
{
    for (uint32_t d = 0; d < copy->dim_count; d++) {
        uint32_t end = codes_end(c, &c->dims[d], at);
        for (uint32_t i = 0; i < copy->combo_count; i++) {
            uint32_t code = copy->codes[(size_t)i * copy->dim_count + d];
            if (code >= end && code != CODE_NONE)
                return refuse(c, "values", why);
        }
    }
    return OK;
}

static enum err put_cells(const struct cube_copy *copy, struct cube *c, struct fault *why)
{
    uint32_t cell = 0;
    for (uint32_t b = 0; b < copy->bucket_count; b++) {
        for (uint32_t i = 0; i < copy->bucket_cells[b]; i++, cell++) {
            const uint32_t *codes = copy->codes + (size_t)copy->combos[cell] * copy->dim_count;
            if (!levels_add_finest(&c->levels, copy->starts[b], codes, copy->counts[cell]))
                return refuse(c, "cells", why);
        }
    }
    return levels_derive(&c->levels) ? OK : refuse(c, "cells", why);
}

enum err cube_copy_put(const struct cube_copy *copy, struct cube *c, const struct snapshot *at,
                       struct fault *why)
{
    if (copy->dim_count != c->decl->by_count)
        return refuse(c, "dimensions", why);
    enum err e = OK;
    for (uint32_t d = 0; d < copy->dim_count && !e; d++)
        e = put_dim(&copy->dims[d], c, &c->dims[d], at, why);
    if (!e)
        e = check_combos(copy, c, at, why);
    if (!e)
        e = put_cells(copy, c, why);
    c->untimed = copy->untimed;
    c->time_min = copy->time_min;
    c->time_max = copy->time_max;
    return e;
}
