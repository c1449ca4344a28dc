// SPDX-License-Identifier: Apache-2.0
// The answer of a search, made of a cube's sums instead of rows.
//
// What is read are sums by time and group (the codes of the dimensions asked for).  An
// aggregation takes a list of them, each with the part of its rows that the filters above
// have left, and hands lists on to those below:
//
//     terms            sums lie by the rank of their group's value among all values, so that
//                      order by key is order by number
//     date_histogram   sums lie by the place of their time among all starts of buckets
//     filter, missing  the same sums, with less of their rows
//
// Ranks, places and parts are worked out once for each aggregation, not for each bucket
// above it.  Every order, count and gap is as the search itself has it (agg_terms.c,
// histogram_answer.c); cube_plan_test.c asks both and compares.
#include "base/date.h"
#include "base/limits.h"
#include "search/budget.h"
#include "search/cube_plan.h"
#include "search/date_steps.h"
#include "search/output.h"
#include "search/room.h"

#include <stdlib.h>

enum { SUMS_MAX = 1 << 18, INSERTION_MAX = 48, ROOM_BYTES = 16 << 20 };

#define PLACE_NONE UINT32_MAX

struct item { // some rows of one sum
    uint32_t sum;
    uint32_t part; // CUBE_MATCHED, CUBE_OTHERS or both
};

struct items {
    const struct item *at;
    uint32_t count;
};

struct terms_state {
    uint32_t *ranks;      // by group; PLACE_NONE without value
    struct value *values; // by rank
    uint32_t rank_count;
};

struct histogram_state {
    uint32_t *places; // by run
    int64_t *starts;  // by place; all there are from first to last when empty ones are shown
    uint32_t start_count;
    uint32_t min_place, max_place; // of the extended bounds, PLACE_NONE without
};

struct filter_state {
    uint8_t *parts; // filter * groups + group
};

struct answering {
    struct cube_plan *plan;
    struct cube_reading reading;
    struct room room; // for everything that is no answer; over it, the rows are searched
    uint32_t buckets, buckets_max; // so far, and as many as there may be
};

static void *scratch(struct answering *a, size_t count, size_t bytes)
{
    return room_alloc(&a->room, (count + 1) * bytes);
}

static const uint32_t *codes_of(const struct answering *a, uint32_t group)
{
    return combos_codes(&a->reading.sums.groups, group);
}

static uint64_t rows_of(const struct answering *a, const struct item *i)
{
    const struct cell_count *by = &a->reading.sums.rows[i->sum].by;
    int64_t matched = i->part & CUBE_MATCHED ? by->matched : 0;
    int64_t others = i->part & CUBE_OTHERS ? by->count - by->matched : 0;
    return (uint64_t)(matched + others);
}

static uint64_t rows_of_all(const struct answering *a, struct items in)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < in.count; i++)
        rows += rows_of(a, &in.at[i]);
    return rows;
}

// More buckets than a reply may have: the search says so in its own words.
static bool take_buckets(struct answering *a, uint32_t count)
{
    if (count > a->buckets_max - a->buckets)
        return false;
    a->buckets += count;
    return true;
}

// ---- ranks ----

struct ranked {
    uint32_t code;
    struct slice text;
    int64_t number;
};

struct ranking {
    enum field_type type;
    bool is_text;
};

static int compare_ranked(const void *x, const void *y, void *context)
{
    const struct ranked *a = x;
    const struct ranked *b = y;
    const struct ranking *how = context;
    if (how->is_text)
        return output_compare_text(how->type, a->text, b->text);
    return (a->number > b->number) - (a->number < b->number);
}

static enum field_type slot_type(const struct cube_plan *p, uint32_t slot)
{
    const struct metric_by *by = &p->decl->by[p->dims[slot]];
    const struct field *f = &p->table->fields[by->field];
    if (by->lookup < 0)
        return f->type;
    const struct schema *s = snapshot_schema(p->context->snapshot);
    return s->tables[f->lookup_table].fields[by->lookup].type;
}

