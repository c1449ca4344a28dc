// SPDX-License-Identifier: Apache-2.0
#include "metric/cube.h"

#include "base/check.h"
#include "base/num.h"
#include "metric/cube_private.h"
#include "store/read_fault.h"

#include <stdlib.h>

enum { AT_ONCE = 32 }; // rows placed, then counted

// ---- making ----

static void read_ratio(struct cube *c)
{
    const struct field *f = &c->schema->tables[c->decl->table].fields[c->decl->ratio_field];
    struct slice text = slice_text(c->decl->ratio_value);
    c->ratio_storage = field_storage(f->type);
    if (f->type == FIELD_BOOLEAN && (slice_is(text, "true") || slice_is(text, "false"))) {
        c->ratio_is_number = true;
        c->ratio_i64 = slice_is(text, "true");
    } else if (c->ratio_storage == STORAGE_I64) {
        c->ratio_is_number = parse_i64(text, &c->ratio_i64) == OK;
    } else if (c->ratio_storage == STORAGE_F64) {
        c->ratio_is_number = parse_f64(text, &c->ratio_f64) == OK;
    }
}

static enum err cube_init(struct cube *c, const struct schema *s, const struct metric_decl *decl,
                          struct fault *why)
{
    if (decl->by_count > METRIC_DIMS_MAX)
        return fail(why, ERR_LIMIT, "metric %s: more than %d values to break down by", decl->name,
                    METRIC_DIMS_MAX);
    if (decl->every_ms <= 0)
        return fail(why, ERR_INVALID, "metric %s: no length of time", decl->name);
    c->decl = decl;
    c->schema = s;
    levels_init(&c->levels, decl->by_count, decl->every_ms);
    c->time_min = INT64_MAX;
    c->time_max = INT64_MIN;
    pthread_mutex_init(&c->move, NULL);
    c->dims = calloc((size_t)decl->by_count + 1, sizeof *c->dims);
    CHECK(c->dims != NULL);
    if (decl->kind == METRIC_RATIO)
        read_ratio(c);
    for (uint32_t d = 0; d < decl->by_count; d++) {
        enum err e = dim_init(&c->dims[d], s, &s->tables[decl->table], &decl->by[d], why);
        if (e)
            return e;
    }
    return OK;
}

// Commits go before askers, who might else keep them out by always being there.
static void init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t how;
    pthread_rwlockattr_init(&how);
    pthread_rwlockattr_setkind_np(&how, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &how);
    pthread_rwlockattr_destroy(&how);
}

enum err cubes_new(const struct schema *s, struct cubes **out, struct fault *why)
{
    struct cubes *c = calloc(1, sizeof *c);
    CHECK(c != NULL);
    c->schema = s;
    init_lock(&c->lock);
    c->version = 1; // of a store just opened; if it has rows, cubes_build() counts them
    mover_init(c);
    c->all = calloc((size_t)s->metric_count + 1, sizeof *c->all);
    CHECK(c->all != NULL);
    for (uint32_t i = 0; i < s->metric_count; i++) {
        enum err e = cube_init(&c->all[i], s, &s->metrics[i], why);
        if (e) {
            cubes_free(c);
            return e;
        }
    }
    *out = c;
    return OK;
}

void cubes_free(struct cubes *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->schema->metric_count; i++) {
        struct cube *one = &c->all[i];
        for (uint32_t d = 0; one->dims && d < one->decl->by_count; d++)
            dim_done(&one->dims[d]);
        free(one->dims);
        levels_done(&one->levels);
        if (one->decl)
            pthread_mutex_destroy(&one->move);
    }
    free(c->all);
    mover_done(c);
    pthread_rwlock_destroy(&c->lock);
    free(c);
}

// ---- counting ----

void cube_forget(struct cube *c)
{
    cube_move_cancel(c);
    levels_reset(&c->levels);
    c->is_over = false;
    c->is_unread = false;
    c->untimed = 0;
    c->time_min = INT64_MAX;
    c->time_max = INT64_MIN;
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        dim_forget(&c->dims[d]);
}

static void widen_times(struct cube *c, int64_t ms)
{
    c->time_min = ms < c->time_min ? ms : c->time_min;
    c->time_max = ms > c->time_max ? ms : c->time_max;
}

static void count_finest(void *context, const struct cube_row *row)
{
    struct cube *c = context;
    widen_times(c, row->time);
    if (!levels_add_finest(&c->levels, row->bucket, row->codes, row->by))
        c->is_over = true;
}

void cube_count_anew(struct cube *c, const struct snapshot *now)
{
    uint64_t untimed = 0;
    struct cube_scan scan = {
        .cube = c, .now = now, .each = count_finest, .context = c, .untimed = &untimed};
    cube_forget(c);
    (void)read_fault_take(NULL); // what is left of other work of this thread
    cube_scan(&scan);
    c->untimed = (int64_t)untimed;
    c->is_unread = read_fault_take(NULL) != OK; // better no answer than a wrong one
    c->is_over |= c->is_unread;
    c->is_over |= !levels_derive(&c->levels);
}

void cubes_build(struct cubes *c, const struct snapshot *now)
{
    pthread_rwlock_wrlock(&c->lock);
    for (uint32_t i = 0; i < c->schema->metric_count; i++)
        cube_count_anew(&c->all[i], now);
    c->version = snapshot_version(now);
    pthread_rwlock_unlock(&c->lock);
}

struct commit {
    const struct snapshot *before, *after;
};

// Rows on their way into the cells.
struct counting {
    struct cube *cube;
    int sign;
    uint32_t count;
    struct levels_item items[AT_ONCE];
    uint32_t codes[AT_ONCE][METRIC_DIMS_MAX];
};

