// SPDX-License-Identifier: Apache-2.0
// percentiles: exact while that is cheap, within half a percent after that.
//
// Whole numbers that lie close together are counted, one counter per (bucket, value).
// Other values are kept as they are, up to VALUES_MAX over all buckets.  Past that, values
// are counted by their upper bits (sign, exponent and 8 bits of the fraction), which is off
// by at most 1/512 of the value.
//
// Between two values the percentile is interpolated on a straight line, the k-th of n
// values standing at (k - 1/2) / n: Elasticsearch's t-digest gives the same for sets so
// small that each value is a centroid of its own.
#include "base/buf.h"
#include "base/check.h"
#include "base/num.h"
#include "base/reader.h"
#include "kernel/sketch.h"
#include "search/search_private.h"

#include <math.h>
#include <stdlib.h>

enum {
    COUNTED_MAX = 1 << 22, // counters
    VALUES_MAX = 1 << 20,
    COARSE_BITS = 44, // dropped off a double
};

struct weighted { // a value and how often
    double value;
    uint64_t count;
};

struct percentiles {
    struct room *room;
    struct weighted *weighted; // of the bucket asked last
    size_t weighted_cap;
    // counted
    bool is_counted;
    int64_t base;
    uint64_t domain; // different values
    uint64_t parent_bound;
    uint32_t *counters;
    // kept
    uint32_t *value_ords;
    double *values;
    size_t ords_cap, values_cap;
    uint32_t value_count;
    uint32_t *first; // per bucket, in `sorted`; made when they are first asked for
    uint32_t bucket_count;
    double *sorted;
    // coarse
    bool is_coarse;
    struct ords coarse;
    uint64_t *coarse_counts;
    size_t coarse_cap;
    uint64_t *keys;
    uint32_t *parents, *ords_out;
};

// ---- planning ----

// Counters are of 32 bits.
static uint64_t row_count(const struct search *s)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < s->columns.table_count; i++)
        rows += view_row_count(snapshot_view(s->columns.snapshot, s->columns.tables[i]));
    return rows;
}

static void plan_counters(struct search *s, struct agg_node *n, struct percentiles *p)
{
    const struct column *c = n->column;
    if (!c->is_mapped || !c->is_near || n->up->ord_bound == 0 || row_count(s) > UINT32_MAX)
        return;
    int64_t lo = n->missing.is_given && n->missing.i64 < c->min ? n->missing.i64 : c->min;
    int64_t hi = n->missing.is_given && n->missing.i64 > c->max ? n->missing.i64 : c->max;
    uint64_t domain = (uint64_t)hi - (uint64_t)lo + 1;
    if (domain == 0 || domain > COUNTED_MAX / n->up->ord_bound)
        return;
    p->is_counted = true;
    p->base = lo;
    p->domain = domain;
    p->parent_bound = n->up->ord_bound;
    p->counters = room_alloc(&s->room, sizeof *p->counters * n->up->ord_bound * domain);
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct percentiles *p = room_alloc(&s->room, sizeof *p);
    n->state = p;
    if (!p)
        return ERR_LIMIT;
    p->room = &s->room;
    enum err e = agg_plan_numeric(s, n, why);
    if (e)
        return e;
    plan_counters(s, n, p);
    ords_init(&p->coarse, &s->room, 0, 0);
    p->keys = room_alloc(&s->room, BLOCK_ROWS * sizeof *p->keys);
    p->parents = room_alloc(&s->room, BLOCK_ROWS * sizeof *p->parents);
    p->ords_out = room_alloc(&s->room, BLOCK_ROWS * sizeof *p->ords_out);
    return s->room.is_over ? ERR_LIMIT : OK;
}

// ---- collecting ----

// All positions in one bucket.
static void count_one(const struct distances *d, uint32_t count, uint32_t *counters)
{
    for (uint32_t i = 0; i < count; i++)
        if (!d->present || bit_get(d->present, i))
            counters[((const uint16_t *)d->at)[i]]++;
}

static void count_wide(const uint32_t *ords, const struct distances *d, uint32_t count,
                       uint64_t domain, uint32_t *counters)
{
    const uint32_t *v = d->at;
    for (uint32_t i = 0; i < count; i++)
        if (ords[i] != ORDINAL_NONE && (!d->present || bit_get(d->present, i)))
            counters[ords[i] * domain + v[i]]++;
}