// Distinct values of the groups into `out`, numbered as met in `numbers` by group.
static uint32_t distinct(const struct answering *a, uint32_t slot, bool is_text, struct ranked *out,
                         uint32_t *numbers)
{
    const struct cube_plan *p = a->plan;
    uint32_t groups = a->reading.sums.groups.count;
    const struct dict *dict = is_text ? cube_slot_dict(p, slot) : NULL;
    struct combos known;
    combos_init(&known, 1);
    uint32_t count = 0;
    for (uint32_t g = 0; g < groups; g++) {
        uint32_t code = codes_of(a, g)[slot];
        numbers[g] = PLACE_NONE;
        if (code == CODE_NONE)
            continue;
        numbers[g] = combos_add(&known, &code);
        if (known.holds[numbers[g]]++)
            continue;
        out[count++] = (struct ranked){
            .code = numbers[g],
            .text = is_text ? dict_value(dict, code) : slice_of(NULL, 0),
            .number = is_text ? 0 : cubes_number(p->cubes, p->metric, p->dims[slot], code)};
    }
    combos_done(&known);
    return count;
}

static bool plan_ranks(struct answering *a, struct cube_node *n)
{
    uint32_t groups = a->reading.sums.groups.count;
    struct terms_state *t = scratch(a, 1, sizeof *t);
    struct ranked *all = scratch(a, groups, sizeof *all);
    uint32_t *rank_of = scratch(a, groups, sizeof *rank_of);
    uint32_t *ranks = scratch(a, groups, sizeof *ranks);
    struct value *values = scratch(a, groups, sizeof *values);
    if (!t || !all || !rank_of || !ranks || !values)
        return false;
    struct ranking how = {.type = slot_type(a->plan, n->slot)};
    how.is_text = field_storage(how.type) == STORAGE_CODE;
    uint32_t count = distinct(a, n->slot, how.is_text, all, ranks);
    qsort_r(all, count, sizeof *all, compare_ranked, &how);
    for (uint32_t r = 0; r < count; r++) {
        rank_of[all[r].code] = r;
        values[r] = how.is_text ? output_text(how.type, all[r].text, a->plan->arena)
                                : output_i64(how.type, all[r].number);
    }
    for (uint32_t g = 0; g < groups; g++)
        if (ranks[g] != PLACE_NONE)
            ranks[g] = rank_of[ranks[g]];
    *t = (struct terms_state){.ranks = ranks, .values = values, .rank_count = count};
    n->state = t;
    return true;
}

// ---- places in time ----

// Starts of buckets from the first to the last that anything lies in.
static bool fill_starts(struct answering *a, const struct cube_node *n, int64_t first, int64_t last,
                        struct histogram_state *h)
{
    size_t cap = 0;
    for (int64_t at = first; at <= last; at = date_steps_next(n->agg, n->zone, at)) {
        if (h->start_count == a->buckets_max ||
            (h->start_count && at <= h->starts[h->start_count - 1]))
            return false;
        h->starts =
            room_grow(&a->room, h->starts, &cap, (size_t)h->start_count + 1, sizeof *h->starts);
        if (!h->starts)
            return false;
        h->starts[h->start_count++] = at;
    }
    return true;
}

static uint32_t place_of(const struct histogram_state *h, int64_t start)
{
    uint32_t from = 0;
    uint32_t to = h->start_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (h->starts[middle] < start)
            from = middle + 1;
        else
            to = middle;
    }
    return from < h->start_count && h->starts[from] == start ? from : PLACE_NONE;
}

