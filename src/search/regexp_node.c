// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/hash.h"
#include "search/regexp_private.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256 };

static void *grown(void *at, uint32_t cap, size_t bytes)
{
    void *more = realloc(at, cap * bytes);
    CHECK(more != NULL);
    return more;
}

// ---- one node of each ----

static uint64_t hash_of(const struct nodes *n, enum node_kind kind, uint32_t a, uint32_t b)
{
    if (kind == NODE_SET)
        return hash_bytes(n->ranges + a, b * sizeof *n->ranges);
    return hash_u64((uint64_t)a << 32 | b) + (uint64_t)kind * 0x9e3779b97f4a7c15u;
}

static bool is_same(const struct nodes *n, const struct node *x, enum node_kind kind, uint32_t a,
                    uint32_t b)
{
    if (x->kind != kind || x->b != b)
        return false;
    if (kind == NODE_SET)
        return memcmp(n->ranges + x->a, n->ranges + a, b * sizeof *n->ranges) == 0;
    return x->a == a;
}

static uint32_t *slot_of(const struct nodes *n, enum node_kind kind, uint32_t a, uint32_t b)
{
    uint32_t mask = n->slot_count - 1;
    uint32_t at = (uint32_t)hash_of(n, kind, a, b) & mask;
    while (n->slots[at] && !is_same(n, &n->items[n->slots[at] - 1], kind, a, b))
        at = (at + 1) & mask;
    return &n->slots[at];
}

static void grow_slots(struct nodes *n)
{
    free(n->slots);
    n->slot_count *= 2;
    n->slots = calloc(n->slot_count, sizeof *n->slots);
    CHECK(n->slots != NULL);
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *x = &n->items[i];
        *slot_of(n, x->kind, x->a, x->b) = i + 1;
    }
}

static bool is_nullable(const struct nodes *n, enum node_kind kind, uint32_t a, uint32_t b)
{
    switch (kind) {
    case NODE_NOTHING:
    case NODE_SET:
        return false;
    case NODE_EMPTY:
    case NODE_STAR:
        return true;
    case NODE_CAT:
    case NODE_AND:
        return n->items[a].is_nullable && n->items[b].is_nullable;
    case NODE_OR:
        return n->items[a].is_nullable || n->items[b].is_nullable;
    case NODE_NOT:
        return !n->items[a].is_nullable;
    }
    return false;
}

static uint32_t make(struct nodes *n, enum node_kind kind, uint32_t a, uint32_t b)
{
    uint32_t *slot = slot_of(n, kind, a, b);
    if (*slot)
        return *slot - 1;
    if (n->count == NODE_COUNT_MAX) {
        n->is_over = true;
        return NOTHING;
    }
    if (n->count == n->cap) {
        n->cap = n->cap ? 2 * n->cap : SLOTS_MIN / 2;
        n->items = grown(n->items, n->cap, sizeof *n->items);
    }
    *slot = n->count + 1;
    n->items[n->count++] = (struct node){kind, is_nullable(n, kind, a, b), a, b};
    if (2 * n->count > n->slot_count)
        grow_slots(n);
    return n->count - 1;
}

void nodes_init(struct nodes *n)
{
    *n = (struct nodes){.slot_count = SLOTS_MIN};
    n->slots = calloc(n->slot_count, sizeof *n->slots);
    CHECK(n->slots != NULL);
    CHECK(make(n, NODE_NOTHING, 0, 0) == NOTHING);
    CHECK(make(n, NODE_EMPTY, 0, 0) == EMPTY);
    CHECK(make(n, NODE_NOT, NOTHING, 0) == ANYTHING);
}

void nodes_done(struct nodes *n)
{
    free(n->items);
    free(n->slots);
    free(n->ranges);
    free(n->list);
}

// ---- characters ----