static void count_narrow(const struct agg_node *n, const struct ordinals *parents,
                         const struct distances *d, uint32_t count, uint32_t *counters)
{
    const struct percentiles *p = n->state;
    struct ordinals own = *parents;
    counters += parents->base * p->domain;
    if (!own.at) {
        count_one(d, count, counters);
        return;
    }
    if (d->present)
        own = ordinals_mask(parents, d->present, count, n->ord_room);
    count_pairs_u16((struct codes){own.width, own.at}, d->at, count, own.bound, (uint32_t)p->domain,
                    counters);
}

static void count_missing(struct search *s, struct agg_node *n, const struct ordinals *parents,
                          const uint64_t *present)
{
    struct percentiles *p = n->state;
    uint64_t at = (uint64_t)n->missing.i64 - (uint64_t)p->base;
    const uint32_t *ords = ordinals_wide(parents, s->columns.selection.count, s->wide);
    for (uint32_t i = 0; i < s->columns.selection.count; i++)
        if (ords[i] != ORDINAL_NONE && !bit_get(present, i))
            p->counters[ords[i] * p->domain + at]++;
}

static void count_values(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct percentiles *p = n->state;
    uint32_t count = s->columns.selection.count;
    struct distances d = selected_distances(&s->columns, n->column);
    uint32_t *counters = p->counters + ((uint64_t)d.base - (uint64_t)p->base);
    if (d.width == WIDTH_U32)
        count_wide(ordinals_wide(parents, count, s->wide), &d, count, p->domain, counters);
    else
        count_narrow(n, parents, &d, count, counters);
    if (n->missing.is_given && d.present)
        count_missing(s, n, parents, d.present);
}

// Whole numbers of which no row of the block lacks one.
static bool covers(struct search *s, struct agg_node *n)
{
    const struct percentiles *p = n->state;
    return p->is_counted && !n->missing.is_given &&
           !selected_distances(&s->columns, n->column).present;
}

static void add_rows(const struct agg_node *n, uint64_t *counts, size_t count)
{
    const struct percentiles *p = n->state;
    for (uint64_t i = 0; i < count && i < p->parent_bound; i++) {
        const uint32_t *counters = p->counters + i * p->domain;
        for (uint64_t v = 0; v < p->domain; v++)
            counts[i] += counters[v];
    }
}

static uint64_t coarse_key(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits >> COARSE_BITS;
}

static double coarse_value(uint64_t key)
{
    uint64_t bits = key << COARSE_BITS | (uint64_t)1 << (COARSE_BITS - 1);
    double v;
    memcpy(&v, &bits, sizeof v);
    if (isnan(v))
        return key >> (63 - COARSE_BITS) ? -INFINITY : INFINITY;
    return key == 0 || key == (uint64_t)1 << (63 - COARSE_BITS) ? 0 : v;
}

static void coarse_add(struct search *s, struct percentiles *p, uint32_t count)
{
    if (!ords_add_many(&p->coarse, p->parents, p->keys, count, p->ords_out))
        return;
    uint64_t *counts =
        room_grow(&s->room, p->coarse_counts, &p->coarse_cap, p->coarse.count, sizeof *counts);
    if (!counts)
        return;
    p->coarse_counts = counts;
    for (uint32_t i = 0; i < count; i++)
        counts[p->ords_out[i]]++;
}

static void make_coarse(struct search *s, struct percentiles *p)
{
    p->is_coarse = true;
    for (uint32_t at = 0; at < p->value_count && !s->room.is_over; at += BLOCK_ROWS) {
        uint32_t count = p->value_count - at < BLOCK_ROWS ? p->value_count - at : BLOCK_ROWS;
        for (uint32_t i = 0; i < count; i++)
            p->keys[i] = coarse_key(p->values[at + i]);
        memcpy(p->parents, p->value_ords + at, count * sizeof *p->parents);
        coarse_add(s, p, count);
    }
    p->value_count = 0;
}

static bool reserve_values(struct search *s, struct percentiles *p, uint32_t more)
{
    size_t need = (size_t)p->value_count + more;
    double *values = room_grow(&s->room, p->values, &p->values_cap, need, sizeof *values);
    uint32_t *ords = room_grow(&s->room, p->value_ords, &p->ords_cap, need, sizeof *ords);
    p->values = values ? values : p->values;
    p->value_ords = ords ? ords : p->value_ords;
    return values && ords;
}

