// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include "base/check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    // Who brings a job or joins one wakes so many more, who wake as many: all are awake
    // soon and nobody spends his time on waking.
    WAKES = 2,
    THREAD_NAME_BYTES = 16,
};

struct helper {
    struct pool *pool;
    pthread_t thread;
    uint32_t number; // from 1
};

struct pool {
    pthread_mutex_t jobs_lock; // guards the ring, and in each job what is not atomic
    pthread_cond_t work;       // a job was listed, or the pool ends
    struct pool_job *turn;     // of the ring: whose turn it is; NULL when it is empty
    _Atomic uint32_t listed;   // jobs in the ring
    uint32_t asleep;
    bool ends;
    uint32_t helper_count;
    struct helper helpers[];
};

// Lives on the caller's stack while it waits for the last helpers.
struct pool_wait {
    pthread_cond_t left; // the last helper has left the job
};

// ---- the ring, under jobs_lock ----

static void list(struct pool *p, struct pool_job *job)
{
    if (p->turn) {
        job->right = p->turn;
        job->left = p->turn->left;
        job->left->right = job;
        job->right->left = job;
    } else {
        job->left = job->right = p->turn = job;
    }
    job->is_listed = true;
    atomic_fetch_add_explicit(&p->listed, 1, memory_order_relaxed);
}

static void unlist(struct pool *p, struct pool_job *job)
{
    if (!job->is_listed)
        return;
    job->left->right = job->right;
    job->right->left = job->left;
    if (p->turn == job)
        p->turn = job->right == job ? NULL : job->right;
    job->is_listed = false;
    atomic_fetch_sub_explicit(&p->listed, 1, memory_order_relaxed);
}

static bool wants_help(const struct pool_job *job)
{
    return !atomic_load_explicit(&job->is_cancelled, memory_order_relaxed) &&
           atomic_load_explicit(&job->next, memory_order_relaxed) < job->item_count &&
           job->helpers + 1 < job->workers_max;
}

// The next job that wants a helper; the one after it is next in turn.
static struct pool_job *take_turn(struct pool *p)
{
    struct pool_job *first = p->turn;
    for (struct pool_job *job = first; job;) {
        if (wants_help(job)) {
            p->turn = job->right;
            return job;
        }
        job = job->right == first ? NULL : job->right;
    }
    return NULL;
}

static void wake_some(struct pool *p, const struct pool_job *job)
{
    for (uint32_t i = 0; i < WAKES && i < p->asleep && wants_help(job); i++)
        pthread_cond_signal(&p->work);
}

// ---- working ----

// False: nothing is left to begin.
static bool do_item(struct pool_job *job, uint32_t worker)
{
    if (atomic_load_explicit(&job->is_cancelled, memory_order_relaxed))
        return false;
    uint32_t index = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
    if (index >= job->item_count)
        return false;
    job->item(job->context, worker, index);
    return true;
}

static uint32_t join(struct pool_job *job)
{
    uint32_t worker = (uint32_t)__builtin_ctzll(~job->slots);
    job->slots |= UINT64_C(1) << worker;
    job->helpers++;
    return worker;
}

static void leave(struct pool *p, struct pool_job *job, uint32_t worker)
{
    job->slots &= ~(UINT64_C(1) << worker);
    job->helpers--;
    bool is_over = atomic_load_explicit(&job->is_cancelled, memory_order_relaxed) ||
                   atomic_load_explicit(&job->next, memory_order_relaxed) >= job->item_count;
    if (is_over)
        unlist(p, job);
    // The caller, once it waits, has no item left to do; after this it may be gone.
    if (job->helpers == 0 && job->wait)
        pthread_cond_signal(&job->wait->left);
}

// Comes and goes with jobs_lock held.
static void help(struct pool *p, struct pool_job *job)
{
    uint32_t worker = join(job);
    wake_some(p, job);
    pthread_mutex_unlock(&p->jobs_lock);
    while (do_item(job, worker) && atomic_load_explicit(&p->listed, memory_order_relaxed) == 1)
        continue;
    pthread_mutex_lock(&p->jobs_lock);
    leave(p, job, worker);
}