static int compare_ranges(const void *a, const void *b)
{
    const struct code_range *x = a;
    const struct code_range *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

// Sorted, and those that touch joined.
static uint32_t join_ranges(struct code_range *ranges, uint32_t count)
{
    uint32_t kept = 0;
    qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (uint32_t i = 0; i < count; i++) {
        struct code_range *last = kept ? &ranges[kept - 1] : NULL;
        if (!last || ranges[i].from > last->to + 1)
            ranges[kept++] = ranges[i];
        else if (ranges[i].to > last->to)
            last->to = ranges[i].to;
    }
    return kept;
}

uint32_t node_set(struct nodes *n, struct code_range *ranges, uint32_t count)
{
    count = join_ranges(ranges, count);
    if (count == 0)
        return NOTHING;
    uint32_t first = n->range_count;
    if (first + count > n->range_cap) {
        n->range_cap = 2 * (first + count);
        n->ranges = grown(n->ranges, n->range_cap, sizeof *n->ranges);
    }
    memcpy(n->ranges + first, ranges, count * sizeof *ranges);
    uint32_t before = n->count;
    uint32_t set = make(n, NODE_SET, first, count);
    if (n->count > before)
        n->range_count += count;
    return set;
}

uint32_t node_character(struct nodes *n, uint32_t c)
{
    return node_set(n, &(struct code_range){c, c}, 1);
}

uint32_t node_any_character(struct nodes *n)
{
    return node_set(n, &(struct code_range){0, CHARACTER_MAX}, 1);
}

bool node_has(const struct nodes *n, uint32_t set, uint32_t c)
{
    const struct node *x = &n->items[set];
    for (uint32_t i = 0; i < x->b; i++) {
        const struct code_range *r = &n->ranges[x->a + i];
        if (c >= r->from && c <= r->to)
            return true;
    }
    return false;
}

// ---- lists ----

static void list_put(struct nodes *n, uint32_t *count, uint32_t item)
{
    if (*count == n->list_cap) {
        n->list_cap = n->list_cap ? 2 * n->list_cap : SLOTS_MIN;
        n->list = grown(n->list, n->list_cap, sizeof *n->list);
    }
    n->list[(*count)++] = item;
}

static void list_add(struct nodes *n, enum node_kind kind, uint32_t *count, uint32_t item)
{
    for (; n->items[item].kind == kind; item = n->items[item].b)
        list_put(n, count, n->items[item].a);
    list_put(n, count, item);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// All sets of the list become one, in the place of the first of them.
static void unite_sets(struct nodes *n, uint32_t count)
{
    uint32_t range_count = 0;
    uint32_t sets = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_set = n->items[n->list[i]].kind == NODE_SET;
        sets += is_set;
        range_count += is_set ? n->items[n->list[i]].b : 0;
    }
    if (sets < 2)
        return;
    struct code_range *all = malloc(range_count * sizeof *all);
    CHECK(all != NULL);
    uint32_t *first = NULL;
    range_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct node *x = &n->items[n->list[i]];
        if (x->kind != NODE_SET)
            continue;
        memcpy(all + range_count, n->ranges + x->a, x->b * sizeof *all);
        range_count += x->b;
        if (first)
            n->list[i] = NOTHING; // of an OR, where it counts for nothing
        else
            first = &n->list[i];
    }
    uint32_t united = node_set(n, all, range_count);
    if (first)
        *first = united;
    free(all);
}

// `none` is what a list of no item is, `all` the item that decides alone.
static uint32_t make_list(struct nodes *n, enum node_kind kind, uint32_t a, uint32_t b,
                          uint32_t none, uint32_t all)
{
    uint32_t count = 0;
    list_add(n, kind, &count, a);
    list_add(n, kind, &count, b);
    if (kind == NODE_OR)
        unite_sets(n, count);
    qsort(n->list, count, sizeof *n->list, compare_numbers);
    uint32_t made = none;
    for (uint32_t i = count; i > 0; i--) {
        uint32_t item = n->list[i - 1];
        if (item == all)
            return all;
        if (item == none || (i < count && item == n->list[i]))
            continue;
        made = made == none ? item : make(n, kind, item, made);
    }
    return made;
}

uint32_t node_or(struct nodes *n, uint32_t a, uint32_t b)
{
    return a == b ? a : make_list(n, NODE_OR, a, b, NOTHING, ANYTHING);
}

uint32_t node_and(struct nodes *n, uint32_t a, uint32_t b)
{
    return a == b ? a : make_list(n, NODE_AND, a, b, ANYTHING, NOTHING);
}

// ---- the others ----

uint32_t node_cat(struct nodes *n, uint32_t a, uint32_t b)
{
    if (a == NOTHING || b == NOTHING)
        return NOTHING;
    if (a == EMPTY)
        return b;
    if (b == EMPTY)
        return a;
    uint32_t count = 0;
    list_add(n, NODE_CAT, &count, a);
    for (uint32_t i = count; i > 0 && !n->is_over; i--)
        b = make(n, NODE_CAT, n->list[i - 1], b);
    return b;
}

uint32_t node_not(struct nodes *n, uint32_t a)
{
    return n->items[a].kind == NODE_NOT ? n->items[a].a : make(n, NODE_NOT, a, 0);
}

