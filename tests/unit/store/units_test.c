// SPDX-License-Identifier: Apache-2.0
#include "unit/store/units_cases.h"

#include <stdlib.h>

static struct case_unit *cases_new(uint32_t count)
{
    struct case_unit *c = calloc(count, sizeof *c);
    for (uint32_t i = 0; i < count; i++)
        c[i].number = i;
    return c;
}

static void cases_free(struct units *p, struct case_unit *c, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        units_drop(p, &c[i].unit);
    free(c);
    units_free(p);
}

static uint32_t fills_of(const struct case_unit *c, uint32_t count)
{
    uint32_t fills = 0;
    for (uint32_t i = 0; i < count; i++)
        fills += c[i].fills;
    return fills;
}

TEST(units_are_read_once_while_all_fit)
{
    struct units *p = units_new(20 * CASE_BYTES);
    struct case_unit *c = cases_new(16);
    for (int again = 0; again < 3; again++)
        for (int i = 0; i < 16; i++)
            case_want(p, &c[i]);
    struct units_stats s;
    units_stats(p, &s);
    EXPECT_EQ(fills_of(c, 16), 16);
    EXPECT_EQ(s.loads, 16);
    EXPECT_EQ(s.count, 16);
    EXPECT_EQ(s.gone, 0);
    EXPECT_EQ(s.bytes_loaded, 16 * CASE_BYTES);
    EXPECT(s.bytes >= 16 * CASE_BYTES && s.bytes <= s.bytes_max);
    cases_free(p, c, 16);
}

TEST(units_stay_within_their_budget)
{
    struct units *p = units_new(8 * CASE_BYTES);
    struct case_unit *c = cases_new(100);
    struct units_stats s;
    for (int i = 0; i < 1000; i++) {
        case_want(p, &c[i * 37 % 100]);
        units_stats(p, &s);
        EXPECT(s.bytes <= 8 * CASE_BYTES && s.count <= 8);
    }
    EXPECT(s.gone > 0);
    cases_free(p, c, 100);
}

// The longest unwanted would always be the next that such a scan needs.
TEST(units_of_a_scan_asked_again_are_found_as_far_as_the_budget_goes)
{
    enum { ALL = 200, SCANS = 10 };

    struct units *p = units_new((uint64_t)ALL / 2 * CASE_BYTES);
    struct case_unit *c = cases_new(ALL);
    for (int again = 0; again < SCANS; again++)
        for (int i = 0; i < ALL; i++)
            case_want(p, &c[i]);
    EXPECT(fills_of(c, ALL) < ALL * SCANS * 8 / 10);
    cases_free(p, c, ALL);
}

TEST(units_wanted_again_and_again_outlive_a_long_scan)
{
    enum { ALL = 400, HOT = 40 };

    struct units *p = units_new((uint64_t)100 * CASE_BYTES);
    struct case_unit *c = cases_new(ALL);
    for (int again = 0; again < 5; again++)
        for (int i = 0; i < HOT; i++)
            case_want(p, &c[i]);
    for (int i = HOT; i < ALL; i++) {
        case_want(p, &c[i]);
        case_want(p, &c[i % HOT]);
    }
    EXPECT(fills_of(c, HOT) <= 3 * HOT);
    cases_free(p, c, ALL);
}

TEST(units_change_when_what_is_wanted_does)
{
    struct units *p = units_new((uint64_t)40 * CASE_BYTES);
    struct case_unit *c = cases_new(80);
    for (int again = 0; again < 5; again++)
        for (int i = 0; i < 30; i++)
            case_want(p, &c[i]);
    for (int again = 0; again < 60; again++)
        for (int i = 40; i < 70; i++)
            case_want(p, &c[i]);
    uint32_t before = fills_of(c, 80);
    for (int i = 40; i < 70; i++)
        case_want(p, &c[i]);
    EXPECT(fills_of(c, 80) - before <= 3);
    cases_free(p, c, 80);
}