// Start of the bucket of each run of sums; false when one lies in two buckets.
static bool find_starts(const struct answering *a, const struct cube_node *n, int64_t *out)
{
    const struct sums *s = &a->reading.sums;
    int64_t unit = a->plan->unit_ms;
    for (uint32_t i = 0; i < s->row_count; i++) {
        uint32_t run = s->rows[i].run;
        if (i && s->rows[i - 1].run == run)
            continue;
        int64_t ms = s->rows[i].at * unit;
        out[run] = date_steps_floor(n->agg, n->zone, ms);
        if (!date_steps_are_one(n->agg, n->zone, ms, unit) || (run && out[run] < out[run - 1]))
            return false;
    }
    return true;
}

// Where only buckets with rows are shown: the starts of these.
static bool met_starts(struct answering *a, const int64_t *found, struct histogram_state *h)
{
    uint32_t runs = a->reading.sums.run;
    h->starts = scratch(a, runs, sizeof *h->starts);
    for (uint32_t i = 0; h->starts && i < runs; i++)
        if (i == 0 || found[i] != found[i - 1])
            h->starts[h->start_count++] = found[i];
    return h->starts != NULL;
}

// Place of an extended bound; one beyond [first, last] widens nothing.  False for one that
// the steps from bucket to bucket do not meet.
static bool bound_place(const struct histogram_state *h, bool has, int64_t bound, uint32_t *out)
{
    if (!has || h->start_count == 0 || bound < h->starts[0] ||
        bound > h->starts[h->start_count - 1])
        return true;
    *out = place_of(h, bound);
    return *out != PLACE_NONE;
}

static bool all_starts(struct answering *a, const struct cube_node *n, const int64_t *found,
                       struct histogram_state *h)
{
    uint32_t runs = a->reading.sums.run;
    if (runs == 0 && !(n->has_min && n->has_max))
        return true;
    int64_t first = runs ? found[0] : n->min;
    int64_t last = runs ? found[runs - 1] : n->max;
    if (n->has_min && n->min < first)
        first = n->min;
    if (n->has_max && n->max > last)
        last = n->max;
    return fill_starts(a, n, first, last, h) && bound_place(h, n->has_min, n->min, &h->min_place) &&
           bound_place(h, n->has_max, n->max, &h->max_place);
}

static bool plan_places(struct answering *a, struct cube_node *n)
{
    uint32_t runs = a->reading.sums.run;
    struct histogram_state *h = scratch(a, 1, sizeof *h);
    int64_t *found = scratch(a, runs, sizeof *found);
    uint32_t *places = scratch(a, runs, sizeof *places);
    if (!h || !found || !places)
        return false;
    *h = (struct histogram_state){
        .places = places, .min_place = PLACE_NONE, .max_place = PLACE_NONE};
    bool is_whole = n->agg->min_doc_count == 0;
    if (!find_starts(a, n, found) ||
        !(is_whole ? all_starts(a, n, found, h) : met_starts(a, found, h)))
        return false;
    for (uint32_t i = 0; i < runs; i++) {
        h->places[i] = place_of(h, found[i]);
        if (h->places[i] == PLACE_NONE)
            return false;
    }
    n->state = h;
    return true;
}

// ---- parts ----

static bool plan_parts(struct answering *a, struct cube_node *n)
{
    uint32_t groups = a->reading.sums.groups.count;
    uint32_t count = n->agg->filter_count;
    struct filter_state *f = scratch(a, 1, sizeof *f);
    uint8_t *parts = scratch(a, (size_t)groups * count, 1);
    if (!f || !parts)
        return false;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t g = 0; g < groups; g++)
            parts[(size_t)i * groups + g] =
                cube_filter_part(a->plan, &n->filters[i], codes_of(a, g));
    f->parts = parts;
    n->state = f;
    return true;
}

static bool plan_state(struct answering *a, struct cube_node *n)
{
    enum agg_kind kind = n->agg->kind;
    if (kind == AGG_TERMS)
        return plan_ranks(a, n);
    if (kind == AGG_DATE_HISTOGRAM)
        return plan_places(a, n);
    return kind == AGG_MISSING || plan_parts(a, n);
}

