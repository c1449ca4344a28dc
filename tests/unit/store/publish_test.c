// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

// A listener that keeps, for each table, the sum of all numbers in field 1 or 2, only from
// deltas; `events` has codes there, so the other two count.
struct sums {
    int64_t of[TABLES];
    uint64_t rows[TABLES];
    uint32_t calls;
    uint32_t gone, come, cleared;
};

static int64_t number_of(const struct view *v, struct row_ref r)
{
    int64_t i64 = 0;
    double f64 = 0;
    if (view_table(v)->field_count == 2)
        return row_i64(v, r, 1, &i64) ? i64 : 0;
    if (view_table(v)->fields[2].type == FIELD_DOUBLE)
        return row_f64(v, r, 2, &f64) ? (int64_t)(f64 * 2) : 0;
    return row_i64(v, r, 2, &i64) ? i64 : 0;
}

static void committed(void *context, const struct snapshot *before, const struct snapshot *after,
                      const struct store_delta *deltas, uint32_t count)
{
    struct sums *sums = context;
    sums->calls++;
    for (uint32_t i = 0; i < count; i++) {
        const struct store_delta *d = &deltas[i];
        const struct view *old = snapshot_view(before, d->table);
        const struct view *new = snapshot_view(after, d->table);
        sums->gone += d->gone_count;
        sums->come += d->come_count;
        sums->cleared += d->cleared;
        if (d->cleared) {
            sums->of[d->table] = 0;
            sums->rows[d->table] = 0;
        }
        for (uint32_t k = 0; k < d->gone_count; k++)
            sums->of[d->table] -= number_of(old, d->gone[k]);
        for (uint32_t k = 0; k < d->come_count; k++)
            sums->of[d->table] += number_of(new, d->come[k]);
        sums->rows[d->table] += d->come_count;
        sums->rows[d->table] -= d->gone_count;
    }
}

static int64_t model_sum(const struct model_table *m, uint32_t field, uint64_t *out_rows)
{
    int64_t sum = 0;
    *out_rows = 0;
    for (uint32_t k = 0; k < MODEL_KEYS; k++) {
        *out_rows += m->live[k];
        sum += m->live[k] && m->cells[k][field] >= 0 ? m->cells[k][field] : 0;
    }
    return sum;
}

static void check(const struct fixture *f, const struct sums *sums)
{
    for (uint32_t t = 0; t < TABLES; t++) {
        uint64_t rows = 0;
        EXPECT_EQ(sums->of[t], model_sum(&f->model.tables[t], t == NOTES ? 1 : 2, &rows));
        EXPECT_EQ(sums->rows[t], rows);
    }
}

static void maintain(struct fixture *f)
{
    bool did = true;
    while (did)
        EXPECT_EQ(store_maintain(f->st, &did, NULL), OK);
}

TEST(publish_tells_a_listener_what_came_and_went)
{
    struct fixture f;
    struct sums sums = {0};
    fixture_open(&f);
    f.st->options.seal_rows = 30;
    store_listen(f.st, &(struct store_listener){.context = &sums, .committed = committed});
    struct test_random random = {5};
    for (int step = 0; step < 300; step++) {
        uint32_t table = test_random(&random, TABLES);
        uint32_t from = test_random(&random, MODEL_KEYS);
        uint32_t to = from + 1 + test_random(&random, MODEL_KEYS - from);
        uint32_t n = test_random(&random, 20);
        enum row_op op = n < 14 ? ROW_PUT : n < 19 ? ROW_DELETE : ROW_TRUNCATE;
        fixture_change(&f, table, op, from, to, (int)test_random(&random, 50));
        check(&f, &sums);
        maintain(&f);
    }
    EXPECT_EQ(sums.calls, 300);
    EXPECT(sums.gone > 100 && sums.come > 100 && sums.cleared > 3);
    fixture_check(&f);
    fixture_close(&f);
}

TEST(publish_tells_nothing_of_a_row_that_came_and_went_in_one_commit)
{
    struct fixture f;
    struct sums sums = {0};
    fixture_open(&f);
    store_listen(f.st, &(struct store_listener){.context = &sums, .committed = committed});
    struct test_row row = {.op = ROW_PUT, .key = 1, .cells = {5, 6}};
    EXPECT_EQ(fixture_append(f.st, NOTES, row, 1), OK);
    row.op = ROW_DELETE;
    EXPECT_EQ(fixture_append(f.st, NOTES, row, 2), OK);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    EXPECT_EQ(sums.calls, 1);
    EXPECT_EQ(sums.gone + sums.come, 0);
    fixture_close(&f);
}
