// SPDX-License-Identifier: Apache-2.0
#include "metric/levels.h"

#include "base/date.h"

static void add_level(struct levels *l, int64_t per)
{
    level_init(&l->at[l->count]);
    l->per[l->count++] = per;
}

void levels_init(struct levels *l, uint32_t dims, int64_t every_ms)
{
    static const int64_t longer[] = {MS_PER_HOUR, MS_PER_DAY};

    *l = (struct levels){.every_ms = every_ms};
    combos_init(&l->combos, dims);
    add_level(l, 1);
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
        int64_t finer = l->per[l->count - 1] * every_ms;
        if (longer[i] > finer && longer[i] % finer == 0)
            add_level(l, longer[i] / every_ms);
    }
    add_level(l, 0);
}

void levels_done(struct levels *l)
{
    combos_done(&l->combos);
    for (uint32_t i = 0; i < l->count; i++)
        level_done(&l->at[i]);
}

uint64_t levels_bytes(const struct levels *l)
{
    uint64_t bytes = combos_bytes(&l->combos);
    for (uint32_t i = 0; i < l->count; i++)
        bytes += level_bytes(&l->at[i]);
    return bytes;
}

void levels_reset(struct levels *l)
{
    levels_done(l);
}

// ---- adding ----

// Adds to the finest level, whose cells are what holds a combo.
static bool add_finest(struct levels *l, int64_t at, uint32_t combo, const struct cell_count *by)
{
    enum cell_change change = level_add(&l->at[0], at, combo, by);
    if (change == CELL_BEGINS)
        l->combos.holds[combo]++;
    else if (change == CELL_ENDS)
        l->combos.holds[combo]--;
    return change != CELL_REFUSED;
}

bool levels_add_finest(struct levels *l, int64_t at, const uint32_t *codes, struct cell_count by)
{
    return add_finest(l, at, combos_add(&l->combos, codes), &by);
}

static bool add_to_level(struct levels *l, uint32_t level, const struct levels_item *items,
                         uint32_t count)
{
    bool fits = true;
    for (uint32_t i = 0; i < count; i++) {
        int64_t at = l->per[level] ? levels_floor(items[i].at, l->per[level]) : 0;
        fits &= level_add(&l->at[level], at, items[i].combo, &items[i].by) != CELL_REFUSED;
    }
    return fits;
}

bool levels_add(struct levels *l, struct levels_item *items, uint32_t count)
{
    bool fits = true;
    for (uint32_t i = 0; i < count; i++) {
        items[i].combo = combos_add(&l->combos, items[i].codes);
        l->combos.holds[items[i].combo]++;
    }
    for (uint32_t i = 0; i < count; i++)
        fits &= add_finest(l, items[i].at, items[i].combo, &items[i].by);
    for (uint32_t level = 1; level < l->count; level++)
        fits &= add_to_level(l, level, items, count);
    for (uint32_t i = 0; i < count; i++)
        l->combos.holds[items[i].combo]--;
    return fits;
}

static bool derive_bucket(struct levels *l, uint32_t level, const struct level_bucket *b)
{
    int64_t at = l->per[level] ? levels_floor(b->at, l->per[level] / l->per[level - 1]) : 0;
    const struct level_cell *cells = bucket_cells(b);
    bool fits = true;
    for (uint32_t i = 0; i < b->cap && fits; i++)
        if (cells[i].combo != CODE_NONE)
            fits = level_add(&l->at[level], at, cells[i].combo, &cells[i].by) != CELL_REFUSED;
    return fits;
}

bool levels_derive(struct levels *l)
{
    bool fits = true;
    level_settle(&l->at[0]);
    for (uint32_t i = 1; i < l->count; i++) {
        const struct level *finer = &l->at[i - 1];
        for (uint32_t b = 0; b < finer->count && fits; b++)
            fits = derive_bucket(l, i, &finer->buckets[finer->order[b]]);
        level_settle(&l->at[i]);
    }
    return fits;
}

void levels_settle(struct levels *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        level_settle(&l->at[i]);
}

// ---- walking ----

static bool hand_out(const struct levels_walk *w, uint32_t level, int64_t from, int64_t to)
{
    const struct level *l = &w->levels->at[level];
    int64_t unit = w->unit ? w->unit / w->levels->per[level] : 0;
    for (uint32_t i = level_find(l, from); i < l->count; i++) {
        const struct level_bucket *b = &l->buckets[l->order[i]];
        if (b->at >= to)
            break;
        if (!w->each(w->context, unit ? levels_floor(b->at, unit) : 0, b))
            return false;
    }
    return true;
}

// [from, to) from buckets of `level` as far as they fit, its ends from finer ones.
static bool walk(const struct levels_walk *w, uint32_t level, int64_t from, int64_t to)
{
    int64_t per = w->levels->per[level];
    if (level == 0 || (per == 0 && from == INT64_MIN && to == INT64_MAX))
        return hand_out(w, level, from, to);
    if (per == 0)
        return walk(w, level - 1, from, to);
    int64_t first = from == INT64_MIN ? from : levels_floor(from, per) + (from % per != 0);
    int64_t last = to == INT64_MAX ? to : levels_floor(to, per);
    if (first >= last)
        return walk(w, level - 1, from, to);
    bool more = true;
    if (from != INT64_MIN && from < first * per)
        more = walk(w, level - 1, from, first * per);
    more = more && hand_out(w, level, first, last);
    if (more && to != INT64_MAX && last * per < to)
        more = walk(w, level - 1, last * per, to);
    return more;
}

void levels_walk(const struct levels_walk *w)
{
    const struct levels *l = w->levels;
    const struct level *finest = &l->at[0];
    if (finest->count == 0 || w->from >= w->to)
        return;
    uint32_t level = l->count - 1;
    while (w->unit != 0 && (l->per[level] == 0 || w->unit % l->per[level] != 0))
        level--;
    // A bound outside of what there is bounds nothing.
    int64_t first = finest->buckets[finest->order[0]].at;
    int64_t last = finest->buckets[finest->order[finest->count - 1]].at;
    walk(w, level, w->from <= first ? INT64_MIN : w->from, w->to > last ? INT64_MAX : w->to);
}
