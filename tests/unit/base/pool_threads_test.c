// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

enum { WORKERS = 4, ITEMS = 5000, CALLERS = 6, ROUNDS = 40 };

// What one job saw of itself.  Only `done` and `active` are shared by threads without order.
struct seen {
    struct pool_job *job;
    uint32_t stops_at; // the item that cancels; UINT32_MAX: none
    uint32_t by_worker[POOL_WORKERS_MAX];
    _Atomic uint8_t done[ITEMS];
    _Atomic uint32_t busy[POOL_WORKERS_MAX];
    _Atomic uint32_t active, active_most, trouble;
};

static void look(void *context, uint32_t worker, uint32_t index)
{
    struct seen *s = context;
    uint32_t active = atomic_fetch_add(&s->active, 1) + 1;
    if (active > s->active_most)
        s->active_most = active; // about; only its bound is a promise
    s->trouble += atomic_fetch_add(&s->busy[worker], 1) != 0;
    s->trouble += atomic_fetch_add(&s->done[index], 1) != 0;
    s->by_worker[worker]++; // plain: the pool keeps others off this worker's place
    if (index == s->stops_at)
        pool_cancel(s->job);
    atomic_fetch_sub(&s->busy[worker], 1);
    atomic_fetch_sub(&s->active, 1);
}

static bool run_one(struct pool *p, struct seen *s, uint32_t items, uint32_t workers_max)
{
    struct pool_job job = {
        .item = look, .context = s, .item_count = items, .workers_max = workers_max};
    memset(s, 0, sizeof *s);
    s->job = &job;
    s->stops_at = UINT32_MAX;
    return pool_run(p, &job);
}

static uint32_t done_count(const struct seen *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ITEMS; i++)
        count += s->done[i];
    return count;
}

static uint32_t worker_sum(const struct seen *s, uint32_t workers)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < workers; i++)
        sum += s->by_worker[i];
    return sum;
}

TEST(pool_does_each_item_once_whatever_the_counts)
{
    static struct seen s;
    static const uint32_t items[] = {0, 1, 2, 3, 4, 63, 64, 65, ITEMS};
    for (uint32_t workers = 1; workers <= WORKERS; workers++) {
        struct pool *p = pool_new(workers);
        EXPECT_EQ(pool_workers(p), workers);
        for (uint32_t i = 0; i < sizeof items / sizeof items[0]; i++) {
            EXPECT(run_one(p, &s, items[i], 0));
            EXPECT_EQ(done_count(&s), items[i]);
            EXPECT_EQ(worker_sum(&s, workers), items[i]);
            EXPECT_EQ(s.trouble, 0);
        }
        pool_free(p);
    }
}

TEST(pool_lets_no_more_work_on_a_job_than_it_asks_for)
{
    static struct seen s;
    struct pool *p = pool_new(WORKERS);
    for (uint32_t max = 1; max <= WORKERS; max++) {
        for (int round = 0; round < ROUNDS; round++) {
            EXPECT(run_one(p, &s, 500, max));
            EXPECT_EQ(worker_sum(&s, max), 500);
            EXPECT(s.active_most <= max);
            EXPECT_EQ(s.trouble, 0);
        }
    }
    pool_free(p);
}

TEST(pool_begins_no_item_after_a_cancel)
{
    static struct seen s;
    struct pool *p = pool_new(WORKERS);
    for (uint32_t stop = 0; stop < 200; stop += 7) {
        struct pool_job job = {.item = look, .context = &s, .item_count = ITEMS};
        memset(&s, 0, sizeof s);
        s.job = &job;
        s.stops_at = stop;
        EXPECT(!pool_run(p, &job));
        // Each of the others may have begun items while the cancelling one was at its own,
        // but the thread that cancelled begins none after it.
        EXPECT(done_count(&s) >= stop + 1);
        EXPECT(s.by_worker[0] + s.by_worker[1] + s.by_worker[2] + s.by_worker[3] == done_count(&s));
        EXPECT_EQ(s.trouble, 0);
        EXPECT(run_one(p, &s, 100, 0)); // and the pool is well
    }
    pool_free(p);
}

struct caller {
    struct pool *p;
    uint32_t items;
    struct seen seen;
    uint32_t wrong;
};

static void *call_often(void *context)
{
    struct caller *c = context;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t items = (c->items + round * 37) % ITEMS;
        bool all = run_one(c->p, &c->seen, items, round % 3);
        c->wrong += !all || done_count(&c->seen) != items || c->seen.trouble != 0;
    }
    return NULL;
}