static void keep_values(struct search *s, struct agg_node *n, const struct agg_values *v)
{
    struct percentiles *p = n->state;
    uint32_t count = s->columns.selection.count;
    if (!reserve_values(s, p, count))
        return;
    for (uint32_t i = 0; i < count; i++) {
        double value;
        if (!agg_values_f64(n, v, i, &value))
            continue;
        p->values[p->value_count] = value;
        p->value_ords[p->value_count++] = v->ords[i];
    }
}

static void coarse_values(struct search *s, struct agg_node *n, const struct agg_values *v)
{
    struct percentiles *p = n->state;
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->columns.selection.count; i++) {
        double value;
        if (!agg_values_f64(n, v, i, &value))
            continue;
        p->keys[count] = coarse_key(value);
        p->parents[count++] = v->ords[i];
    }
    coarse_add(s, p, count);
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct percentiles *p = n->state;
    if (!n->column->is_mapped && !n->missing.is_given)
        return;
    if (p->is_counted) {
        count_values(s, n, parents);
        return;
    }
    struct agg_values v = agg_values(s, n, parents);
    if (!p->is_coarse && p->value_count + s->columns.selection.count > VALUES_MAX)
        make_coarse(s, p);
    if (p->is_coarse)
        coarse_values(s, n, &v);
    else
        keep_values(s, n, &v);
}

// ---- merging ----

static void merge_kept(struct search *s, struct percentiles *p, const struct percentiles *other,
                       const uint32_t *map)
{
    if (!p->is_coarse && (uint64_t)p->value_count + other->value_count > VALUES_MAX)
        make_coarse(s, p);
    for (uint32_t at = 0; at < other->value_count && !s->room.is_over; at += BLOCK_ROWS) {
        uint32_t left = other->value_count - at;
        uint32_t count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        if (!p->is_coarse && !reserve_values(s, p, count))
            return;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t ord = other->value_ords[at + i];
            p->parents[i] = map ? map[ord] : ord;
            p->keys[i] = coarse_key(other->values[at + i]);
        }
        if (p->is_coarse) {
            coarse_add(s, p, count);
            continue;
        }
        memcpy(p->values + p->value_count, other->values + at, count * sizeof *p->values);
        memcpy(p->value_ords + p->value_count, p->parents, count * sizeof *p->value_ords);
        p->value_count += count;
    }
}

static void merge_coarse(struct search *s, struct percentiles *p, const struct percentiles *other,
                         const uint32_t *map)
{
    if (!p->is_coarse)
        make_coarse(s, p);
    for (uint32_t i = 0; i < other->coarse.count && !s->room.is_over; i++) {
        uint32_t parent = other->coarse.parents[i];
        p->parents[0] = map ? map[parent] : parent;
        p->keys[0] = other->coarse.keys[i];
        coarse_add(s, p, 1);
        if (!s->room.is_over)
            p->coarse_counts[p->ords_out[0]] += other->coarse_counts[i] - 1;
    }
}

static void merge_counted(struct percentiles *p, const struct percentiles *other,
                          const uint32_t *map)
{
    for (uint64_t parent = 0; parent < p->parent_bound; parent++) {
        const uint32_t *from = other->counters + parent * p->domain;
        uint32_t *to = p->counters + (map ? map[parent] : parent) * p->domain;
        for (uint64_t v = 0; v < p->domain; v++)
            to[v] += from[v];
    }
}

static void merge(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map)
{
    struct percentiles *p = n->state;
    const struct percentiles *other = from->state;
    if (p->is_counted)
        merge_counted(p, other, map);
    else if (other->is_coarse)
        merge_coarse(s, p, other, map);
    else
        merge_kept(s, p, other, map);
}

// ---- kept between searches ----
//
//     i64 base | for each bucket   u32 values | (u32 distance, u32 count)[values]

static bool is_fleeting(const struct agg_node *n)
{
    const struct percentiles *p = n->state;
    return !p->is_counted; // kept values would be as many as the rows
}

static void save(const struct agg_node *n, const uint32_t *ords, uint32_t count, struct buf *out)
{
    const struct percentiles *p = n->state;
    buf_u64_le(out, (uint64_t)p->base);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *counters = p->counters + ords[i] * p->domain;
        uint32_t values = 0;
        for (uint64_t v = 0; v < p->domain; v++)
            values += counters[v] != 0;
        buf_u32_le(out, values);
        for (uint64_t v = 0; v < p->domain; v++) {
            if (!counters[v])
                continue;
            buf_u32_le(out, (uint32_t)v);
            buf_u32_le(out, counters[v]);
        }
    }
}

