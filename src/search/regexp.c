// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "json/utf8.h"
#include "search/regexp_private.h"

#include <stdlib.h>

// States are nodes that were met; steps[state * class_count + class] is the state after a
// character of that class, plus 1, or 0 while nobody has asked.  Classes are the stretches
// of characters between which no set of the expression tells: a step is worked out with any
// one of them.
//
//     a|[x-z]+     classes  0-`   a   b-w   x-z   {-
enum {
    STATE_COUNT_MAX = 10000, // max_determinized_states
    STEP_COUNT_MAX = 4 << 20,
    DERIVE_DEPTH_MAX = 5000,
    WORK_MAX = 5000000, // about a second
    ASCII = 128,
};

struct regexp {
    struct nodes nodes;
    uint32_t *classes; // first character of each, rising from 0
    uint32_t class_count;
    uint16_t ascii[ASCII]; // class of each
    uint32_t *states;      // node of each
    uint32_t *state_of;    // by node, plus 1; state_of_cap of them
    uint32_t *steps;
    uint32_t state_count, state_cap, state_of_cap;
    // Of the derivative being made.
    uint32_t character;
    uint64_t *memo; // by node: number of the derivative << 32 | what it is
    uint32_t memo_cap, memo_stamp;
    uint32_t depth;
    uint32_t work; // nodes derived so far, over all derivatives
    bool is_over;
};

static void *grown(void *at, size_t count, size_t bytes)
{
    void *more = realloc(at, count * bytes);
    CHECK(more != NULL);
    return more;
}

// ---- derivatives ----

static uint32_t derive(struct regexp *r, uint32_t node);

static uint32_t derive_cat(struct regexp *r, struct node x)
{
    uint32_t made = node_cat(&r->nodes, derive(r, x.a), x.b);
    return r->nodes.items[x.a].is_nullable ? node_or(&r->nodes, made, derive(r, x.b)) : made;
}

static uint32_t derive_kind(struct regexp *r, uint32_t node)
{
    struct nodes *n = &r->nodes;
    struct node x = n->items[node]; // a copy: the array moves
    uint32_t left = NOTHING;
    switch (x.kind) {
    case NODE_NOTHING:
    case NODE_EMPTY:
        return NOTHING;
    case NODE_SET:
        return node_has(n, node, r->character) ? EMPTY : NOTHING;
    case NODE_CAT:
        return derive_cat(r, x);
    case NODE_OR:
        left = derive(r, x.a);
        return node_or(n, left, derive(r, x.b));
    case NODE_AND:
        left = derive(r, x.a);
        return node_and(n, left, derive(r, x.b));
    case NODE_NOT:
        return node_not(n, derive(r, x.a));
    case NODE_STAR:
        return node_cat(n, derive(r, x.a), node);
    }
    return NOTHING;
}

// What may follow r->character so that both are of `node`.
static uint32_t derive(struct regexp *r, uint32_t node)
{
    if (r->nodes.is_over || r->depth > DERIVE_DEPTH_MAX || ++r->work > WORK_MAX) {
        r->is_over = true;
        return NOTHING;
    }
    if (node < r->memo_cap && r->memo[node] >> 32 == r->memo_stamp)
        return (uint32_t)r->memo[node];
    r->depth++;
    uint32_t made = derive_kind(r, node);
    r->depth--;
    if (node < r->memo_cap)
        r->memo[node] = (uint64_t)r->memo_stamp << 32 | made;
    return made;
}

// ---- states ----

