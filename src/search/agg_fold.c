// SPDX-License-Identifier: Apache-2.0
#include "search/agg_fold.h"

static uint32_t depth_of(const struct agg_node *n)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < n->sub_count; i++) {
        uint32_t depth = 1 + depth_of(&n->subs[i]);
        most = depth > most ? depth : most;
    }
    return most;
}

uint32_t agg_tree_depth(const struct search *s)
{
    return depth_of(&s->root);
}

// What there is below each bucket of the node above.
struct below {
    struct crowd few; // whom those that are not shown are about
    uint32_t *hosts;  // the shown ordinal of the smallest key; ORD_NONE
};

static uint32_t parent_of(const struct ords *o, uint32_t ord)
{
    return ords_is_direct(o) ? ord / (uint32_t)o->key_bound : o->parents[ord];
}

static uint64_t key_of(const struct ords *o, uint32_t ord)
{
    return ords_is_direct(o) ? ord % o->key_bound : o->keys[ord];
}

static bool look_below(struct search *s, const struct agg_node *n, uint32_t count, struct below *b)
{
    uint32_t parents = agg_ord_count(n->up);
    *b = (struct below){.few = search_crowd(s),
                        .hosts = room_alloc(&s->room, ((size_t)parents + 1) * sizeof *b->hosts)};
    if (!b->hosts || !crowd_reserve(&b->few, &s->room, parents + 1))
        return false;
    memset(b->hosts, 0xff, parents * sizeof *b->hosts);
    for (uint32_t ord = 0; ord < count; ord++) {
        uint32_t parent = parent_of(&n->ords, ord);
        uint32_t *host = &b->hosts[parent];
        if (n->counts[ord] == 0)
            continue;
        if (!agg_is_shown(n, ord))
            crowd_add(&b->few, parent, &n->crowd, ord);
        else if (*host == ORD_NONE || key_of(&n->ords, ord) < key_of(&n->ords, *host))
            *host = ord;
    }
    return true;
}

static bool fold_node(struct search *s, struct agg_node *n)
{
    uint32_t count = agg_ord_count(n);
    uint32_t counted = count < n->counts_cap ? count : (uint32_t)n->counts_cap;
    struct below b;
    if (counted == 0 || !look_below(s, n, counted, &b))
        return false;
    uint32_t *to = room_alloc(&s->room, ((size_t)count + 1) * sizeof *to);
    bool any = false;
    for (uint32_t ord = 0; to && ord < count; ord++) {
        uint32_t parent = parent_of(&n->ords, ord);
        to[ord] = ord;
        if (ord >= counted || n->counts[ord] == 0 || agg_is_shown(n, ord) ||
            b.hosts[parent] == ORD_NONE || crowd_size(&b.few, parent) >= 2.0 * s->floor)
            continue;
        to[ord] = b.hosts[parent];
        any = true;
    }
    n->fold_to = any ? to : NULL;
    return any;
}

static bool fold_level(struct search *s, struct agg_node *n, uint32_t level)
{
    bool any = false;
    if (level == 0)
        return n->ops && n->ops->folds && fold_node(s, n);
    for (uint32_t i = 0; i < n->sub_count && !s->room.is_over; i++)
        any |= fold_level(s, &n->subs[i], level - 1);
    return any;
}

bool agg_fold_plan(struct search *s, uint32_t level)
{
    return fold_level(s, &s->root, level) && !s->room.is_over;
}