static void load(struct search *s, struct agg_node *n, const uint32_t *ords, uint32_t count,
                 struct reader *in)
{
    struct percentiles *p = n->state;
    (void)s;
    uint64_t shift = reader_u64_le(in) - (uint64_t)p->base;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *counters = p->counters + ords[i] * p->domain;
        for (uint32_t left = reader_u32_le(in); left > 0; left--) {
            uint64_t v = reader_u32_le(in) + shift;
            CHECK(v < p->domain);
            counters[v] += reader_u32_le(in);
        }
    }
}

// ---- answering ----

// The value that `rank` (from 0, in halves) of all lies at.
static double interpolate(const struct weighted *w, uint32_t count, uint64_t total, double rank)
{
    if (rank <= 0)
        return w[0].value;
    uint64_t before = 0; // values ahead of w[i]
    for (uint32_t i = 0; i < count; i++) {
        double last = (double)(before + w[i].count - 1); // rank of the last of w[i]
        if (rank <= last || before + w[i].count == total)
            return w[i].value;
        if (rank < last + 1)
            return w[i].value + (rank - last) * (w[i + 1].value - w[i].value);
        before += w[i].count;
    }
    return w[count - 1].value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

// Kept values by bucket, and in order within each, once for all buckets.
static bool sort_values(struct percentiles *p)
{
    for (uint32_t i = 0; i < p->value_count; i++)
        if (p->value_ords[i] >= p->bucket_count)
            p->bucket_count = p->value_ords[i] + 1;
    p->first = room_alloc(p->room, sizeof *p->first * ((size_t)p->bucket_count + 2));
    p->sorted = room_alloc(p->room, sizeof *p->sorted * ((size_t)p->value_count + 1));
    if (!p->first || !p->sorted)
        return false;
    for (uint32_t i = 0; i < p->value_count; i++)
        p->first[p->value_ords[i] + 2]++;
    for (uint32_t b = 2; b < p->bucket_count + 2; b++)
        p->first[b] += p->first[b - 1];
    for (uint32_t i = 0; i < p->value_count; i++)
        p->sorted[p->first[p->value_ords[i] + 1]++] = p->values[i];
    for (uint32_t b = 0; b < p->bucket_count; b++)
        qsort(p->sorted + p->first[b], p->first[b + 1] - p->first[b], sizeof *p->sorted, by_value);
    return true;
}

static bool take(struct percentiles *p, uint32_t *count, double value, uint64_t times)
{
    struct weighted *w =
        room_grow(p->room, p->weighted, &p->weighted_cap, (size_t)*count + 1, sizeof *w);
    if (!w)
        return false;
    p->weighted = w;
    w[(*count)++] = (struct weighted){.value = value, .count = times};
    return true;
}

static bool take_counted(struct percentiles *p, uint32_t parent, uint32_t *count)
{
    for (uint64_t v = 0; v < p->domain; v++) {
        uint64_t times = p->counters[parent * p->domain + v];
        if (times && !take(p, count, (double)(int64_t)(v + (uint64_t)p->base), times))
            return false;
    }
    return true;
}

static bool take_kept(struct percentiles *p, uint32_t parent, uint32_t *count)
{
    if (parent >= p->bucket_count)
        return true;
    for (uint32_t i = p->first[parent]; i < p->first[parent + 1]; i++)
        if (!take(p, count, p->sorted[i], 1))
            return false;
    return true;
}

static bool take_coarse(struct percentiles *p, uint32_t parent, uint32_t *count)
{
    const struct ords_entry *entries;
    uint32_t entry_count;
    if (!ords_list(&p->coarse, parent, p->coarse_counts, p->coarse_cap, &entries, &entry_count))
        return false;
    for (uint32_t i = 0; i < entry_count; i++)
        if (!take(p, count, coarse_value(entries[i].key), entries[i].count))
            return false;
    if (*count)
        qsort(p->weighted, *count, sizeof *p->weighted, by_value); // the value is its first member
    return true;
}

// The values of one bucket in order, into p->weighted.
static bool weigh(struct percentiles *p, uint32_t parent, uint32_t *out_count, uint64_t *out_total)
{
    bool ok = true;
    *out_count = 0;
    *out_total = 0;
    if (parent == ORD_NONE)
        return true;
    if (p->is_counted)
        ok = parent >= p->parent_bound || take_counted(p, parent, out_count);
    else if (p->is_coarse)
        ok = take_coarse(p, parent, out_count);
    else
        ok = take_kept(p, parent, out_count);
    for (uint32_t i = 0; i < *out_count; i++)
        *out_total += p->weighted[i].count;
    return ok;
}

static double percentile(const struct percentiles *p, uint32_t count, uint64_t total,
                         double percent)
{
    if (count == 0)
        return NAN;
    return interpolate(p->weighted, count, total, percent / 100 * (double)total - 0.5);
}

// What lies beyond a percentile is the values of some subjects: they must be enough.
static double shown_percentile(const struct agg_node *n, uint32_t parent, uint32_t count,
                               uint64_t total, double percent)
{
    double exact = percentile(n->state, count, total, percent);
    struct veil v = crowd_veil(&n->crowd, parent);
    if (v.key && fmin(percent, 100 - percent) / 100 < v.share)
        return NAN;
    return veil_value(&v, exact);
}

// The percentile that `value` is at: what interpolate() would give it back for.
static double rank_of(const struct weighted *w, uint32_t count, uint64_t total, double value)
{
    uint64_t before = 0;
    if (count == 0)
        return NAN;
    if (value < w[0].value)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        double middle = (double)before + (double)w[i].count / 2;
        if (value == w[i].value)
            return 100 * middle / (double)total;
        before += w[i].count;
        if (i + 1 < count && value < w[i + 1].value) {
            double way = (value - w[i].value) / (w[i + 1].value - w[i].value);
            return 100 * ((double)before - 0.5 + way) / (double)total;
        }
    }
    return 100;
}

