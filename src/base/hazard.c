// SPDX-License-Identifier: Apache-2.0
#include "base/hazard.h"

#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>

_Thread_local struct hazard *hazard_mine;

static struct hazard *_Atomic all;
static pthread_key_t at_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// A thread that ends leaves its hazard to the next one that begins.
static void leave(void *mine)
{
    struct hazard *h = mine;
    hazard_mine = NULL;
    atomic_store(&h->at, NULL);
    atomic_store(&h->is_taken, false);
}

static void make_key(void)
{
    CHECK(pthread_key_create(&at_exit, leave) == 0);
}

static struct hazard *take_free(void)
{
    for (struct hazard *h = atomic_load(&all); h; h = h->next) {
        bool taken = false;
        if (atomic_compare_exchange_strong(&h->is_taken, &taken, true))
            return h;
    }
    return NULL;
}

static struct hazard *make(void)
{
    struct hazard *h = aligned_alloc(_Alignof(struct hazard), sizeof *h);
    CHECK(h != NULL);
    atomic_init(&h->at, NULL);
    atomic_init(&h->is_taken, true);
    h->next = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &h->next, h))
        ;
    return h;
}

struct hazard *hazard_attach(void)
{
    pthread_once(&once, make_key);
    struct hazard *h = take_free();
    hazard_mine = h ? h : make();
    CHECK(pthread_setspecific(at_exit, hazard_mine) == 0);
    return hazard_mine;
}

bool hazard_is_read(const void *at)
{
    for (struct hazard *h = atomic_load(&all); h; h = h->next) {
        if (atomic_load(&h->at) == at)
            return true;
    }
    return false;
}