static void count_items(struct counting *counting)
{
    struct cube *c = counting->cube;
    c->is_over |= !levels_add(&c->levels, counting->items, counting->count);
    counting->count = 0;
}

static void count_change(void *context, const struct cube_row *row)
{
    struct counting *counting = context;
    int sign = counting->sign;
    if (sign > 0)
        widen_times(counting->cube, row->time);
    cube_move_note(counting->cube, row, sign);
    uint32_t *codes = counting->codes[counting->count];
    memcpy(codes, row->codes, counting->cube->decl->by_count * sizeof *codes);
    counting->items[counting->count++] = (struct levels_item){
        .at = row->bucket,
        .codes = codes,
        .by = {.count = sign * row->by.count, .matched = sign * row->by.matched}};
    if (counting->count == AT_ONCE)
        count_items(counting);
}

static void count_rows(struct cube *c, const struct commit *at, const struct view *v,
                       const struct row_ref *rows, uint32_t count, int sign)
{
    struct counting counting;
    counting.cube = c;
    counting.sign = sign;
    counting.count = 0;
    uint64_t untimed = 0;
    struct cube_scan scan = {.cube = c,
                             .now = at->after,
                             .each = count_change,
                             .context = &counting,
                             .untimed = &untimed};
    cube_scan_rows(&scan, v, rows, count);
    c->untimed += sign * (int64_t)untimed;
    count_items(&counting);
}

static void count_delta(struct cube *c, const struct commit *at, const struct store_delta *d)
{
    if (d->cleared)
        cube_forget(c);
    count_rows(c, at, snapshot_view(at->before, d->table), d->gone, d->gone_count, -1);
    count_rows(c, at, snapshot_view(at->after, d->table), d->come, d->come_count, 1);
    levels_settle(&c->levels);
}

// Most changes of a dimension row are of fields that no metric is by: what is accounted is
// right still, unless the key is just being moved elsewhere.
static bool is_elsewhere(const struct cube *c, struct dim *d, uint32_t ord,
                         const struct snapshot *after)
{
    uint32_t known = dim_accounted(d, ord);
    if (known == CODE_UNSEEN || c->flight)
        return known != CODE_UNSEEN;
    uint32_t code = CODE_NONE;
    dim_look_up(d, after, &ord, 1, &code);
    return code != known;
}

struct marking {
    const struct cube *cube;
    struct dim *dim;
    const struct snapshot *after;
};

static void mark_rows(const struct marking *m, const struct view *v, const struct row_ref *rows,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t ord;
        if (row_code(v, rows[i], m->dim->key_field, &ord) &&
            is_elsewhere(m->cube, m->dim, ord, m->after))
            dim_mark(m->dim, ord);
    }
}

static void mark_delta(const struct cube *c, struct dim *d, const struct commit *at,
                       const struct store_delta *delta)
{
    const struct marking m = {.cube = c, .dim = d, .after = at->after};
    d->all_dirty |= delta->cleared;
    mark_rows(&m, snapshot_view(at->before, delta->table), delta->gone, delta->gone_count);
    mark_rows(&m, snapshot_view(at->after, delta->table), delta->come, delta->come_count);
}

static void take_delta(struct cube *c, const struct commit *at, const struct store_delta *delta)
{
    if (c->decl->table == delta->table)
        count_delta(c, at, delta);
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        if (c->dims[d].target == (int)delta->table)
            mark_delta(c, &c->dims[d], at, delta);
}

static void committed(void *context, const struct snapshot *before, const struct snapshot *after,
                      const struct store_delta *deltas, uint32_t delta_count)
{
    struct cubes *c = context;
    struct commit at = {.before = before, .after = after};
    (void)read_fault_take(NULL); // what is left of other work of this thread
    pthread_rwlock_wrlock(&c->lock);
    for (uint32_t i = 0; i < c->schema->metric_count; i++)
        for (uint32_t d = 0; d < delta_count; d++)
            take_delta(&c->all[i], &at, &deltas[d]);
    bool unread = read_fault_take(NULL) != OK; // better no answer than a wrong one
    bool is_due = false;
    for (uint32_t i = 0; i < c->schema->metric_count; i++) {
        c->all[i].is_unread |= unread;
        c->all[i].is_over |= unread;
        is_due |= cube_is_due(&c->all[i]);
    }
    c->version = snapshot_version(after);
    pthread_rwlock_unlock(&c->lock);
    if (is_due)
        mover_tell(c);
}

uint64_t cubes_version(struct cubes *c)
{
    pthread_rwlock_rdlock(&c->lock);
    uint64_t version = c->version;
    pthread_rwlock_unlock(&c->lock);
    return version;
}

static uint64_t cube_bytes(const struct cube *c)
{
    uint64_t bytes = levels_bytes(&c->levels);
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        bytes += dim_bytes(&c->dims[d]);
    return bytes;
}

static uint64_t cubes_bytes(void *context)
{
    struct cubes *c = context;
    uint64_t bytes = 0;
    pthread_rwlock_rdlock(&c->lock);
    for (uint32_t i = 0; i < c->schema->metric_count; i++)
        bytes += cube_bytes(&c->all[i]);
    pthread_rwlock_unlock(&c->lock);
    return bytes;
}

struct store_listener cubes_listener(struct cubes *c)
{
    return (struct store_listener){.context = c,
                                   .bytes = cubes_bytes,
                                   .committed = committed,
                                   .begin = cubes_begin,
                                   .hold = cubes_hold,
                                   .write = cubes_write,
                                   .release = cubes_release};
}