uint32_t node_star(struct nodes *n, uint32_t a)
{
    if (a == NOTHING || a == EMPTY)
        return EMPTY;
    return n->items[a].kind == NODE_STAR ? a : make(n, NODE_STAR, a, 0);
}

uint32_t node_repeat(struct nodes *n, uint32_t a, uint32_t min, uint32_t max)
{
    uint32_t made = max == UINT32_MAX ? node_star(n, a) : EMPTY;
    if (max != UINT32_MAX && max < min)
        return NOTHING;
    for (uint32_t i = min; max != UINT32_MAX && i < max && !n->is_over; i++)
        made = node_or(n, EMPTY, node_cat(n, a, made));
    for (uint32_t i = 0; i < min && !n->is_over; i++) {
        uint32_t before = made;
        made = node_cat(n, a, made);
        if (made == before)
            break; // nothing, or only the empty text
    }
    return made;
}

// ---- numbers ----

enum { DIGITS_MAX = 20 };

struct digits {
    uint8_t at[DIGITS_MAX];
    uint32_t len;
};

static struct digits digits_of(uint64_t v, uint32_t len)
{
    struct digits d = {.len = len};
    for (uint32_t i = len; i > 0; i--, v /= 10)
        d.at[i - 1] = (uint8_t)(v % 10);
    return d;
}

// One digit from `from` to `to`, then `rest` any digits.
static uint32_t digit_then(struct nodes *n, int from, int to, uint32_t rest)
{
    if (from > to)
        return NOTHING;
    struct code_range any = {'0', '9'};
    struct code_range first = {'0' + (uint32_t)from, '0' + (uint32_t)to};
    uint32_t made = node_repeat(n, node_set(n, &any, 1), rest, rest);
    return node_cat(n, node_set(n, &first, 1), made);
}

// Numbers of as many digits that are not below (or not above) `d`, from digit `at` on.
static uint32_t beyond(struct nodes *n, const struct digits *d, uint32_t at, bool above)
{
    uint32_t made = EMPTY;
    for (uint32_t i = d->len; i > at; i--) {
        uint32_t rest = d->len - i;
        int digit = d->at[i - 1];
        uint32_t same = node_cat(n, node_character(n, '0' + (uint32_t)digit), made);
        uint32_t past =
            above ? digit_then(n, digit + 1, 9, rest) : digit_then(n, 0, digit - 1, rest);
        made = node_or(n, same, past);
    }
    return made;
}

static uint32_t between(struct nodes *n, const struct digits *lo, const struct digits *hi)
{
    uint32_t at = 0;
    while (at < lo->len && lo->at[at] == hi->at[at])
        at++;
    uint32_t made = EMPTY;
    if (at < lo->len) {
        uint32_t low =
            node_cat(n, node_character(n, '0' + (uint32_t)lo->at[at]), beyond(n, lo, at + 1, true));
        uint32_t high = node_cat(n, node_character(n, '0' + (uint32_t)hi->at[at]),
                                 beyond(n, hi, at + 1, false));
        made = node_or(n, node_or(n, low, high),
                       digit_then(n, lo->at[at] + 1, hi->at[at] - 1, lo->len - at - 1));
    }
    for (uint32_t i = at; i > 0; i--)
        made = node_cat(n, node_character(n, '0' + (uint32_t)lo->at[i - 1]), made);
    return made;
}

static uint32_t digit_count(uint64_t v)
{
    uint32_t count = 1;
    for (; v >= 10; v /= 10)
        count++;
    return count;
}

static uint64_t power_of_ten(uint32_t exponent)
{
    uint64_t v = 1;
    while (exponent-- > 0)
        v *= 10;
    return v;
}

uint32_t node_interval(struct nodes *n, uint64_t min, uint64_t max, uint32_t digits)
{
    uint32_t made = NOTHING;
    uint32_t first = digits ? digits : digit_count(min);
    uint32_t last = digits ? digits : digit_count(max);
    for (uint32_t len = first; len <= last; len++) {
        uint64_t smallest = digits || len == 1 ? 0 : power_of_ten(len - 1);
        uint64_t largest = power_of_ten(len) - 1;
        struct digits lo = digits_of(min > smallest ? min : smallest, len);
        struct digits hi = digits_of(max < largest ? max : largest, len);
        made = node_or(n, made, between(n, &lo, &hi));
    }
    return digits ? made : node_cat(n, node_star(n, node_character(n, '0')), made);
}