// Of the distances from the median.  Sorts p->weighted anew.
static double median_deviation(struct percentiles *p, uint32_t count, uint64_t total)
{
    double median = percentile(p, count, total, 50);
    for (uint32_t i = 0; i < count; i++)
        p->weighted[i].value = fabs(p->weighted[i].value - median);
    if (count)
        qsort(p->weighted, count, sizeof *p->weighted, by_value); // the value is its first member
    return percentile(p, count, total, 50);
}

// What one of a->percents comes to.
static double told(const struct agg_node *n, uint32_t parent, uint32_t count, uint64_t total,
                   double asked)
{
    const struct percentiles *p = n->state;
    return n->agg->kind == AGG_PERCENTILE_RANKS ? rank_of(p->weighted, count, total, asked)
                                                : shown_percentile(n, parent, count, total, asked);
}

static enum err finish(struct search *s, struct agg_node *n, struct fault *why)
{
    (void)s;
    (void)why;
    struct percentiles *p = n->state;
    return p->is_counted || p->is_coarse || sort_values(p) ? OK : ERR_LIMIT;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    (void)why;
    struct percentiles *p = n->state;
    double *got = ARENA_ARRAY(s->arena, double, n->agg->percent_count + 1);
    uint32_t count;
    if (!weigh(p, parent, &count, &out->count))
        return ERR_LIMIT;
    for (uint32_t i = 0; i < n->agg->percent_count; i++)
        got[i] = told(n, parent, count, out->count, n->agg->percents[i]);
    if (n->agg->kind == AGG_MEDIAN_DEVIATION)
        out->deviation = median_deviation(p, count, out->count);
    struct veil v = crowd_veil(&n->crowd, parent);
    out->count = veil_count(&v, VEIL_VALUES, out->count);
    out->percentiles = got;
    return OK;
}

// "95", "95.0": a percent that the aggregation has.
static bool number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    struct percentiles *p = n->state;
    double percent = 0;
    uint32_t count;
    uint64_t total;
    bool is_deviation = n->agg->kind == AGG_MEDIAN_DEVIATION;
    bool is_only = name.len == 0 || slice_is(name, "value");
    if (is_deviation ? !is_only : parse_f64(name, &percent) != OK)
        return false;
    if (n->agg->kind == AGG_PERCENTILES && !(percent >= 0 && percent <= 100))
        return false;
    bool ok = weigh(p, parent, &count, &total);
    if (!ok)
        *out = NAN;
    else
        *out = is_deviation ? median_deviation(p, count, total)
                            : told(n, parent, count, total, percent);
    return true;
}

const struct agg_ops agg_percentiles_ops = {
    .plan = plan,
    .collect = collect,
    .covers = covers,
    .add_rows = add_rows,
    .merge = merge,
    .finish = finish,
    .answer = answer,
    .number = number,
    .is_fleeting = is_fleeting,
    .save = save,
    .load = load,
};
