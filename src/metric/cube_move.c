// SPDX-License-Identifier: Apache-2.0
// Moving rows whose dimension row changed.
//
//   under the lock    take the remembered keys and see where each belongs now; the cubes
//                     have counted just `now`
//   without it        find the rows of the taken keys in `now`: each leaves one cell for another
//   under the lock    lay the moves over the cells; the keys are accounted anew
//
// Where rows of a key may be, segments know by their postings and the memory part by its
// chains, so that this costs what the keys have and not what the table has.
//
// Rows that come or go in the middle are counted where their keys are still accounted, and
// noted (cube_move_note), so that they move along at the end.  A key that changes once more
// meanwhile is remembered again.  What is accounted is read without the lock: every key of a
// row in `now` is accounted, and stays so until this flight lands or is cancelled.
#include "base/check.h"
#include "kernel/compare.h"
#include "metric/cube_private.h"
#include "store/read_fault.h"

#include <stdlib.h>

// Keys of one dimension that belong elsewhere now.
struct taken {
    uint32_t *keys; // rising
    uint32_t *to;   // code of each
    uint32_t count;
    uint64_t *set; // bit per key, when they are many; else NULL
    uint32_t set_keys;
};

enum { COMPARED_MAX = 4 }; // so many keys are compared with each row's, more looked up in a set

struct flight {
    struct cube frozen; // what the scan reads: its dims add nothing
    struct taken taken[METRIC_DIMS_MAX];
    struct cells scanned; // the mover's
    struct cells noted;   // under the lock
    bool is_over;         // more cells than CELLS_MAX
    bool is_unread;       // rows could not be read
    bool is_cancelled;    // under the lock
};

static void *checked(void *at)
{
    CHECK(at != NULL);
    return at;
}

static void flight_free(struct flight *f)
{
    for (uint32_t d = 0; d < f->frozen.decl->by_count; d++) {
        free(f->taken[d].keys);
        free(f->taken[d].to);
        free(f->taken[d].set);
    }
    free(f->frozen.dims);
    cells_done(&f->scanned);
    cells_done(&f->noted);
    free(f);
}

// ---- taking off ----

bool cube_is_due(const struct cube *c)
{
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        if (c->dims[d].dirty_count || c->dims[d].all_dirty)
            return true;
    return false;
}

bool cube_is_settled(const struct cube *c, const uint32_t *dims, uint32_t dim_count)
{
    for (uint32_t i = 0; i < dim_count; i++) {
        const struct dim *d = &c->dims[dims[i]];
        if (d->dirty_count || d->all_dirty || (c->flight && c->flight->taken[dims[i]].count))
            return false;
    }
    return true;
}

static void mark_all(struct dim *d)
{
    if (!d->all_dirty)
        return;
    for (size_t ord = 0; ord < d->accounted_count; ord++)
        dim_mark(d, (uint32_t)ord);
    d->all_dirty = false;
}

static int compare_keys(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void make_set(struct taken *t)
{
    if (t->count <= COMPARED_MAX)
        return;
    t->set_keys = t->keys[t->count - 1] + 1;
    t->set = checked(calloc(bit_words(t->set_keys) + 1, sizeof *t->set));
    for (uint32_t i = 0; i < t->count; i++)
        bit_set(t->set, t->keys[i]);
}

static void take_keys(struct taken *t, struct dim *d, const struct snapshot *now)
{
    mark_all(d);
    if (d->dirty_count == 0)
        return;
    qsort(d->dirty, d->dirty_count, sizeof *d->dirty, compare_keys);
    uint32_t *codes = checked(malloc(d->dirty_count * sizeof *codes));
    t->keys = checked(malloc(d->dirty_count * sizeof *t->keys));
    dim_look_up(d, now, d->dirty, d->dirty_count, codes);
    for (uint32_t i = 0; i < d->dirty_count; i++) {
        uint32_t ord = d->dirty[i];
        d->is_dirty[ord / 64] &= ~((uint64_t)1 << (ord % 64));
        if (codes[i] == dim_accounted(d, ord))
            continue;
        t->keys[t->count] = ord;
        codes[t->count++] = codes[i];
    }
    t->to = codes;
    d->dirty_count = 0;
    make_set(t);
}

static struct flight *take_off(struct cube *c, const struct snapshot *now)
{
    struct flight *f = checked(calloc(1, sizeof *f));
    uint32_t dims = c->decl->by_count;
    uint32_t keys = 0;
    for (uint32_t d = 0; d < dims; d++) {
        take_keys(&f->taken[d], &c->dims[d], now);
        keys += f->taken[d].count;
    }
    f->frozen = *c;
    f->frozen.levels = (struct levels){0};
    f->frozen.dims = checked(malloc(dims * sizeof *c->dims + 1));
    for (uint32_t d = 0; d < dims; d++) {
        f->frozen.dims[d] = c->dims[d];
        f->frozen.dims[d].is_frozen = true;
    }
    cells_init(&f->scanned, dims);
    cells_init(&f->noted, dims);
    if (keys)
        return f;
    flight_free(f);
    return NULL;
}

// ---- under way ----

// Position among the taken keys, or their count.
static uint32_t find_key(const struct taken *t, uint32_t ord)
{
    if (t->set && (ord >= t->set_keys || !bit_get(t->set, ord)))
        return t->count;
    uint32_t from = 0;
    uint32_t to = t->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (t->keys[middle] < ord)
            from = middle + 1;
        else
            to = middle;
    }
    return from < t->count && t->keys[from] == ord ? from : t->count;
}

