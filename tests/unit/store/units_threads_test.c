// SPDX-License-Identifier: Apache-2.0
#include "unit/store/units_cases.h"

#include <pthread.h>
#include <stdlib.h>

enum { READERS = 3, UNITS = 24, WANTS = 4000 };

struct crowd {
    struct units *pool;
    struct case_unit units[UNITS];
    _Atomic uint32_t torn;
    _Atomic uint32_t turn;
};

static void *want_units(void *context)
{
    struct crowd *c = context;
    uint32_t at = atomic_fetch_add(&c->turn, 1) * 7;
    for (int i = 0; i < WANTS; i++) {
        at = at * 1664525 + 1013904223;
        struct case_unit *u = &c->units[(at >> 16) % UNITS];
        const uint64_t *words = case_hold(c->pool, u);
        for (int w = 0; words && w < CASE_WORDS; w += 17)
            c->torn += words[w] != u->number;
        c->torn += words == NULL;
        unit_let_go();
    }
    return NULL;
}

// Eviction while others read; what is held stays as it was.
TEST(units_come_and_go_under_several_threads)
{
    struct crowd *c = calloc(1, sizeof *c);
    c->pool = units_new((uint64_t)UNITS / 4 * CASE_BYTES);
    for (uint32_t i = 0; i < UNITS; i++)
        c->units[i].number = i;
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        EXPECT_EQ(pthread_create(&readers[i], NULL, want_units, c), 0);
    for (int i = 0; i < 200; i++) { // others' memory comes and goes too
        units_charge(c->pool, CASE_BYTES);
        units_discharge(c->pool, CASE_BYTES);
    }
    for (int i = 0; i < READERS; i++)
        EXPECT_EQ(pthread_join(readers[i], NULL), 0);
    EXPECT_EQ(atomic_load(&c->torn), 0);
    struct units_stats s;
    units_stats(c->pool, &s);
    EXPECT(s.gone > 0);
    EXPECT(s.bytes <= s.bytes_max + READERS * CASE_BYTES);
    for (uint32_t i = 0; i < UNITS; i++)
        units_drop(c->pool, &c->units[i].unit);
    units_free(c->pool);
    free(c);
}
