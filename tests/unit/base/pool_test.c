// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"
#include "test.h"

// What a pool promises to one thread; the rest is in pool_threads_test.c.

enum { ITEMS = 300 };

struct seen {
    struct pool_job *job;
    uint32_t count, next, stops_at, not_zero;
    bool is_in_order;
};

static void look(void *context, uint32_t worker, uint32_t index)
{
    struct seen *s = context;
    s->count++;
    s->is_in_order = s->is_in_order && index == s->next;
    s->next = index + 1;
    s->not_zero += worker != 0;
    if (index == s->stops_at)
        pool_cancel(s->job);
}

static bool run_one(struct pool *p, struct seen *s, uint32_t items, uint32_t stops_at)
{
    struct pool_job job = {.item = look, .context = s, .item_count = items, .workers_max = 1};
    *s = (struct seen){.job = &job, .stops_at = stops_at, .is_in_order = true};
    return pool_run(p, &job);
}

TEST(pool_of_nobody_lets_the_caller_do_all_in_order)
{
    struct seen s;
    EXPECT_EQ(pool_workers(NULL), 1);
    EXPECT(run_one(NULL, &s, ITEMS, UINT32_MAX));
    EXPECT_EQ(s.count, ITEMS);
    EXPECT(s.is_in_order && s.not_zero == 0);
    pool_free(NULL);
}

TEST(pool_leaves_a_job_for_one_to_its_caller)
{
    struct seen s;
    struct pool *p = pool_new(4);
    EXPECT_EQ(pool_workers(p), 4);
    EXPECT(run_one(p, &s, ITEMS, UINT32_MAX));
    EXPECT_EQ(s.count, ITEMS);
    EXPECT(s.is_in_order && s.not_zero == 0);
    EXPECT(run_one(p, &s, 0, UINT32_MAX));
    EXPECT_EQ(s.count, 0);
    pool_free(p);
}

TEST(pool_alone_stops_at_the_very_item_that_cancels)
{
    struct seen s;
    EXPECT(!run_one(NULL, &s, ITEMS, 41));
    EXPECT_EQ(s.count, 42);
}

TEST(pool_has_one_worker_a_core_at_least_one)
{
    uint32_t cores = pool_cores();
    EXPECT(cores >= 1 && cores <= POOL_WORKERS_MAX);
}
