// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_read.h"

#include "base/check.h"
#include "metric/cube_private.h"
#include "store/read_fault.h"

#include <stdlib.h>

enum { EDGE_BLOCKS_MAX = 64, EDGE_ROWS_MAX = 4 * BLOCK_ROWS };

// ---- rows at a bound ----

// The part of one bucket that a bound leaves: [from, to) ms.
struct edge {
    int64_t from, to;
    struct cells cells; // keys: 0 and the codes asked for
};

struct edge_scan {
    const struct cube_stretch *stretch;
    struct edge *edge;
    struct row_ref *rows;
    uint32_t row_count;
    bool is_over;
};

static void add_edge_row(void *context, const struct cube_row *row)
{
    struct edge_scan *s = context;
    uint32_t codes[METRIC_DIMS_MAX];
    for (uint32_t d = 0; d < s->stretch->dim_count; d++)
        codes[d] = row->codes[s->stretch->dims[d]];
    s->is_over |= !cells_add(&s->edge->cells, 0, codes, row->by);
}

static void take_rows(struct edge_scan *s, const struct block *b, uint32_t time_field)
{
    static _Thread_local int64_t times[BLOCK_ROWS];
    static _Thread_local uint64_t present[BLOCK_ROWS / 64];
    block_i64(b, time_field, times, present);
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (times[i] < s->edge->from || times[i] >= s->edge->to || !bit_get(present, i) ||
            !bit_get(b->live, i))
            continue;
        if (s->row_count == EDGE_ROWS_MAX) {
            s->is_over = true;
            return;
        }
        s->rows[s->row_count++] = (struct row_ref){.block = b->index, .row = i};
    }
}

// False when too many blocks or rows would have to be looked at.
static bool find_rows(struct edge_scan *s, const struct view *v, uint32_t time_field)
{
    uint32_t looked_at = 0;
    for (uint32_t i = 0; i < view_block_count(v) && !s->is_over; i++) {
        struct block b = view_block(v, i);
        struct block_range range = block_range(&b, time_field);
        if (!range.any || range.max < s->edge->from || range.min >= s->edge->to)
            continue;
        if (looked_at++ == EDGE_BLOCKS_MAX)
            return false;
        take_rows(s, &b, time_field);
    }
    return !s->is_over;
}

// Without the lock: look-ups look at `now` itself, so that only the numbers of a number's
// dictionary are shared, and these may be read while others add.
static bool scan_edge(const struct cube *c, const struct snapshot *now,
                      const struct cube_stretch *stretch, struct edge *e)
{
    struct dim dims[METRIC_DIMS_MAX];
    struct cube frozen = {.decl = c->decl,
                          .schema = c->schema,
                          .dims = dims,
                          .ratio_storage = c->ratio_storage,
                          .ratio_is_number = c->ratio_is_number,
                          .ratio_i64 = c->ratio_i64,
                          .ratio_f64 = c->ratio_f64};
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        dims[d] = dim_of_now(&c->dims[d]);
    struct edge_scan s = {.stretch = stretch, .edge = e};
    s.rows = malloc(EDGE_ROWS_MAX * sizeof *s.rows);
    CHECK(s.rows != NULL);
    const struct view *v = snapshot_view(now, c->decl->table);
    (void)read_fault_take(NULL); // what is left of other work of this thread
    bool fits = find_rows(&s, v, c->decl->time_field);
    struct cube_scan scan = {.cube = &frozen, .now = now, .each = add_edge_row, .context = &s};
    if (fits)
        cube_scan_rows(&scan, v, s.rows, s.row_count);
    free(s.rows);
    bool unread = read_fault_take(NULL) != OK;
    return fits && !s.is_over && !unread;
}

// ---- the stretch ----

struct plan {
    int64_t from, to; // whole buckets, [from, to); INT64_MIN and INT64_MAX: no bound
    struct edge first, last;
};

static bool is_edge(const struct edge *e)
{
    return e->from < e->to;
}

