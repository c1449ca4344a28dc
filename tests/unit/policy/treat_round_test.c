// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/one_column.h"

static int64_t rounded(const char *options, struct raw value)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_round, options, a);
    EXPECT_EQ(one_column_put(&o, value, NULL), OK);
    int64_t got = o.column.i64 ? o.column.i64[0] : (int64_t)(o.column.f64[0] * 1000);
    one_column_done(&o);
    return got;
}

TEST(treat_round_takes_times_down_to_the_step)
{
    struct raw at = {.type = RAW_TIME_US, .i64 = 7199999999};
    EXPECT_EQ(rounded("{to: 1h}", at), 3600000);
    at.i64 = 7200000000;
    EXPECT_EQ(rounded("{to: 1h}", at), 7200000);
    at.i64 = -1;
    EXPECT_EQ(rounded("{to: 1h}", at), -3600000);
}

TEST(treat_round_takes_numbers_down_to_the_step)
{
    EXPECT_EQ(rounded("{to: 10, as: long}", (struct raw){.type = RAW_I64, .i64 = 19}), 10);
    EXPECT_EQ(rounded("{to: 10, as: long}", (struct raw){.type = RAW_I64, .i64 = -1}), -10);
    EXPECT_EQ(rounded("{to: 10, as: integer}", (struct raw){.type = RAW_I64, .i64 = 30}), 30);
    EXPECT_EQ(rounded("{to: 0.5}", (struct raw){.type = RAW_F64, .f64 = 1.7}), 1500);
    EXPECT_EQ(rounded("{to: 0.5}", (struct raw){.type = RAW_F64, .f64 = -0.1}), -500);
}

TEST(treat_round_never_wraps)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    struct fault why = {0};
    one_column_init(&o, &treat_round, "{to: 10, as: long}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_I64, .i64 = INT64_MIN}, &why),
              ERR_INVALID);
    EXPECT(strcmp(why.words, "a number is too small to be rounded down") == 0);
    one_column_done(&o);
    one_column_init(&o, &treat_round, "{to: 10, as: integer}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_I64, .i64 = INT32_MIN}, &why),
              ERR_INVALID);
    one_column_done(&o);
}

TEST(treat_round_makes_infinite_times_missing)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_round, "{to: 1d}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_TIME_US, .i64 = INT64_MAX}, NULL), OK);
    EXPECT(!bit_get(o.column.present, 0));
    EXPECT_EQ(o.column.missing_count, 1);
    one_column_done(&o);
}