static uint32_t class_of(const struct regexp *r, uint32_t c)
{
    if (c < ASCII)
        return r->ascii[c];
    uint32_t lo = 0;
    uint32_t hi = r->class_count;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (r->classes[mid] <= c)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static uint32_t state_of_node(struct regexp *r, uint32_t node)
{
    if (node >= r->state_of_cap) {
        uint32_t cap = 2 * (node + 1);
        r->state_of = grown(r->state_of, cap, sizeof *r->state_of);
        memset(r->state_of + r->state_of_cap, 0, (cap - r->state_of_cap) * sizeof *r->state_of);
        r->state_of_cap = cap;
    }
    if (r->state_of[node])
        return r->state_of[node] - 1;
    if (r->state_count == STATE_COUNT_MAX ||
        (uint64_t)r->state_count * r->class_count > STEP_COUNT_MAX) {
        r->is_over = true;
        return 0;
    }
    if (r->state_count == r->state_cap) {
        r->state_cap = r->state_cap ? 2 * r->state_cap : 16;
        r->states = grown(r->states, r->state_cap, sizeof *r->states);
        r->steps = grown(r->steps, (size_t)r->state_cap * r->class_count, sizeof *r->steps);
    }
    memset(r->steps + (size_t)r->state_count * r->class_count, 0,
           r->class_count * sizeof *r->steps);
    r->states[r->state_count++] = node;
    r->state_of[node] = r->state_count;
    return r->state_count - 1;
}

static uint32_t make_step(struct regexp *r, uint32_t state, uint32_t class)
{
    if (r->memo_cap < r->nodes.count) {
        uint32_t cap = 2 * r->nodes.count;
        r->memo = grown(r->memo, cap, sizeof *r->memo);
        memset(r->memo + r->memo_cap, 0, (cap - r->memo_cap) * sizeof *r->memo);
        r->memo_cap = cap;
    }
    r->memo_stamp++;
    r->character = r->classes[class];
    uint32_t node = derive(r, r->states[state]);
    r->is_over = r->is_over || r->nodes.is_over;
    uint32_t to = r->is_over ? 0 : state_of_node(r, node);
    r->steps[(size_t)state * r->class_count + class] = to + 1;
    return to;
}

bool regexp_matches(struct regexp *r, struct slice text)
{
    uint32_t state = 0;
    for (size_t at = 0; at < text.len && !r->is_over;) {
        uint32_t c = text.at[at];
        if (c < ASCII)
            at++;
        else
            c = utf8_take(text.at, text.len, &at);
        uint32_t class = class_of(r, c);
        uint32_t to = r->steps[(size_t)state * r->class_count + class];
        state = to ? to - 1 : make_step(r, state, class);
        if (r->states[state] <= ANYTHING && r->states[state] != EMPTY)
            break; // nothing can follow, or anything
    }
    return !r->is_over && r->nodes.items[r->states[state]].is_nullable;
}

bool regexp_is_over(const struct regexp *r)
{
    return r->is_over;
}

// ---- making ----

static int compare_characters(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void make_classes(struct regexp *r)
{
    const struct nodes *n = &r->nodes;
    uint32_t *starts = grown(NULL, 2 * (size_t)n->range_count + 1, sizeof *starts);
    uint32_t count = 0;
    starts[count++] = 0;
    for (uint32_t i = 0; i < n->range_count; i++) {
        starts[count++] = n->ranges[i].from;
        if (n->ranges[i].to < CHARACTER_MAX)
            starts[count++] = n->ranges[i].to + 1;
    }
    qsort(starts, count, sizeof *starts, compare_characters);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || starts[i] != starts[r->class_count - 1])
            starts[r->class_count++] = starts[i];
    r->classes = starts;
    for (uint32_t c = 0, class = 0; c < ASCII; c++) {
        if (class + 1 < r->class_count && r->classes[class + 1] == c)
            class ++;
        r->ascii[c] = (uint16_t) class;
    }
}

enum err regexp_new(struct slice text, uint32_t operators, bool ignores_case, struct regexp **out,
                    struct fault *why)
{
    struct regexp *r = grown(NULL, 1, sizeof *r);
    uint32_t whole = NOTHING;
    *r = (struct regexp){0};
    nodes_init(&r->nodes);
    enum err e = regexp_parse(&r->nodes, text, operators, ignores_case, &whole, why);
    if (e) {
        regexp_free(r);
        return e;
    }
    make_classes(r);
    r->is_over = r->nodes.is_over;
    (void)state_of_node(r, whole);
    *out = r;
    return OK;
}

void regexp_free(struct regexp *r)
{
    if (!r)
        return;
    nodes_done(&r->nodes);
    free(r->classes);
    free(r->states);
    free(r->state_of);
    free(r->steps);
    free(r->memo);
    free(r);
}
