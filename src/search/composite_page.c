// SPDX-License-Identifier: Apache-2.0
#include "search/composite_page.h"

#include "base/date.h"
#include "search/date_steps.h"
#include "search/terms_order.h"

// Ordinals of a level are those of the level above times its key_bound, so what is below
// one bucket of the first level lies side by side in the last.
static void plan_counting(struct composite_page *p)
{
    p->counts = !p->descending && p->lead->up->ord_bound == 1 && ords_is_direct(&p->lead->ords) &&
                !p->last->counted_by;
    p->leaves = 1;
    for (struct agg_node *n = p->last; n != p->lead; n = n->up) {
        p->counts &= ords_is_direct(&n->ords);
        p->leaves *= n->ords.key_bound;
    }
}

void composite_page_plan(const struct search *s, struct agg_node *composite, const int64_t *after,
                         struct composite_page *p)
{
    const struct agg *a = composite->agg;
    struct agg_node *lead = &composite->subs[0];
    struct agg_node *last = lead;
    for (uint32_t i = 1; i < a->source_count; i++)
        last = &last->subs[0];
    *p = (struct composite_page){.descending = a->sources[0].descending,
                                 .has_after = after != NULL,
                                 .after = after ? *after : 0,
                                 .size = a->size,
                                 .lead = lead,
                                 .last = last,
                                 .zone = date_zone_utc()};
    bool is_date = lead->agg->kind == AGG_DATE_HISTOGRAM && lead->column->is_mapped;
    p->is_usable = is_date && !a->sources[0].takes_missing && s->floor == 0;
    if (p->is_usable && lead->agg->time_zone.len)
        p->is_usable = date_zone_get(lead->agg->time_zone, &p->zone, NULL) == OK;
    if (p->is_usable)
        plan_counting(p);
}

static uint32_t met(const struct agg_node *n, uint64_t first, uint64_t end)
{
    uint32_t count = 0;
    for (uint64_t i = first; i < end && i < n->counts_cap; i++)
        count += n->counts[i] != 0;
    return count;
}

// Takes the buckets before `first` into account, each once: more of their combinations
// may come, but none that has been met goes.
static void count_before(struct composite_page *p, int64_t first)
{
    for (; !p->is_full && p->next < p->lead->ords.key_bound; p->next++) {
        int64_t start = p->lead->ops->source_key(p->lead, p->next).i64;
        if (start >= first)
            return;
        if (p->has_after && start <= p->after)
            continue;
        p->found += met(p->last, p->next * p->leaves, (p->next + 1) * p->leaves);
        p->is_full = p->found >= p->size;
        p->full = start;
    }
}

bool composite_page_takes(const struct search *s, struct composite_page *p)
{
    struct block_range r;
    if (!p->is_usable || !column_range(&s->columns, p->lead->column, &r) || !r.any)
        return true;
    int64_t first = date_steps_floor(p->lead->agg, p->zone, r.min);
    int64_t last = date_steps_floor(p->lead->agg, p->zone, r.max);
    if (p->has_after && (p->descending ? first > p->after : last < p->after))
        return false;
    if (p->counts)
        count_before(p, first);
    return !p->is_full || first <= p->full;
}
