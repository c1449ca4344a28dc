// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_sum.h"

#include "base/check.h"
#include "metric/cube_private.h"

#include <stdlib.h>

enum { FIRST = 64 };

struct group_sum {
    struct cell_count by;
    uint32_t run; // the run it was met in, plus 1
};

void sums_init(struct sums *s, const uint32_t *dims, uint32_t dim_count, uint32_t rows_max)
{
    *s = (struct sums){.dims = dims, .rows_max = rows_max};
    combos_init(&s->groups, dim_count);
}

void sums_done(struct sums *s)
{
    combos_done(&s->groups);
    free(s->rows);
    free(s->group_of);
    free(s->by_group);
    free(s->met);
    *s = (struct sums){0};
}

static void *resize(void *at, size_t count, size_t bytes)
{
    void *p = realloc(at, count * bytes + 1);
    CHECK(p != NULL);
    return p;
}

static uint32_t find_codes(struct sums *s, const uint32_t *codes)
{
    uint32_t group = combos_add(&s->groups, codes);
    s->groups.holds[group]++;
    if (group >= s->group_cap) {
        s->group_cap = s->group_cap ? 2 * s->group_cap : FIRST;
        s->by_group = resize(s->by_group, s->group_cap, sizeof *s->by_group);
        s->met = resize(s->met, s->group_cap, sizeof *s->met);
    }
    if (s->groups.holds[group] == 1)
        s->by_group[group] = (struct group_sum){0};
    return group;
}

// Of a combo that was not met before.
static uint32_t find_group(struct sums *s, uint32_t combo)
{
    uint32_t codes[METRIC_DIMS_MAX];
    for (uint32_t d = 0; d < s->groups.dims; d++)
        codes[d] = combos_codes(s->combos, combo)[s->dims[d]];
    uint32_t group = find_codes(s, codes);
    s->group_of[combo] = group + 1;
    return group;
}

static void add_to_group(struct sums *s, uint32_t group, const struct cell_count *by)
{
    struct group_sum *sum = &s->by_group[group];
    if (sum->run != s->run + 1) {
        *sum = (struct group_sum){.run = s->run + 1};
        s->met[s->met_count++] = group;
    }
    sum->by.count += by->count;
    sum->by.matched += by->matched;
}

static void add_cell(struct sums *s, const struct level_cell *c)
{
    uint32_t known = s->group_of[c->combo];
    add_to_group(s, known ? known - 1 : find_group(s, c->combo), &c->by);
}

// Makes rows of the run that ends.
static bool end_run(struct sums *s)
{
    if (s->met_count > s->rows_max - s->row_count)
        return false;
    if (s->row_count + s->met_count > s->row_cap) {
        s->row_cap = 2 * (s->row_count + s->met_count);
        s->rows = resize(s->rows, s->row_cap, sizeof *s->rows);
    }
    for (uint32_t i = 0; i < s->met_count; i++)
        s->rows[s->row_count++] = (struct sum_row){
            .run = s->run, .group = s->met[i], .at = s->at, .by = s->by_group[s->met[i]].by};
    s->run += s->met_count > 0;
    s->met_count = 0;
    return true;
}

static bool add_bucket(void *context, int64_t at, const struct level_bucket *b)
{
    struct sums *s = context;
    if (at != s->at && !end_run(s))
        return false;
    s->at = at;
    const struct level_cell *cells = bucket_cells(b);
    uint32_t met_max = s->rows_max - s->row_count;
    for (uint32_t i = 0; i < b->cap && s->met_count <= met_max; i++)
        if (cells[i].combo != CODE_NONE && cells[i].by.count != 0)
            add_cell(s, &cells[i]);
    return s->met_count <= met_max;
}

bool sums_add(struct sums *s, struct levels_walk *w)
{
    s->combos = &w->levels->combos;
    s->group_of = calloc((size_t)s->combos->count + 1, sizeof *s->group_of);
    CHECK(s->group_of != NULL);
    w->each = add_bucket;
    w->context = s;
    levels_walk(w);
    return end_run(s);
}

bool sums_add_cells(struct sums *s, int64_t at, const struct cells *c)
{
    s->at = at;
    for (uint32_t i = 0; i < c->count; i++)
        add_to_group(s, find_codes(s, cells_codes(c, i)), &c->counts[i]);
    return end_run(s);
}
