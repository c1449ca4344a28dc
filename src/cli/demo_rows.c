// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_rows.h"

#include <stdlib.h>

static int by_keys(const void *a, const void *b)
{
    const struct demo_row *x = a;
    const struct demo_row *y = b;
    int order = slice_compare(x->keys[0], y->keys[0]);
    return order ? order : slice_compare(x->keys[1], y->keys[1]);
}

void demo_rows_add(struct demo_rows *rows, struct demo_row row)
{
    if (rows->count < DEMO_ROWS_MAX)
        rows->at[rows->count++] = row;
}

void demo_rows_sort(struct demo_rows *rows)
{
    if (rows->count)
        qsort(rows->at, rows->count, sizeof(struct demo_row), by_keys);
}

bool demo_rows_are_same(const struct demo_rows *a, const struct demo_rows *b)
{
    if (a->count != b->count || a->count == DEMO_ROWS_MAX)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (by_keys(&a->at[i], &b->at[i]) != 0 || a->at[i].count != b->at[i].count ||
            a->at[i].matched != b->at[i].matched)
            return false;
    }
    return true;
}

double demo_row_rate(const struct demo_row *row)
{
    return row->count ? (double)row->matched / (double)row->count : 0;
}

// An insertion into the few that are kept so far; `most` is small.
uint32_t demo_rows_choose(const struct demo_rows *all, bool by_rate, uint32_t most, uint32_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < all->count && most; i++) {
        double rate = demo_row_rate(&all->at[i]);
        uint32_t at = count;
        while (at > 0 && (!by_rate || rate > demo_row_rate(&all->at[out[at - 1]])))
            at--;
        if (at == most)
            continue;
        count += count < most;
        for (uint32_t j = count - 1; j > at; j--)
            out[j] = out[j - 1];
        out[at] = i;
    }
    return count;
}
