// SPDX-License-Identifier: Apache-2.0
#include "access/penalty.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static struct penalties table;

static void fail_times(const char *address, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++)
        penalty_add(&table, slice_text(address), now_ms);
}

static int64_t wait_of(const char *address, int64_t now_ms)
{
    return penalty_wait_ms(&table, slice_text(address), now_ms);
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
    EXPECT_EQ(wait_of("10.0.0.1", 1000), PENALTY_CAP_MS);
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
