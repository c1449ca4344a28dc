// SPDX-License-Identifier: Apache-2.0
// date_histogram: buckets of calendar units or fixed lengths of time.  A position is the
// instant a bucket starts at.
//
// When the field's smallest and largest value are known and the buckets between them few,
// the starts of all of them are worked out once, and keys are indices of that table: rows
// come in near time order, so a row is mostly in the bucket of the row before, and else it
// is found by division (fixed, UTC) or binary search.  Without bounds the start itself is
// the key.
#include "base/date.h"
#include "kernel/even.h"
#include "kernel/ordinal.h"
#include "search/date_steps.h"
#include "search/histogram_answer.h"
#include "search/literal_value.h"
#include "search/output.h"
#include "search/terms_order.h"

enum { STARTS_MAX = 1 << 17 };

struct date_histogram {
    const struct date_zone *zone;
    int64_t even_ms; // every bucket is this long; 0: they differ
    int64_t *starts; // start_count + 1: the last is the end of the last bucket
    uint32_t start_count;
    bool has_hard_min, has_hard_max;
    int64_t hard_min, hard_max; // on starts: min <= start < max
    struct histogram_steps steps;
    uint32_t *keys; // BLOCK_ROWS
};

static int64_t floor_of(const struct agg_node *n, int64_t ms)
{
    const struct date_histogram *d = n->state;
    return date_steps_floor(n->agg, d->zone, ms);
}

static int64_t step_next(const struct agg_node *n, int64_t position)
{
    const struct date_histogram *d = n->state;
    return date_steps_next(n->agg, d->zone, position);
}

static int64_t step_position(const struct agg_node *n, uint64_t key)
{
    const struct date_histogram *d = n->state;
    return d->starts ? d->starts[key] : (int64_t)key;
}

static struct terms_key source_key(const struct agg_node *n, uint64_t key)
{
    return (struct terms_key){.i64 = step_position(n, key)};
}

static struct value step_key(const struct agg_node *n, int64_t position)
{
    (void)n;
    return output_i64(FIELD_DATE, position);
}

// ---- planning ----

static enum err plan_bound(struct search *s, const struct agg_node *n, const struct literal *l,
                           bool *out_has, int64_t *out, struct fault *why)
{
    struct literal_dates dates = {
        .format = n->agg->format, .time_zone = n->agg->time_zone, .now_ms = s->context->now_ms};
    *out_has = l->type != LITERAL_NULL;
    if (!*out_has)
        return OK;
    int64_t ms;
    bool exact;
    // Numbers are milliseconds whatever the format.
    if (l->type == LITERAL_NUMBER && literal_long(l, &ms, &exact, why) == OK) {
        *out = ms;
        return OK;
    }
    return literal_date(l, &dates, false, out, why);
}

static enum err plan_bounds(struct search *s, const struct agg_node *n, struct date_histogram *d,
                            struct fault *why)
{
    const struct agg *a = n->agg;
    enum err e = plan_bound(s, n, &a->hard_min, &d->has_hard_min, &d->hard_min, why);
    if (!e)
        e = plan_bound(s, n, &a->hard_max, &d->has_hard_max, &d->hard_max, why);
    if (!e)
        e = plan_bound(s, n, &a->extended_min, &d->steps.has_min, &d->steps.min, why);
    if (!e)
        e = plan_bound(s, n, &a->extended_max, &d->steps.has_max, &d->steps.max, why);
    if (!e && d->steps.has_min && d->steps.has_max && d->steps.min > d->steps.max)
        e = fail(why, ERR_INVALID,
                 "illegal_argument_exception: [extended_bounds.min][%lld] cannot be greater than "
                 "[extended_bounds.max][%lld] for histogram aggregation [%.*s]",
                 (long long)d->steps.min, (long long)d->steps.max, SLICE_PRINT(a->name));
    if (!e && d->steps.has_min)
        d->steps.min = date_steps_bound(a, d->zone, d->steps.min);
    if (!e && d->steps.has_max)
        d->steps.max = date_steps_bound(a, d->zone, d->steps.max);
    return e;
}

