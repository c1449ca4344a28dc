// SPDX-License-Identifier: Apache-2.0
#include "search/top.h"

static bool is_worse(const struct top *t, uint32_t a, uint32_t b)
{
    return t->compare(t->context, t->heap[a], t->heap[b]) > 0;
}

static void swap(struct top *t, uint32_t a, uint32_t b)
{
    uint32_t item = t->heap[a];
    t->heap[a] = t->heap[b];
    t->heap[b] = item;
}

static void sift_up(struct top *t, uint32_t at)
{
    while (at > 0 && is_worse(t, at, (at - 1) / 2)) {
        swap(t, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct top *t, uint32_t count)
{
    uint32_t at = 0;
    for (;;) {
        uint32_t worst = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < count && is_worse(t, child, worst))
                worst = child;
        if (worst == at)
            return;
        swap(t, at, worst);
        at = worst;
    }
}

uint32_t top_offer(struct top *t, uint32_t item)
{
    if (t->count < t->size) {
        t->heap[t->count] = item;
        sift_up(t, t->count++);
        return TOP_NOTHING;
    }
    if (t->size == 0 || t->compare(t->context, item, t->heap[0]) >= 0)
        return item;
    uint32_t worst = t->heap[0];
    t->heap[0] = item;
    sift_down(t, t->count);
    return worst;
}

void top_sort(struct top *t)
{
    for (uint32_t left = t->count; left > 1; left--) {
        swap(t, 0, left - 1);
        sift_down(t, left - 1);
    }
}
