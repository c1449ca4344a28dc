// SPDX-License-Identifier: Apache-2.0
#include "access/penalty.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static struct penalties table;

static void fail_times(const char *address, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++)
        penalty_add(&table, PENALTY_CREDENTIAL, slice_text(address), now_ms);
}

static int64_t wait_of(const char *address, int64_t now_ms)
{
    return penalty_wait_ms(&table, PENALTY_GUESSES, slice_text(address), now_ms);
}

TEST(penalty_acts_from_the_third_failure)
{
    penalties_init(&table, 1);
    fail_times("10.0.0.1", 2, 1000);
    EXPECT_EQ(wait_of("10.0.0.1", 1000), 0);
    fail_times("10.0.0.1", 1, 1000);
    EXPECT_EQ(wait_of("10.0.0.1", 1000), 15000);
    EXPECT_EQ(wait_of("10.0.0.2", 1000), 0);
}

TEST(penalty_lasts_until_all_is_paid)
{
    penalties_init(&table, 1);
    fail_times("10.0.0.1", 3, 1000);
    EXPECT_EQ(wait_of("10.0.0.1", 15999), 1);
    EXPECT_EQ(wait_of("10.0.0.1", 16000), 0);
    fail_times("10.0.0.1", 1, 17000); // begins anew
    EXPECT_EQ(wait_of("10.0.0.1", 17000), 0);
}

TEST(penalty_is_paid_off_by_time)
{
    penalties_init(&table, 1);
    for (int64_t now = 1000; now < 200000; now += 6000) {
        fail_times("10.0.0.1", 1, now);
        EXPECT_EQ(wait_of("10.0.0.1", now), 0);
    }
}

TEST(penalty_never_exceeds_its_cap)
{
    penalties_init(&table, 1);
    fail_times("10.0.0.1", 1000, 1000);
    EXPECT_EQ(wait_of("10.0.0.1", 1000), PENALTY_GUESSES_CAP_MS);
}

TEST(penalty_takes_an_ipv6_64_for_one_address)
{
    penalties_init(&table, 1);
    fail_times("2001:db8:1:2::1", 2, 1000);
    fail_times("2001:db8:1:2:ffff::9", 1, 1000);
    EXPECT(wait_of("2001:db8:1:2:3:4:5:6", 1000) > 0);
    EXPECT_EQ(wait_of("2001:db8:1:3::1", 1000), 0);
}

TEST(penalty_takes_a_mapped_ipv4_for_itself)
{
    penalties_init(&table, 1);
    fail_times("::ffff:10.0.0.1", 3, 1000);
    EXPECT(wait_of("10.0.0.1", 1000) > 0);
    EXPECT_EQ(wait_of("10.0.0.2", 1000), 0);
}

TEST(penalty_slows_what_is_no_address_too)
{
    penalties_init(&table, 1);
    fail_times("unix", 3, 1000);
    EXPECT(wait_of("unix", 1000) > 0);
    fail_times("", 3, 1000);
    EXPECT(wait_of("", 1000) > 0);
    EXPECT_EQ(wait_of("unix2", 1000), 0);
}

TEST(penalty_table_overrun_keeps_who_owes_most)
{
    penalties_init(&table, 7);
    fail_times("192.0.2.1", 100, 1000);
    for (int i = 0; i < 40000; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        fail_times(address, 1, 1000);
    }
    EXPECT_EQ(wait_of("192.0.2.1", 1000), 500 * 1000);
}

static void noise_times(enum penalty_kind kind, const char *address, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++)
        penalty_add(&table, kind, slice_text(address), now_ms);
}

TEST(penalty_keeps_noise_and_guesses_apart)
{
    penalties_init(&table, 1);
    struct slice there = slice_text("10.0.0.1");
    noise_times(PENALTY_SILENT, "10.0.0.1", 149, 1000);
    EXPECT_EQ(penalty_wait_ms(&table, PENALTY_NOISE, there, 1000), 0);
    noise_times(PENALTY_SILENT, "10.0.0.1", 1, 1000);
    EXPECT_EQ(penalty_wait_ms(&table, PENALTY_NOISE, there, 1000), 15000);
    EXPECT_EQ(wait_of("10.0.0.1", 1000), 0); // whoever has a password there is let in
    fail_times("10.0.0.2", 3, 1000);
    EXPECT_EQ(penalty_wait_ms(&table, PENALTY_NOISE, slice_text("10.0.0.2"), 1000), 0);
    noise_times(PENALTY_MALFORMED, "10.0.0.3", 1000, 1000);
    EXPECT_EQ(penalty_wait_ms(&table, PENALTY_NOISE, slice_text("10.0.0.3"), 1000),
              PENALTY_NOISE_CAP_MS);
}

TEST(penalty_of_each_kind_has_its_weight_and_is_counted)
{
    static const int needed[PENALTY_KIND_COUNT] = {3, 3, 150, 30};
    struct penalty_stats stats;
    for (int k = 0; k < PENALTY_KIND_COUNT; k++) {
        enum penalty_kind kind = (enum penalty_kind)k;
        enum penalty_account account = k < PENALTY_SILENT ? PENALTY_GUESSES : PENALTY_NOISE;
        penalties_init(&table, 1);
        noise_times(kind, "10.0.0.1", needed[k] - 1, 1000);
        EXPECT_EQ(penalty_wait_ms(&table, account, slice_text("10.0.0.1"), 1000), 0);
        noise_times(kind, "10.0.0.1", 1, 1000);
        noise_times(kind, "10.0.0.2", 1, 1000);
        EXPECT(penalty_wait_ms(&table, account, slice_text("10.0.0.1"), 1000) > 0);
        penalties_stats(&table, 1000, &stats);
        EXPECT_EQ(stats.of[k], (uint64_t)needed[k] + 1);
        EXPECT_EQ(stats.sources, 2);
        EXPECT_EQ(stats.acting, 1);
        penalties_stats(&table, 1000 + PENALTY_GUESSES_CAP_MS, &stats);
        EXPECT_EQ(stats.sources + stats.acting, 0);
        EXPECT(penalty_kind_name(kind)[0] != '\0');
    }
}

TEST(penalty_knows_this_machine)
{
    EXPECT(penalty_is_own(slice_text("127.0.0.1")));
    EXPECT(penalty_is_own(slice_text("::1")));
    EXPECT(!penalty_is_own(slice_text("127.0.0.2")));
    EXPECT(!penalty_is_own(slice_text("")));
}