static bool are_few(const struct agg_node *n, int64_t first, int64_t last)
{
    const struct agg *a = n->agg;
    static const int64_t unit_ms[] = {
        [DATE_SECOND] = MS_PER_SECOND,
        [DATE_MINUTE] = MS_PER_MINUTE,
        [DATE_HOUR] = MS_PER_HOUR,
        [DATE_DAY] = MS_PER_DAY,
        [DATE_WEEK] = 7 * (int64_t)MS_PER_DAY,
        [DATE_MONTH] = 28 * (int64_t)MS_PER_DAY,
        [DATE_QUARTER] = 90 * (int64_t)MS_PER_DAY,
        [DATE_YEAR] = 365 * (int64_t)MS_PER_DAY,
    };
    int64_t unit = a->interval_kind == INTERVAL_FIXED ? a->interval_ms : unit_ms[a->calendar_unit];
    return ((uint64_t)last - (uint64_t)first) / (uint64_t)unit < STARTS_MAX / 2;
}

static enum err plan_starts(struct search *s, struct agg_node *n, struct date_histogram *d)
{
    const struct column *c = n->column;
    if (!c->has_bounds)
        return OK;
    int64_t lo = n->missing.is_given && n->missing.i64 < c->min ? n->missing.i64 : c->min;
    int64_t hi = n->missing.is_given && n->missing.i64 > c->max ? n->missing.i64 : c->max;
    int64_t first = floor_of(n, lo);
    if (!are_few(n, first, hi))
        return OK;
    size_t cap = 0;
    int64_t *starts = NULL;
    uint32_t count = 0;
    for (int64_t at = first;; at = step_next(n, at)) {
        starts = room_grow(&s->room, starts, &cap, (size_t)count + 1, sizeof *starts);
        if (!starts)
            return ERR_LIMIT;
        starts[count] = at;
        if (at > hi)
            break;
        if (++count == STARTS_MAX)
            return OK;
    }
    d->starts = starts;
    d->start_count = count;
    return OK;
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct date_histogram *d = room_alloc(&s->room, sizeof *d);
    n->state = d;
    if (!d)
        return ERR_LIMIT;
    d->zone = date_zone_utc();
    d->keys = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->keys + BLOCK_SLACK);
    if (!d->keys)
        return ERR_LIMIT;
    d->steps =
        (struct histogram_steps){.position = step_position, .next = step_next, .key = step_key};
    enum err e = agg_plan_numeric(s, n, why);
    if (!e && n->column->is_mapped && n->column->storage != STORAGE_I64)
        e = fail(why, ERR_INVALID,
                 "illegal_argument_exception: Field [%.*s] of type [%s] is not supported for "
                 "aggregation [%s]",
                 SLICE_PRINT(n->agg->field), field_type_name(n->column->type), n->agg->type_name);
    if (!e && n->agg->time_zone.len)
        e = date_zone_get(n->agg->time_zone, &d->zone, why);
    d->even_ms = date_steps_length(n->agg, d->zone);
    if (!e)
        e = plan_bounds(s, n, d, why);
    if (!e)
        e = plan_starts(s, n, d);
    if (e)
        return e;
    ords_init(&n->ords, &s->room, n->up->ord_bound, d->start_count);
    n->ord_bound = n->ords.bound;
    return OK;
}

// ---- collecting ----

struct span { // the bucket of the row before
    int64_t start, end;
    uint64_t key;
};

