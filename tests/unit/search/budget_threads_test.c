// SPDX-License-Identifier: Apache-2.0
#include "search/budget.h"
#include "test.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 20000 };

struct taker {
    struct budget *all;
    uint32_t refused, over;
};

static void *take_and_give(void *context)
{
    struct taker *t = context;
    struct budget own;
    budget_init(&own, t->all, "request", "search.memory_bytes", 500);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        size_t bytes = 1 + i * 7919 % 400;
        if (!budget_take(&own, bytes)) {
            t->refused++;
            t->over += own.refused_by != t->all || own.wanted <= t->all->limit;
            continue;
        }
        t->over += own.used != bytes;
        budget_give(&own, bytes);
    }
    return NULL;
}

TEST(budget_of_many_threads_is_never_more_than_it_may_be_and_ends_empty)
{
    struct budget all;
    budget_init(&all, NULL, "parent", "search.memory_bytes_all", 900);
    struct taker takers[THREADS] = {0};
    pthread_t threads[THREADS];
    uint64_t refused = 0;
    for (int i = 0; i < THREADS; i++) {
        takers[i].all = &all;
        EXPECT_EQ(pthread_create(&threads[i], NULL, take_and_give, &takers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
        EXPECT_EQ(takers[i].over, 0);
        refused += takers[i].refused;
    }
    EXPECT_EQ(all.used, 0);
    EXPECT_EQ(all.refusals, refused);
    EXPECT(all.most <= 900);
}