TEST(pool_serves_many_callers_at_once)
{
    static struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    struct pool *p = pool_new(WORKERS);
    for (uint32_t i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.p = p, .items = i * i * 150};
        EXPECT_EQ(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (uint32_t i = 0; i < CALLERS; i++) {
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
        EXPECT_EQ(callers[i].wrong, 0);
    }
    pool_free(p);
}

// An item that waits (on the test's own lock) until a helper has come to the other job.
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t news;
    uint32_t large_helped, small_helped; // items done by helpers
    bool small_is_there, small_is_over;
};

static void note(struct gate *g, uint32_t worker, uint32_t *count)
{
    pthread_mutex_lock(&g->lock);
    *count += worker != 0;
    pthread_cond_broadcast(&g->news);
    pthread_mutex_unlock(&g->lock);
}

static void large_item(void *context, uint32_t worker, uint32_t index)
{
    struct gate *g = context;
    (void)index;
    pthread_mutex_lock(&g->lock);
    // The large job's caller holds still; its helper goes on, and on, until the small one is over.
    while (worker == 0 && !g->small_is_over)
        pthread_cond_wait(&g->news, &g->lock);
    pthread_mutex_unlock(&g->lock);
    note(g, worker, &g->large_helped);
}

static void small_item(void *context, uint32_t worker, uint32_t index)
{
    struct gate *g = context;
    (void)index;
    pthread_mutex_lock(&g->lock);
    // Its caller holds still until the helper has left the large job for this one.
    while (worker == 0 && g->small_helped < 2)
        pthread_cond_wait(&g->news, &g->lock);
    pthread_mutex_unlock(&g->lock);
    note(g, worker, &g->small_helped);
}

struct run {
    struct pool *p;
    struct pool_job job;
};

static void *run_job(void *context)
{
    struct run *r = context;
    (void)pool_run(r->p, &r->job);
    return NULL;
}

TEST(pool_helps_a_small_job_while_a_large_one_is_not_done)
{
    struct gate g = {.lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER};
    struct pool *p = pool_new(2); // one helper for both
    struct run large = {p, {.item = large_item, .context = &g, .item_count = POOL_ITEMS_MAX}};
    pthread_t thread;
    EXPECT_EQ(pthread_create(&thread, NULL, run_job, &large), 0);
    pthread_mutex_lock(&g.lock);
    while (g.large_helped == 0)
        pthread_cond_wait(&g.news, &g.lock);
    pthread_mutex_unlock(&g.lock);
    struct pool_job small = {.item = small_item, .context = &g, .item_count = 5};
    EXPECT(pool_run(p, &small));
    EXPECT(g.small_helped >= 2);
    pool_cancel(&large.job);
    pthread_mutex_lock(&g.lock);
    g.small_is_over = true;
    pthread_cond_broadcast(&g.news);
    pthread_mutex_unlock(&g.lock);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    pool_free(p);
}

static void inner_item(void *context, uint32_t worker, uint32_t index)
{
    (void)worker;
    (void)index;
    atomic_fetch_add((_Atomic uint32_t *)context, 1);
}

struct outer {
    struct pool *p;
    _Atomic uint32_t inner_done;
};

static void outer_item(void *context, uint32_t worker, uint32_t index)
{
    struct outer *o = context;
    (void)worker;
    (void)index;
    struct pool_job job = {.item = inner_item, .context = &o->inner_done, .item_count = 20};
    (void)pool_run(o->p, &job);
}

TEST(pool_takes_a_job_from_an_item_of_a_job)
{
    struct outer o = {.p = pool_new(3)};
    struct pool_job job = {.item = outer_item, .context = &o, .item_count = 50};
    EXPECT(pool_run(o.p, &job));
    EXPECT_EQ(o.inner_done, 1000);
    pool_free(o.p);
}

struct manners {
    _Atomic uint32_t helped, unblocked, unnamed;
};

static void look_at_thread(void *context, uint32_t worker, uint32_t index)
{
    struct manners *m = context;
    (void)index;
    sigset_t blocked;
    char name[16] = "";
    if (worker == 0)
        return;
    m->helped++;
    m->unblocked += pthread_sigmask(SIG_SETMASK, NULL, &blocked) != 0 ||
                    !sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGINT);
    m->unnamed += pthread_getname_np(pthread_self(), name, sizeof name) != 0 ||
                  strncmp(name, "tamis-pool-", 11) != 0;
}

TEST(pool_threads_leave_signals_to_others_and_have_names)
{
    struct manners m = {0};
    struct pool *p = pool_new(WORKERS);
    for (int i = 0; i < 100000 && m.helped == 0; i++) {
        struct pool_job job = {.item = look_at_thread, .context = &m, .item_count = 1000};
        EXPECT(pool_run(p, &job));
    }
    EXPECT(m.helped > 0);
    EXPECT_EQ(m.unblocked, 0);
    EXPECT_EQ(m.unnamed, 0);
    pool_free(p);
}