// Bounds beyond all rows bound nothing.  Under the lock.
static void plan_bounds(const struct cube *c, const struct cube_stretch *s, struct plan *out)
{
    int64_t every = c->decl->every_ms;
    *out = (struct plan){.from = INT64_MIN, .to = INT64_MAX};
    bool from_cuts = s->from_ms > c->time_min;
    bool to_cuts = s->to_ms <= c->time_max;
    if (from_cuts)
        out->from = levels_floor(s->from_ms, every) + (s->from_ms % every != 0);
    if (to_cuts)
        out->to = levels_floor(s->to_ms, every);
    if (from_cuts && s->from_ms % every != 0) {
        int64_t end = out->from * every;
        out->first = (struct edge){.from = s->from_ms, .to = s->to_ms < end ? s->to_ms : end};
    }
    bool is_one = from_cuts && out->from > out->to; // both bounds in one bucket
    if (to_cuts && s->to_ms % every != 0 && !is_one)
        out->last = (struct edge){.from = out->to * every, .to = s->to_ms};
}

static bool add_edge(struct sums *sums, const struct cube_stretch *s, int64_t every,
                     const struct edge *e)
{
    int64_t unit = s->unit_ms / every;
    int64_t bucket = levels_floor(e->from, every);
    return !is_edge(e) || sums_add_cells(sums, unit ? levels_floor(bucket, unit) : 0, &e->cells);
}

// Under the lock.
static enum cube_found add_up(const struct cube *c, const struct cube_stretch *s,
                              const struct plan *p, struct sums *to)
{
    int64_t every = c->decl->every_ms;
    struct levels_walk walk = {
        .levels = &c->levels, .from = p->from, .to = p->to, .unit = s->unit_ms / every};
    bool fits = add_edge(to, s, every, &p->first) && sums_add(to, &walk) &&
                add_edge(to, s, every, &p->last);
    return fits ? CUBE_FOUND : CUBE_UNFIT;
}

static enum cube_found read_plan(struct cubes *cs, struct cube *c, const struct snapshot *now,
                                 const struct cube_stretch *s, struct plan *out)
{
    enum cube_found found = CUBE_FOUND;
    pthread_rwlock_rdlock(&cs->lock);
    if (cs->version != snapshot_version(now))
        found = CUBE_BEHIND;
    else if (c->is_over)
        found = CUBE_UNFIT;
    else
        plan_bounds(c, s, out);
    pthread_rwlock_unlock(&cs->lock);
    return found;
}

static enum cube_found scan_edges(const struct cube *c, const struct snapshot *now,
                                  const struct cube_stretch *s, struct plan *p)
{
    cells_init(&p->first.cells, s->dim_count);
    cells_init(&p->last.cells, s->dim_count);
    bool fits = !is_edge(&p->first) || scan_edge(c, now, s, &p->first);
    fits = fits && (!is_edge(&p->last) || scan_edge(c, now, s, &p->last));
    return fits ? CUBE_FOUND : CUBE_UNFIT;
}

static enum cube_found read_whole(struct cubes *cs, const struct cube *c,
                                  const struct snapshot *now, const struct cube_stretch *s,
                                  const struct plan *p, struct cube_reading *out)
{
    enum cube_found found = CUBE_BEHIND;
    sums_init(&out->sums, s->dims, s->dim_count, s->rows_max);
    pthread_rwlock_rdlock(&cs->lock);
    if (cs->version == snapshot_version(now) && cube_is_settled(c, s->dims, s->dim_count))
        found = add_up(c, s, p, &out->sums);
    out->has_untimed = c->untimed != 0;
    pthread_rwlock_unlock(&cs->lock);
    if (found != CUBE_FOUND)
        sums_done(&out->sums);
    return found;
}

enum cube_found cubes_read(struct cubes *cs, const struct snapshot *now,
                           const struct cube_stretch *s, struct cube_reading *out)
{
    CHECK(s->metric < cs->schema->metric_count);
    struct cube *c = &cs->all[s->metric];
    struct plan p = {0};
    cube_move_for(cs, c, now, s->dims, s->dim_count);
    enum cube_found found = read_plan(cs, c, now, s, &p);
    if (found != CUBE_FOUND)
        return found;
    found = scan_edges(c, now, s, &p);
    if (found == CUBE_FOUND)
        found = read_whole(cs, c, now, s, &p, out);
    cells_done(&p.first.cells);
    cells_done(&p.last.cells);
    return found;
}

void cube_reading_done(struct cube_reading *r)
{
    sums_done(&r->sums);
}

int64_t cubes_number(const struct cubes *cs, uint32_t metric, uint32_t dim, uint32_t code)
{
    int64_t v;
    struct slice bytes = dict_value(cs->all[metric].dims[dim].numbers, code);
    memcpy(&v, bytes.at, sizeof v);
    return v;
}