TEST(unit_that_is_held_outlives_all_that_come_after)
{
    struct units *p = units_new(4 * CASE_BYTES);
    struct case_unit *c = cases_new(20);
    const uint64_t *held = case_hold(p, &c[0]);
    struct unit_filler f = {.fill = case_fill, .bytes = CASE_BYTES};
    for (int i = 1; i < 20; i++) {
        f.context = &c[i];
        EXPECT(units_load(p, &c[i].unit, &f, NULL) != NULL);
        hazard_set(held); // as another thread would: this one's was moved on
    }
    for (int i = 0; i < CASE_WORDS; i++)
        EXPECT_EQ(held[i], 0);
    unit_let_go();
    cases_free(p, c, 20);
}

TEST(unit_is_given_even_when_none_fits)
{
    struct units *p = units_new(1);
    struct case_unit *c = cases_new(3);
    struct units_stats s;
    for (int i = 0; i < 9; i++)
        case_want(p, &c[i % 3]);
    units_stats(p, &s);
    EXPECT_EQ(s.count, 1);
    EXPECT(s.bytes <= CASE_BYTES + SLAB_GRANULE_BYTES);
    EXPECT(!units_have_room(p, CASE_BYTES));
    cases_free(p, c, 3);
}

TEST(unit_that_fails_is_broken_until_it_can_be_read)
{
    struct units *p = units_new(0);
    struct case_unit *c = cases_new(1);
    c[0].fails = true;
    EXPECT(case_hold(p, &c[0]) == NULL);
    EXPECT(atomic_load(&c[0].unit.is_broken));
    c[0].fails = false;
    case_want(p, &c[0]);
    EXPECT(!atomic_load(&c[0].unit.is_broken));
    EXPECT_EQ(c[0].fills, 2);
    cases_free(p, c, 1);
}

TEST(units_make_room_for_what_others_keep)
{
    struct units *p = units_new(32 * CASE_BYTES);
    struct case_unit *c = cases_new(32);
    struct units_stats s;
    for (int i = 0; i < 32; i++)
        case_want(p, &c[i]);
    units_charge(p, 20 * CASE_BYTES);
    units_stats(p, &s);
    EXPECT(s.bytes <= 12 * CASE_BYTES);
    EXPECT_EQ(s.bytes_charged, 20 * CASE_BYTES);
    EXPECT(!units_have_room(p, 13 * CASE_BYTES));
    for (int i = 0; i < 32; i++)
        case_want(p, &c[i]);
    units_stats(p, &s);
    EXPECT(s.bytes <= 12 * CASE_BYTES);
    units_discharge(p, 20 * CASE_BYTES);
    for (int i = 0; i < 32; i++)
        case_want(p, &c[i]);
    units_stats(p, &s);
    EXPECT(s.bytes > 20 * CASE_BYTES);
    cases_free(p, c, 32);
}

TEST(units_keep_an_eighth_of_their_budget_whatever_others_keep)
{
    struct units *p = units_new(32 * CASE_BYTES);
    struct case_unit *c = cases_new(32);
    struct units_stats s;
    units_charge(p, 10 * CASE_BYTES);
    units_charge_beside(p, 1000 * CASE_BYTES);
    for (int i = 0; i < 32; i++)
        case_want(p, &c[i]);
    units_stats(p, &s);
    EXPECT(s.count >= 2 && s.bytes <= 4 * CASE_BYTES);
    EXPECT_EQ(s.bytes_charged, 1010 * CASE_BYTES);
    units_charge_beside(p, 0); // in the place of what was said before
    units_discharge(p, 10 * CASE_BYTES);
    for (int i = 0; i < 32; i++)
        case_want(p, &c[i]);
    units_stats(p, &s);
    EXPECT(s.bytes > 20 * CASE_BYTES);
    cases_free(p, c, 32);
}

TEST(units_have_two_fifths_of_the_machine_when_nobody_says)
{
    struct units *p = units_new(0);
    struct units_stats s;
    units_stats(p, &s);
    EXPECT_EQ(s.bytes_max, units_default_bytes());
    EXPECT(s.bytes_max > 64 << 20);
    units_free(p);
}
