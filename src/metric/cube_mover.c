// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "metric/cube_private.h"

#include <sched.h>

// How often it is tried again when a commit comes in between.  What is left then is moved with
// the next change, or by who asks.
enum { TRIES = 1000 };

void mover_init(struct cubes *cs)
{
    CHECK(pthread_mutex_init(&cs->due_lock, NULL) == 0);
    CHECK(pthread_cond_init(&cs->due_news, NULL) == 0);
}

void mover_done(struct cubes *cs)
{
    cubes_stop(cs);
    pthread_cond_destroy(&cs->due_news);
    pthread_mutex_destroy(&cs->due_lock);
}

void mover_tell(struct cubes *cs)
{
    pthread_mutex_lock(&cs->due_lock);
    cs->is_due = true;
    pthread_cond_signal(&cs->due_news);
    pthread_mutex_unlock(&cs->due_lock);
}

// True when there is something to do, false at the end.
static bool wait_for_news(struct cubes *cs)
{
    pthread_mutex_lock(&cs->due_lock);
    while (!cs->is_due && !cs->is_over)
        pthread_cond_wait(&cs->due_news, &cs->due_lock);
    cs->is_due = false;
    bool goes_on = !cs->is_over;
    pthread_mutex_unlock(&cs->due_lock);
    return goes_on;
}

static bool is_due(struct cubes *cs, const struct cube *c)
{
    pthread_rwlock_rdlock(&cs->lock);
    bool due = cube_is_due(c);
    pthread_rwlock_unlock(&cs->lock);
    return due;
}

// Whoever asks has to wait for the mutex already, and does the work that is there when it
// has it; this thread would take it again before the asker is awake.
static void let_askers_go_first(struct cube *c)
{
    for (int i = 0; i < TRIES && __atomic_load_n(&c->waiting, __ATOMIC_RELAXED); i++)
        sched_yield();
}

static void move_all(struct cubes *cs, struct cube *c)
{
    for (int i = 0; i < TRIES && is_due(cs, c); i++) {
        let_askers_go_first(c);
        struct snapshot *now = store_snapshot_since(cs->store, cubes_version(cs));
        cube_move(cs, c, now);
        snapshot_free(now);
    }
}

static void *move_rows(void *context)
{
    struct cubes *cs = context;
    while (wait_for_news(cs))
        for (uint32_t i = 0; i < cs->schema->metric_count; i++)
            move_all(cs, &cs->all[i]);
    return NULL;
}

void cubes_start(struct cubes *c, struct store *st)
{
    c->store = st;
    c->is_over = false;
    CHECK(pthread_create(&c->mover, NULL, move_rows, c) == 0);
}

void cubes_stop(struct cubes *c)
{
    if (!c || !c->store)
        return;
    pthread_mutex_lock(&c->due_lock);
    c->is_over = true;
    pthread_cond_signal(&c->due_news);
    pthread_mutex_unlock(&c->due_lock);
    CHECK(pthread_join(c->mover, NULL) == 0);
    c->store = NULL;
}
