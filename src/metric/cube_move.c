// SPDX-License-Identifier: Apache-2.0
// Moving rows whose dimension row changed.
//
//   under the lock    take the remembered keys, see where each belongs now, copy where
//                     every key is accounted; the cubes have counted just `now`
//   without it        scan `now`: each row of a taken key leaves one cell for another
//   under the lock    lay the moves over the cells; the keys are accounted anew
//
// Rows that come or go in the middle are counted where their keys are still accounted, and
// noted (cube_move_note), so that they move along at the end.  A key that changes once more
// meanwhile is remembered again.
#include "base/check.h"
#include "metric/cube_private.h"

#include <stdlib.h>

struct flight {
    struct cube frozen;               // what the scan reads: dims are copies
    uint64_t *taken[METRIC_DIMS_MAX]; // bit per key
    uint32_t *to[METRIC_DIMS_MAX];    // by key, for taken ones
    struct cells scanned;             // the mover's
    struct cells noted;               // under the lock
    bool is_over;                     // more cells than CELLS_MAX
    bool is_cancelled;                // under the lock
};

static void *copy(const void *at, size_t bytes)
{
    void *p = malloc(bytes + 1);
    CHECK(p != NULL);
    if (bytes)
        memcpy(p, at, bytes);
    return p;
}

static void flight_free(struct flight *f)
{
    for (uint32_t d = 0; d < f->frozen.decl->by_count; d++) {
        free(f->taken[d]);
        free(f->to[d]);
        free(f->frozen.dims[d].accounted);
    }
    free(f->frozen.dims);
    cells_done(&f->scanned);
    cells_done(&f->noted);
    free(f);
}

// ---- taking off ----

static bool is_remembered(const struct cube *c)
{
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        if (c->dims[d].dirty_count || c->dims[d].all_dirty)
            return true;
    return false;
}

static void mark_all(struct dim *d)
{
    if (!d->all_dirty)
        return;
    for (size_t ord = 0; ord < d->accounted_count; ord++)
        dim_mark(d, (uint32_t)ord);
    d->all_dirty = false;
}

// True when a key belongs elsewhere now.
static bool take_keys(struct flight *f, uint32_t at, struct dim *d, const struct snapshot *now)
{
    mark_all(d);
    f->taken[at] = calloc(bit_words(d->accounted_count) + 1, sizeof(uint64_t));
    f->to[at] = malloc(d->accounted_count * sizeof(uint32_t) + 1);
    uint32_t *codes = malloc(d->dirty_count * sizeof *codes + 1);
    CHECK(f->taken[at] && f->to[at] && codes);
    bool any = false;
    if (d->dirty_count)
        dim_look_up(d, now, d->dirty, d->dirty_count, codes);
    for (uint32_t i = 0; i < d->dirty_count; i++) {
        uint32_t ord = d->dirty[i];
        d->is_dirty[ord / 64] &= ~((uint64_t)1 << (ord % 64));
        if (codes[i] == d->accounted[ord])
            continue;
        bit_set(f->taken[at], ord);
        f->to[at][ord] = codes[i];
        any = true;
    }
    d->dirty_count = 0;
    free(codes);
    return any;
}

static struct flight *take_off(struct cube *c, const struct snapshot *now)
{
    struct flight *f = calloc(1, sizeof *f);
    CHECK(f != NULL);
    uint32_t dims = c->decl->by_count;
    bool any = false;
    for (uint32_t d = 0; d < dims; d++)
        any |= take_keys(f, d, &c->dims[d], now);
    f->frozen = *c;
    f->frozen.levels = (struct levels){0};
    f->frozen.dims = copy(c->dims, dims * sizeof *c->dims);
    for (uint32_t d = 0; d < dims; d++) {
        struct dim *frozen = &f->frozen.dims[d];
        frozen->is_frozen = true;
        frozen->accounted = copy(frozen->accounted, frozen->accounted_count * sizeof(uint32_t));
    }
    cells_init(&f->scanned, dims);
    cells_init(&f->noted, dims);
    if (any)
        return f;
    flight_free(f);
    return NULL;
}

// ---- under way ----

static bool is_taken(const struct flight *f, uint32_t dim, uint32_t ord)
{
    return ord < f->frozen.dims[dim].accounted_count && bit_get(f->taken[dim], ord);
}

static void move_row(struct flight *f, struct cells *to, const struct cube_row *row, int sign)
{
    uint32_t codes[METRIC_DIMS_MAX];
    bool any = false;
    for (uint32_t d = 0; d < f->frozen.decl->by_count; d++) {
        bool taken = is_taken(f, d, row->ords[d]);
        codes[d] = taken ? f->to[d][row->ords[d]] : row->codes[d];
        any |= taken;
    }
    if (!any)
        return;
    struct cell_count in = {.count = sign * row->by.count, .matched = sign * row->by.matched};
    struct cell_count out = {.count = -in.count, .matched = -in.matched};
    if (!cells_add(to, row->bucket, row->codes, out) || !cells_add(to, row->bucket, codes, in))
        f->is_over = true;
}

static void scan_row(void *context, const struct cube_row *row)
{
    struct flight *f = context;
    move_row(f, &f->scanned, row, 1);
}

void cube_move_note(struct cube *c, const struct cube_row *row, int sign)
{
    if (c->flight)
        move_row(c->flight, &c->flight->noted, row, sign);
}

void cube_move_cancel(struct cube *c)
{
    if (c->flight)
        c->flight->is_cancelled = true;
    c->flight = NULL;
}

// ---- landing ----

static void lay_over(struct cube *c, const struct cells *moves)
{
    struct levels_item items[64];
    uint32_t count = 0;
    for (uint32_t i = 0; i < moves->count; i++) {
        items[count++] = (struct levels_item){
            .at = moves->buckets[i], .codes = cells_codes(moves, i), .by = moves->counts[i]};
        if (count < sizeof items / sizeof *items && i + 1 < moves->count)
            continue;
        c->is_over |= !levels_add(&c->levels, items, count);
        count = 0;
    }
}

static void land(struct cube *c, struct flight *f)
{
    if (f->is_cancelled)
        return;
    c->flight = NULL;
    c->is_over |= f->is_over;
    lay_over(c, &f->scanned);
    lay_over(c, &f->noted);
    levels_settle(&c->levels);
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        for (size_t ord = 0; ord < f->frozen.dims[d].accounted_count; ord++)
            if (is_taken(f, d, (uint32_t)ord))
                c->dims[d].accounted[ord] = f->to[d][ord];
}

static void fly(struct cubes *cs, struct cube *c, const struct snapshot *now)
{
    pthread_rwlock_wrlock(&cs->lock);
    struct flight *f = NULL;
    if (cs->version == snapshot_version(now) && is_remembered(c))
        f = take_off(c, now);
    c->flight = f;
    pthread_rwlock_unlock(&cs->lock);
    if (!f)
        return;
    struct cube_scan scan = {.cube = &f->frozen, .now = now, .each = scan_row, .context = f};
    cube_scan(&scan);
    pthread_rwlock_wrlock(&cs->lock);
    land(c, f);
    pthread_rwlock_unlock(&cs->lock);
    flight_free(f);
}

void cube_move(struct cubes *cs, struct cube *c, const struct snapshot *now)
{
    pthread_rwlock_rdlock(&cs->lock);
    bool is_due = is_remembered(c) || c->flight;
    pthread_rwlock_unlock(&cs->lock);
    if (!is_due)
        return;
    pthread_mutex_lock(&c->move);
    fly(cs, c, now);
    pthread_mutex_unlock(&c->move);
}