static bool plan_states(struct answering *a, struct cube_node *n)
{
    for (uint32_t i = 0; i < n->sub_count; i++)
        if (!plan_state(a, &n->subs[i]) || !plan_states(a, &n->subs[i]))
            return false;
    return true;
}

// ---- buckets ----

static bool answer_subs(struct answering *a, const struct cube_node *n, struct items in,
                        const struct agg_answer **out);

// Items by key: lists[key] of `all`, in their order.
struct sorted {
    struct item *all;
    uint32_t *first; // by key; key_count + 1 of them
    uint64_t *rows;  // by key
};

static uint32_t key_of(const struct answering *a, const struct cube_node *n, uint32_t sum)
{
    const struct sum_row *r = &a->reading.sums.rows[sum];
    if (n->agg->kind == AGG_TERMS)
        return ((const struct terms_state *)n->state)->ranks[r->group];
    return ((const struct histogram_state *)n->state)->places[r->run];
}

static bool sort_items(struct answering *a, const struct cube_node *n, struct items in,
                       uint32_t key_count, struct sorted *out)
{
    struct sorted s = {.all = scratch(a, in.count, sizeof *s.all),
                       .first = scratch(a, (size_t)key_count + 1, sizeof *s.first),
                       .rows = scratch(a, key_count, sizeof *s.rows)};
    if (!s.all || !s.first || !s.rows)
        return false;
    uint32_t *next = s.first + 1; // each ends where the next begins when all are laid down
    for (uint32_t i = 0; i < in.count; i++) {
        uint32_t key = key_of(a, n, in.at[i].sum);
        if (key == PLACE_NONE)
            continue;
        next[key]++;
        s.rows[key] += rows_of(a, &in.at[i]);
    }
    uint32_t at = 0;
    for (uint32_t k = 0; k < key_count; k++) {
        uint32_t count = next[k];
        next[k] = at;
        at += count;
    }
    for (uint32_t i = 0; i < in.count; i++) {
        uint32_t key = key_of(a, n, in.at[i].sum);
        if (key != PLACE_NONE)
            s.all[next[key]++] = in.at[i];
    }
    *out = s;
    return true;
}

static struct items items_of(const struct sorted *s, uint32_t key)
{
    return (struct items){.at = s->all + s->first[key], .count = s->first[key + 1] - s->first[key]};
}

// Chosen keys in the aggregation's order.  Keys are in order themselves, so that an order
// is one number: the rows in the upper bits if they come first, the key in the lower.
struct choice {
    uint64_t order;
    uint32_t key;
};

enum { KEY_BITS = 20 };

static uint64_t order_of(const struct agg *a, uint64_t rows, uint32_t key)
{
    const uint64_t key_max = ((uint64_t)1 << KEY_BITS) - 1;
    const uint64_t rows_max = ((uint64_t)1 << (64 - KEY_BITS)) - 1;
    uint64_t upper = 0;
    for (uint32_t i = 0; i < a->order_count; i++) {
        const struct agg_order *by = &a->orders[i];
        if (by->by == ORDER_KEY)
            return upper << KEY_BITS | (by->ascending ? key : key_max - key);
        if (i == 0)
            upper = by->ascending ? rows : rows_max - rows;
    }
    return upper << KEY_BITS | key;
}

static int compare_choices(const void *x, const void *y)
{
    const struct choice *a = x;
    const struct choice *b = y;
    return (a->order > b->order) - (a->order < b->order);
}

static void sort_choices(struct choice *all, uint32_t count)
{
    if (count > INSERTION_MAX) {
        qsort(all, count, sizeof *all, compare_choices);
        return;
    }
    for (uint32_t i = 1; i < count; i++) {
        struct choice one = all[i];
        uint32_t at = i;
        for (; at > 0 && all[at - 1].order > one.order; at--)
            all[at] = all[at - 1];
        all[at] = one;
    }
}