static void *be_helper(void *context)
{
    const struct helper *self = context;
    struct pool *p = self->pool;
    char name[THREAD_NAME_BYTES];
    snprintf(name, sizeof name, "tamis-pool-%u", self->number);
    (void)pthread_setname_np(pthread_self(), name); // for whoever looks with ps; no more
    pthread_mutex_lock(&p->jobs_lock);
    while (!p->ends) {
        struct pool_job *job = take_turn(p);
        if (job) {
            help(p, job);
            continue;
        }
        p->asleep++;
        pthread_cond_wait(&p->work, &p->jobs_lock);
        p->asleep--;
    }
    pthread_mutex_unlock(&p->jobs_lock);
    return NULL;
}

// ---- jobs ----

static void work_alone(struct pool_job *job)
{
    while (do_item(job, 0))
        continue;
}

static void wait_for_helpers(struct pool *p, struct pool_job *job)
{
    struct pool_wait wait = {.left = PTHREAD_COND_INITIALIZER};
    pthread_mutex_lock(&p->jobs_lock);
    unlist(p, job);
    job->wait = &wait;
    while (job->helpers > 0)
        pthread_cond_wait(&wait.left, &p->jobs_lock);
    job->wait = NULL;
    pthread_mutex_unlock(&p->jobs_lock);
    pthread_cond_destroy(&wait.left);
}

bool pool_run(struct pool *p, struct pool_job *job)
{
    CHECK(job->item && job->item_count <= POOL_ITEMS_MAX);
    uint32_t workers = pool_workers(p);
    if (job->workers_max == 0 || job->workers_max > workers)
        job->workers_max = workers;
    atomic_init(&job->next, 0);
    atomic_init(&job->is_cancelled, false);
    job->is_listed = false;
    job->helpers = 0;
    job->slots = 1; // the caller's
    job->wait = NULL;
    if (job->workers_max == 1 || job->item_count < POOL_ITEMS_MIN) {
        work_alone(job);
    } else {
        pthread_mutex_lock(&p->jobs_lock);
        list(p, job);
        wake_some(p, job);
        pthread_mutex_unlock(&p->jobs_lock);
        work_alone(job);
        wait_for_helpers(p, job);
    }
    return !atomic_load_explicit(&job->is_cancelled, memory_order_relaxed);
}

void pool_cancel(struct pool_job *job)
{
    atomic_store_explicit(&job->is_cancelled, true, memory_order_relaxed);
}

// ---- the pool ----

uint32_t pool_cores(void)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    if (count < 1)
        return 1;
    return count > POOL_WORKERS_MAX ? POOL_WORKERS_MAX : (uint32_t)count;
}

uint32_t pool_workers(const struct pool *p)
{
    return p ? p->helper_count + 1 : 1;
}

// Signals are for the process's main thread, so helpers are born with all of them blocked.
static void start_helpers(struct pool *p)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    for (uint32_t i = 0; i < p->helper_count; i++) {
        struct helper *h = &p->helpers[i];
        *h = (struct helper){.pool = p, .number = i + 1};
        CHECK(pthread_create(&h->thread, NULL, be_helper, h) == 0);
    }
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

struct pool *pool_new(uint32_t workers)
{
    CHECK(workers >= 1 && workers <= POOL_WORKERS_MAX);
    struct pool *p = calloc(1, sizeof *p + (workers - 1) * sizeof p->helpers[0]);
    CHECK(p != NULL);
    p->helper_count = workers - 1;
    CHECK(pthread_mutex_init(&p->jobs_lock, NULL) == 0);
    CHECK(pthread_cond_init(&p->work, NULL) == 0);
    start_helpers(p);
    return p;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->jobs_lock);
    CHECK(p->turn == NULL);
    p->ends = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->jobs_lock);
    for (uint32_t i = 0; i < p->helper_count; i++)
        CHECK(pthread_join(p->helpers[i].thread, NULL) == 0);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->jobs_lock);
    free(p);
}
