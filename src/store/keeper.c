// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/store_private.h"

// The keeper: the thread that seals and merges.  It is asked after commits, and goes on
// until nothing is due, and when the store has been left alone for a while.  A job that failed is
// tried again after a later commit, once a second at most; sealing that goes on failing is told to
// whoever appends once memory has grown too far (store_append()).

enum { RETRY_US = 1000000 };

// Sealing has precedence over merging: called between the blocks of a merge.
enum err keeper_between(struct store *st, struct fault *why)
{
    pthread_mutex_lock(&st->jobs);
    bool stops = st->keeper_stops;
    bool seals = st->freeze && st->has_keeper;
    pthread_mutex_unlock(&st->jobs);
    if (stops)
        return fail(why, ERR_UNAVAILABLE, "the store closes");
    return seals ? seal_run(st, why) : OK;
}

static enum err run_one(struct store *st, bool *out_did, struct fault *why)
{
    pthread_mutex_lock(&st->jobs);
    bool seals = st->freeze != NULL;
    pthread_mutex_unlock(&st->jobs);
    if (!seals)
        return merge_run(st, out_did, why);
    *out_did = true;
    return seal_run(st, why);
}

static bool wait_for_work(struct store *st)
{
    pthread_mutex_lock(&st->jobs);
    while (!st->keeper_asked && !st->keeper_stops)
        pthread_cond_wait(&st->jobs_changed, &st->jobs);
    st->keeper_asked = false;
    bool goes_on = !st->keeper_stops;
    pthread_mutex_unlock(&st->jobs);
    return goes_on;
}

static void note_end(struct store *st, enum err e, const struct fault *why)
{
    pthread_mutex_lock(&st->jobs);
    st->keeper_failed = e != OK;
    if (e) {
        st->keeper_fault = *why;
        st->keeper_failed_us = st->world.ops->monotonic_us();
    }
    pthread_cond_broadcast(&st->jobs_changed);
    pthread_mutex_unlock(&st->jobs);
}

static bool is_stopping(struct store *st)
{
    pthread_mutex_lock(&st->jobs);
    bool stops = st->keeper_stops;
    pthread_mutex_unlock(&st->jobs);
    return stops;
}

static void *keep(void *context)
{
    struct store *st = context;
    while (wait_for_work(st)) {
        bool did = true;
        enum err e = OK;
        while (did && !e && !is_stopping(st)) {
            struct fault why = {0};
            e = run_one(st, &did, &why);
            store_charge(st);
            note_end(st, e, &why);
        }
    }
    return NULL;
}

void keeper_start(struct store *st)
{
    st->has_keeper = true;
    st->keeper_asked = true;
    CHECK(pthread_create(&st->keeper, NULL, keep, st) == 0);
}

void keeper_stop(struct store *st)
{
    if (!st->has_keeper)
        return;
    pthread_mutex_lock(&st->jobs);
    st->keeper_stops = true;
    pthread_cond_broadcast(&st->jobs_changed);
    pthread_mutex_unlock(&st->jobs);
    pthread_join(st->keeper, NULL);
    st->has_keeper = false;
}

static void ask(struct store *st)
{
    st->keeper_asked = true;
    st->keeper_failed = false;
    pthread_cond_broadcast(&st->jobs_changed);
}

// Waits until the last freeze is sealed; false when that failed.
static bool wait_for_seal(struct store *st)
{
    pthread_mutex_lock(&st->jobs);
    if (st->freeze)
        ask(st);
    while (st->freeze && !st->keeper_failed)
        pthread_cond_wait(&st->jobs_changed, &st->jobs);
    bool sealed = !st->freeze;
    pthread_mutex_unlock(&st->jobs);
    return sealed;
}

static void retry(struct store *st)
{
    pthread_mutex_lock(&st->jobs);
    if (st->keeper_failed && st->world.ops->monotonic_us() - st->keeper_failed_us >= RETRY_US)
        ask(st);
    pthread_mutex_unlock(&st->jobs);
}

// Freezes what is in memory and asks for its sealing.
static void begin_seal(struct store *st)
{
    struct fault why = {0};
    enum err e = seal_freeze(st, &why);
    pthread_mutex_lock(&st->jobs);
    if (e) {
        // The log could not begin a new file; it refuses the next append by itself.
        st->keeper_failed = true;
        st->keeper_fault = why;
    } else {
        ask(st);
    }
    pthread_mutex_unlock(&st->jobs);
}

void keeper_after_commit(struct store *st)
{
    if (!st->has_keeper)
        return;
    if (!seal_is_due(st)) {
        retry(st);
        return;
    }
    // The memory part is full again before the last one is on disk: the source waits.
    if (wait_for_seal(st))
        begin_seal(st);
}

static bool is_sealing(struct store *st)
{
    pthread_mutex_lock(&st->jobs);
    bool seals = st->freeze != NULL;
    pthread_mutex_unlock(&st->jobs);
    return seals;
}

void keeper_at_rest(struct store *st)
{
    if (is_sealing(st))
        retry(st);
    else if (st->world.ops->monotonic_us() - st->committed_us >= STORE_REST_US && seal_pays(st))
        begin_seal(st);
}