static void move_row(struct flight *f, struct cells *to, const struct cube_row *row, int sign)
{
    uint32_t codes[METRIC_DIMS_MAX];
    bool any = false;
    for (uint32_t d = 0; d < f->frozen.decl->by_count; d++) {
        const struct taken *t = &f->taken[d];
        uint32_t at = t->count ? find_key(t, row->ords[d]) : 0;
        bool is_taken = at < t->count;
        codes[d] = is_taken ? t->to[at] : row->codes[d];
        any |= is_taken;
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

uint32_t cube_move_taken(const struct cube *c, uint32_t dim, const uint32_t **out_keys)
{
    if (!c->flight)
        return 0;
    *out_keys = c->flight->taken[dim].keys;
    return c->flight->taken[dim].count;
}

void cube_move_cancel(struct cube *c)
{
    if (c->flight)
        c->flight->is_cancelled = true;
    c->flight = NULL;
}

// ---- the rows of taken keys ----

struct finding {
    const struct flight *flight;
    // Of the block at hand.
    uint64_t rows[BLOCK_ROWS / 64];
    uint64_t mask[BLOCK_ROWS / 64];
    int field; // whose codes are in `keys`; -1: none yet
    uint32_t keys[BLOCK_ROWS];
    struct row_ref refs[BLOCK_ROWS];
};

static void take_mask(struct finding *f, const struct block *b)
{
    for (size_t w = 0; w < bit_words(b->row_count); w++)
        f->rows[w] |= f->mask[w] & b->live[w];
}

// Dimensions most often come through the same field, whose codes are decoded once.
static void find_in_block(struct finding *f, uint32_t dim, const struct block *b)
{
    const struct taken *t = &f->flight->taken[dim];
    int field = f->flight->frozen.dims[dim].by->field;
    if (field != f->field)
        block_codes(b, (uint32_t)field, f->keys);
    f->field = field;
    if (t->set) {
        compare_set_u32(f->keys, b->row_count, t->set, t->set_keys, f->mask);
        take_mask(f, b);
        return;
    }
    for (uint32_t k = 0; k < t->count; k++) {
        compare_range_u32(f->keys, b->row_count, t->keys[k], t->keys[k], f->mask);
        take_mask(f, b);
    }
}

static uint32_t list_rows(struct finding *f, uint32_t block, size_t words)
{
    uint32_t count = 0;
    for (size_t w = 0; w < words; w++)
        for (uint64_t left = f->rows[w]; left; left &= left - 1)
            f->refs[count++] = (struct row_ref){
                .block = block, .row = (uint32_t)w * 64 + (uint32_t)__builtin_ctzll(left)};
    return count;
}

static void scan_block(struct finding *f, const struct cube_scan *scan, const struct view *v,
                       uint32_t index)
{
    struct block b = view_block(v, index);
    memset(f->rows, 0, sizeof f->rows);
    f->field = -1;
    for (uint32_t d = 0; d < scan->cube->decl->by_count; d++)
        if (f->flight->taken[d].count)
            find_in_block(f, d, &b);
    cube_scan_rows(scan, v, f->refs, list_rows(f, index, bit_words(b.row_count)));
}

static void scan(struct flight *f, const struct snapshot *now)
{
    const struct cube *c = &f->frozen;
    const struct view *v = snapshot_view(now, c->decl->table);
    struct cube_scan scan = {.cube = &f->frozen, .now = now, .each = scan_row, .context = f};
    uint64_t *blocks = checked(calloc(bit_words(view_block_count(v)) + 1, sizeof *blocks));
    struct finding *finding = checked(malloc(sizeof *finding));
    finding->flight = f;
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        if (f->taken[d].count)
            view_blocks_of(v, (uint32_t)c->dims[d].by->field, f->taken[d].keys, f->taken[d].count,
                           blocks);
    for (uint32_t b = 0; b < view_block_count(v); b++)
        if (bit_get(blocks, b))
            scan_block(finding, &scan, v, b);
    free(finding);
    free(blocks);
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
    c->is_unread |= f->is_unread;
    c->is_over |= f->is_over || f->is_unread;
    lay_over(c, &f->scanned);
    lay_over(c, &f->noted);
    levels_settle(&c->levels);
    for (uint32_t d = 0; d < c->decl->by_count; d++)
        for (uint32_t i = 0; i < f->taken[d].count; i++)
            dim_account_as(&c->dims[d], f->taken[d].keys[i], f->taken[d].to[i]);
}

static void fly(struct cubes *cs, struct cube *c, const struct snapshot *now)
{
    pthread_rwlock_wrlock(&cs->lock);
    struct flight *f = NULL;
    if (cs->version == snapshot_version(now) && cube_is_due(c))
        f = take_off(c, now);
    c->flight = f;
    pthread_rwlock_unlock(&cs->lock);
    if (!f)
        return;
    (void)read_fault_take(NULL); // what is left of other work of this thread
    scan(f, now);
    f->is_unread = read_fault_take(NULL) != OK;
    pthread_rwlock_wrlock(&cs->lock);
    land(c, f);
    pthread_rwlock_unlock(&cs->lock);
    flight_free(f);
}

void cube_move(struct cubes *cs, struct cube *c, const struct snapshot *now)
{
    pthread_mutex_lock(&c->move);
    fly(cs, c, now);
    pthread_mutex_unlock(&c->move);
}

void cube_move_for(struct cubes *cs, struct cube *c, const struct snapshot *now,
                   const uint32_t *dims, uint32_t dim_count)
{
    pthread_rwlock_rdlock(&cs->lock);
    bool is_settled = cube_is_settled(c, dims, dim_count);
    pthread_rwlock_unlock(&cs->lock);
    if (is_settled)
        return;
    __atomic_fetch_add(&c->waiting, 1, __ATOMIC_RELAXED);
    cube_move(cs, c, now);
    __atomic_fetch_sub(&c->waiting, 1, __ATOMIC_RELAXED);
}