static uint32_t start_before(const struct date_histogram *d, int64_t ms)
{
    uint32_t lo = 0;
    uint32_t hi = d->start_count;
    while (hi - lo > 1) {
        uint32_t mid = (lo + hi) / 2;
        if (d->starts[mid] <= ms)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static void move_span(const struct agg_node *n, int64_t ms, struct span *span)
{
    const struct date_histogram *d = n->state;
    if (!d->starts) {
        span->start = floor_of(n, ms);
        span->end = step_next(n, span->start);
        span->key = (uint64_t)span->start;
        return;
    }
    uint64_t index =
        d->even_ms ? (uint64_t)(ms - d->starts[0]) / (uint64_t)d->even_ms : start_before(d, ms);
    span->start = d->starts[index];
    span->end = d->starts[index + 1];
    span->key = index;
}

static bool is_within(const struct date_histogram *d, int64_t start)
{
    return (!d->has_hard_min || start >= d->hard_min) && (!d->has_hard_max || start < d->hard_max);
}

// The long way: no bounds, hard bounds, or a stand-in for rows without time.
static void collect_pairs(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct date_histogram *d = n->state;
    struct agg_values v = agg_values(s, n, parents);
    struct agg_pairs *p = agg_pairs(s, n);
    struct span span = {.start = 0, .end = 0};
    for (uint32_t i = 0; p && i < v.count; i++) {
        bool stands_in;
        if (!agg_values_has(n, &v, i, &stands_in))
            continue;
        int64_t ms = !stands_in && v.numbers.i64 ? v.numbers.i64[i] : n->missing.i64;
        if (ms < span.start || ms >= span.end)
            move_span(n, ms, &span);
        if (is_within(d, span.start))
            agg_pairs_add(p, i, v.ords[i], span.key);
    }
    agg_pass_pairs(s, n);
}

// Rows in order of time lie in few buckets, which ordinal_bounds_i64() finds by the piece.
enum { EVEN_BUCKETS_MIN = 16 };

static void near_keys(const struct date_histogram *d, const int64_t *v, uint32_t count,
                      const struct key_codes *keys)
{
    const int64_t *starts = d->starts + keys->base;
    struct even_buckets b = {starts[0], (uint64_t)d->even_ms, keys->bound};
    if (d->even_ms && keys->bound >= EVEN_BUCKETS_MIN)
        even_ordinals_i64(v, count, &b, keys->width, d->keys);
    else
        ordinal_bounds_i64(v, count, starts, keys->bound + 1, keys->width, d->keys);
}

// By the block's statistics, which leave few starts to compare with; false without them.
static bool collect_near(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct date_histogram *d = n->state;
    struct block_range r;
    if (!column_range(&s->columns, n->column, &r) || !r.any)
        return false;
    struct span first;
    struct span last;
    move_span(n, r.min, &first);
    move_span(n, r.max, &last);
    struct key_codes keys = {.base = (uint32_t)first.key,
                             .bound = (uint32_t)(last.key - first.key) + 1,
                             .width = WIDTH_U8};
    if (keys.bound == 1 && !r.any_missing) {
        agg_pass_keys(s, n, parents, &keys);
        return true;
    }
    struct numbers v = selected_numbers(&s->columns, n->column);
    uint32_t count = s->columns.selection.count;
    keys.width = width_for(keys.bound);
    keys.at = d->keys;
    near_keys(d, v.i64, count, &keys);
    if (v.present)
        ordinal_mask(keys.width, d->keys, v.present, count);
    agg_pass_keys(s, n, parents, &keys);
    return true;
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct date_histogram *d = n->state;
    bool is_plain = n->column->is_mapped && d->starts && !d->has_hard_min && !d->has_hard_max &&
                    !n->missing.is_given;
    if (!is_plain || !collect_near(s, n, parents))
        collect_pairs(s, n, parents);
}

static bool is_fleeting(const struct agg_node *n)
{
    return n->agg->missing_is_apart;
}

static uint64_t lasting_key(const struct agg_node *n, uint64_t key)
{
    return (uint64_t)step_position(n, key);
}

static uint64_t key_here(const struct agg_node *n, uint64_t lasting)
{
    const struct date_histogram *d = n->state;
    return d->starts ? start_before(d, (int64_t)lasting) : lasting;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    const struct date_histogram *d = n->state;
    return histogram_answer(s, n, parent, &d->steps, out, why);
}

static enum err plan_late(struct search *s, struct agg_node *n, struct fault *why)
{
    struct date_histogram *h = n->state;
    return histogram_plan_orders(s, n, &h->steps, why);
}

const struct agg_ops agg_date_histogram_ops = {
    .plan = plan,
    .plan_late = plan_late,
    .collect = collect,
    .source_key = source_key,
    .folds = true,
    .is_fleeting = is_fleeting,
    .lasting_key = lasting_key,
    .key_here = key_here,
    .answer = answer,
};
