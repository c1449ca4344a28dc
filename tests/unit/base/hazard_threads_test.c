// SPDX-License-Identifier: Apache-2.0
#include "base/hazard.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

enum { READERS = 3, SWAPS = 20000, PIECE_WORDS = 32 };

struct piece {
    uint64_t words[PIECE_WORDS]; // all the same while it is whole
};

struct shared {
    struct piece *_Atomic now;
    _Atomic bool is_over;
    _Atomic uint64_t torn;
};

static struct piece *piece_new(uint64_t value)
{
    struct piece *p = malloc(sizeof *p);
    for (int i = 0; i < PIECE_WORDS; i++)
        p->words[i] = value;
    return p;
}

static void *read_pieces(void *context)
{
    struct shared *s = context;
    while (!atomic_load(&s->is_over)) {
        struct piece *p = atomic_load(&s->now);
        hazard_set(p);
        if (atomic_load(&s->now) != p)
            continue;
        for (int i = 1; i < PIECE_WORDS; i++)
            s->torn += p->words[i] != p->words[0];
        hazard_clear();
    }
    hazard_clear();
    return NULL;
}

TEST(hazard_keeps_what_is_read_from_being_freed)
{
    struct shared s = {.now = piece_new(0)};
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        EXPECT_EQ(pthread_create(&readers[i], NULL, read_pieces, &s), 0);
    static struct piece *late[SWAPS];
    int late_count = 0;
    for (int i = 1; i <= SWAPS; i++) {
        struct piece *old = atomic_exchange(&s.now, piece_new((uint64_t)i));
        if (hazard_is_read(old)) {
            late[late_count++] = old;
            continue;
        }
        for (int w = 0; w < PIECE_WORDS; w++)
            old->words[w] = UINT64_MAX - (uint64_t)w; // what a reader must not see
        free(old);
    }
    atomic_store(&s.is_over, true);
    for (int i = 0; i < READERS; i++)
        EXPECT_EQ(pthread_join(readers[i], NULL), 0);
    EXPECT_EQ(atomic_load(&s.torn), 0);
    for (int i = 0; i < late_count; i++) {
        EXPECT(!hazard_is_read(late[i]));
        free(late[i]);
    }
    free(atomic_load(&s.now));
}

static void *attach(void *context)
{
    struct hazard **out = context;
    hazard_set(out);
    *out = hazard_mine;
    hazard_clear();
    return NULL;
}

TEST(hazard_of_a_thread_that_ended_serves_the_next)
{
    struct hazard *first = NULL;
    struct hazard *second = NULL;
    pthread_t t;
    EXPECT_EQ(pthread_create(&t, NULL, attach, &first), 0);
    EXPECT_EQ(pthread_join(t, NULL), 0);
    EXPECT_EQ(pthread_create(&t, NULL, attach, &second), 0);
    EXPECT_EQ(pthread_join(t, NULL), 0);
    EXPECT(first != NULL && first == second);
}