static bool answer_bucket(struct answering *a, const struct cube_node *n, struct items in,
                          uint64_t rows, struct bucket *out)
{
    out->doc_count = rows;
    return answer_subs(a, n, in, &out->subs);
}

static bool answer_terms(struct answering *a, const struct cube_node *n, struct items in,
                         struct agg_answer *out)
{
    const struct terms_state *t = n->state;
    struct sorted s;
    uint32_t count = 0;
    if (in.count == 0)
        return true;
    struct choice *chosen = scratch(a, t->rank_count, sizeof *chosen);
    if (!chosen || !sort_items(a, n, in, t->rank_count, &s))
        return false;
    for (uint32_t key = 0; key < t->rank_count; key++) {
        if (s.rows[key] < n->agg->min_doc_count)
            continue;
        chosen[count++] = (struct choice){order_of(n->agg, s.rows[key], key), key};
        out->other_count += s.rows[key];
    }
    sort_choices(chosen, count);
    count = count < n->agg->size ? count : n->agg->size;
    if (!take_buckets(a, count))
        return false;
    struct bucket *buckets = ARENA_ARRAY(a->plan->arena, struct bucket, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = chosen[i].key;
        out->other_count -= s.rows[key];
        buckets[i].key = t->values[key];
        if (!answer_bucket(a, n, items_of(&s, key), s.rows[key], &buckets[i]))
            return false;
    }
    out->buckets = buckets;
    out->bucket_count = count;
    return true;
}

// Places that are shown before min_doc_count is looked at: [*from, *to).
static void shown_places(const struct cube_node *n, const struct sorted *s, uint32_t *out_from,
                         uint32_t *out_to)
{
    const struct histogram_state *h = n->state;
    uint32_t from = 0;
    uint32_t to = h->start_count;
    while (from < to && s->rows[from] == 0)
        from++;
    while (to > from && s->rows[to - 1] == 0)
        to--;
    bool is_empty = from == to;
    *out_from = *out_to = 0;
    if (is_empty && !(n->has_min && n->has_max))
        return;
    if (h->min_place != PLACE_NONE && (is_empty || h->min_place < from))
        from = h->min_place;
    if (h->max_place != PLACE_NONE && (is_empty || h->max_place + 1 > to))
        to = h->max_place + 1;
    *out_from = from;
    *out_to = to;
}

static uint32_t choose_places(const struct cube_node *n, const struct sorted *s, struct choice *out)
{
    uint32_t from;
    uint32_t to;
    uint32_t count = 0;
    shown_places(n, s, &from, &to);
    for (uint32_t key = from; key < to; key++)
        if (n->agg->min_doc_count == 0 || s->rows[key])
            out[count++] = (struct choice){order_of(n->agg, s->rows[key], key), key};
    return count;
}

static bool answer_histogram(struct answering *a, const struct cube_node *n, struct items in,
                             struct agg_answer *out)
{
    const struct histogram_state *h = n->state;
    struct sorted s;
    out->field_type = FIELD_DATE;
    if (in.count == 0 && !(n->has_min && n->has_max))
        return true;
    struct choice *chosen = scratch(a, h->start_count, sizeof *chosen);
    if (!chosen || !sort_items(a, n, in, h->start_count, &s))
        return false;
    uint32_t count = choose_places(n, &s, chosen);
    if (!take_buckets(a, count))
        return false;
    if (n->agg->orders[0].by != ORDER_KEY || !n->agg->orders[0].ascending)
        sort_choices(chosen, count);
    struct bucket *buckets = ARENA_ARRAY(a->plan->arena, struct bucket, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = chosen[i].key;
        if (s.rows[key] < n->agg->min_doc_count)
            continue;
        struct bucket *b = &buckets[out->bucket_count++];
        b->key = output_i64(FIELD_DATE, h->starts[key]);
        if (!answer_bucket(a, n, items_of(&s, key), s.rows[key], b))
            return false;
    }
    out->buckets = buckets;
    return true;
}

// Sums of which something is left, into a list of its own.
static bool left_of(struct answering *a, const uint8_t *parts, struct items in,
                    struct items *out_left)
{
    struct item *out = scratch(a, in.count, sizeof *out);
    uint32_t count = 0;
    if (!out || !parts)
        return false;
    for (uint32_t i = 0; i < in.count; i++) {
        out[count] = in.at[i];
        out[count].part &= parts[a->reading.sums.rows[in.at[i].sum].group];
        count += out[count].part != CUBE_NOTHING && rows_of(a, &out[count]) > 0;
    }
    *out_left = (struct items){.at = out, .count = count};
    return true;
}

// NULL when there is no room.
static const uint8_t *other_parts(struct answering *a, const struct cube_node *n)
{
    uint32_t groups = a->reading.sums.groups.count;
    const struct filter_state *f = n->state;
    uint8_t *other = scratch(a, groups, 1);
    for (uint32_t g = 0; other && g < groups; g++) {
        unsigned taken = 0;
        for (uint32_t i = 0; i < n->agg->filter_count; i++)
            taken |= f->parts[(size_t)i * groups + g];
        other[g] = (uint8_t)(CUBE_ROWS & ~taken);
    }
    return other;
}

static bool answer_filters(struct answering *a, const struct cube_node *n, struct items in,
                           struct agg_answer *out)
{
    const struct agg *agg = n->agg;
    const struct filter_state *f = n->state;
    uint32_t groups = a->reading.sums.groups.count;
    uint32_t count = agg->filter_count + (agg->kind == AGG_FILTERS && agg->other_bucket.len > 0);
    struct bucket *buckets = ARENA_ARRAY(a->plan->arena, struct bucket, count + 1);
    if (!take_buckets(a, count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        bool is_other = i >= agg->filter_count;
        const uint8_t *parts = is_other ? other_parts(a, n) : f->parts + (size_t)i * groups;
        struct items left;
        if (!left_of(a, parts, in, &left))
            return false;
        if (agg->kind == AGG_FILTERS && (is_other || agg->filters_keyed))
            buckets[i].key = output_text(
                FIELD_KEYWORD, is_other ? agg->other_bucket : agg->filter_names[i], a->plan->arena);
        if (!answer_bucket(a, n, left, rows_of_all(a, left), &buckets[i]))
            return false;
    }
    out->buckets = buckets;
    out->bucket_count = count;
    return true;
}

static bool answer_missing(struct answering *a, const struct cube_node *n, struct items in,
                           struct agg_answer *out)
{
    struct bucket *b = ARENA_NEW(a->plan->arena, struct bucket);
    struct item *left = scratch(a, in.count, sizeof *left);
    uint32_t count = 0;
    if (!left)
        return false;
    for (uint32_t i = 0; i < in.count; i++) {
        left[count] = in.at[i];
        count += codes_of(a, a->reading.sums.rows[in.at[i].sum].group)[n->slot] == CODE_NONE;
    }
    struct items without = {.at = left, .count = count};
    out->buckets = b;
    out->bucket_count = 1;
    return take_buckets(a, 1) && answer_bucket(a, n, without, rows_of_all(a, without), b);
}

static bool answer_one(struct answering *a, const struct cube_node *n, struct items in,
                       struct agg_answer *out)
{
    *out = (struct agg_answer){.agg = n->agg, .field_type = FIELD_TYPE_COUNT};
    if (n->agg->kind == AGG_DATE_HISTOGRAM)
        return answer_histogram(a, n, in, out);
    if (n->agg->kind != AGG_TERMS && n->agg->kind != AGG_MISSING)
        return answer_filters(a, n, in, out);
    out->field_type = slot_type(a->plan, n->slot);
    return n->agg->kind == AGG_TERMS ? answer_terms(a, n, in, out) : answer_missing(a, n, in, out);
}

static bool answer_subs(struct answering *a, const struct cube_node *n, struct items in,
                        const struct agg_answer **out)
{
    *out = NULL;
    if (n->sub_count == 0)
        return true;
    struct agg_answer *answers = ARENA_ARRAY(a->plan->arena, struct agg_answer, n->sub_count);
    for (uint32_t i = 0; i < n->sub_count; i++)
        if (!answer_one(a, &n->subs[i], in, &answers[i]))
            return false;
    *out = answers;
    return true;
}

// ---- the whole ----

static bool take_sums(struct answering *a, struct items *out)
{
    const struct sums *s = &a->reading.sums;
    uint8_t *parts = scratch(a, s->groups.count, 1);
    struct item *all = scratch(a, s->row_count, sizeof *all);
    if (!parts || !all)
        return false;
    for (uint32_t g = 0; g < s->groups.count; g++)
        parts[g] = cube_filter_part(a->plan, &a->plan->filter, codes_of(a, g));
    for (uint32_t i = 0; i < s->row_count; i++)
        all[i] = (struct item){.sum = i, .part = CUBE_ROWS};
    return left_of(a, parts, (struct items){.at = all, .count = s->row_count}, out);
}

static void answer_total(const struct request *r, uint64_t rows, struct answer *out)
{
    out->total = rows;
    if (!r->track_total_hits_given || r->track_total_hits < 0)
        return;
    uint64_t limit = (uint64_t)r->track_total_hits;
    out->total_is_lower_bound = rows > limit;
    out->total = rows > limit ? limit : rows;
}

static bool fits_orders(const struct answering *a)
{
    const struct sums *s = &a->reading.sums;
    return s->groups.count >> KEY_BITS == 0 && s->run >> KEY_BITS == 0;
}

static enum cube_found answer(struct answering *a, struct answer *out)
{
    struct cube_plan *p = a->plan;
    if ((a->reading.has_untimed && !p->is_timed) || !fits_orders(a) || !plan_states(a, &p->root))
        return CUBE_UNFIT;
    struct items in;
    if (!take_sums(a, &in))
        return CUBE_UNFIT;
    struct answer made = {.index_count = 1, .cube = p->decl->name};
    answer_total(p->request, rows_of_all(a, in), &made);
    made.agg_count = p->root.sub_count;
    if (!answer_subs(a, &p->root, in, &made.aggs))
        return CUBE_UNFIT;
    *out = made;
    return CUBE_FOUND;
}

static enum cube_found answer_by(struct cube_plan *p, int64_t unit_ms, struct answer *out)
{
    uint32_t buckets_max = p->context->buckets_max;
    struct budget own; // past it the search does without the cube, within what it may have
    budget_init(&own, p->context->memory, "request", "search.memory_bytes", ROOM_BYTES);
    struct answering a = {
        .plan = p, .room = room_in(&own), .buckets_max = buckets_max ? buckets_max : LIMIT_BUCKETS};
    struct cube_stretch stretch = {.metric = p->metric,
                                   .from_ms = p->from,
                                   .to_ms = p->to == INT64_MAX ? INT64_MAX : p->to + 1,
                                   .unit_ms = unit_ms,
                                   .dims = p->dims,
                                   .dim_count = p->dim_count,
                                   .rows_max = SUMS_MAX};
    p->unit_ms = unit_ms;
    enum cube_found found = cubes_read(p->cubes, p->context->snapshot, &stretch, &a.reading);
    if (found == CUBE_FOUND) {
        found = answer(&a, out);
        cube_reading_done(&a.reading);
    }
    room_done(&a.room);
    return found;
}

enum cube_found cube_plan_answer(struct cube_plan *p, struct answer *out)
{
    int64_t every_ms = p->decl->every_ms;
    bool may_cut = p->has_zone && p->unit_ms > every_ms;
    enum cube_found found = answer_by(p, p->unit_ms, out);
    // Clocks may be some minutes off the full hour.
    return found == CUBE_UNFIT && may_cut ? answer_by(p, every_ms, out) : found;
}
