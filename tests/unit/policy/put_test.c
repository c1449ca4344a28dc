// SPDX-License-Identifier: Apache-2.0
#include "policy/put.h"
#include "test.h"
#include "unit/policy/one_column.h"

#include <math.h>

static bool halve(const struct sieve_column *to, double *number)
{
    (void)to;
    *number /= 2;
    return *number < 100;
}

static enum err only_even(const struct sieve_column *to, int64_t *number, struct fault *why)
{
    (void)to;
    *number += 1;
    return *number % 2 ? OK : fail(why, ERR_INVALID, "odd");
}

TEST(put_takes_a_step_between_value_and_column)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    const struct raw five = {.type = RAW_F64, .f64 = 5};
    const struct raw large = {.type = RAW_F64, .f64 = 500};
    const struct raw nan_number = {.type = RAW_F64, .f64 = (double)NAN};
    one_column_init(&o, &treat_keep, "{as: double}", a);
    EXPECT_EQ(put_f64(&o.column, 0, &five, halve, NULL), OK);
    EXPECT(o.column.f64[0] == 2.5);
    EXPECT_EQ(put_f64(&o.column, 0, &large, halve, NULL), OK);
    EXPECT(!bit_get(o.column.present, 0) && o.column.missing_count == 1);
    EXPECT_EQ(put_f64(&o.column, 0, &nan_number, NULL, NULL), OK);
    EXPECT_EQ(o.column.missing_count, 2);
    one_column_done(&o);
}

TEST(put_passes_on_what_a_step_refuses)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    struct fault why = {0};
    struct raw value = {.type = RAW_I64, .i64 = 4};
    one_column_init(&o, &treat_keep, "{as: long}", a);
    EXPECT_EQ(put_i64(&o.column, 0, &value, only_even, &why), OK);
    EXPECT_EQ(o.column.i64[0], 5);
    value.i64 = 5;
    EXPECT_EQ(put_i64(&o.column, 0, &value, only_even, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "odd") == 0);
    one_column_done(&o);
}

TEST(put_has_texts_of_all_but_times)
{
    char room[RAW_TEXT_BYTES];
    struct slice text = {0};
    struct fault why = {0};
    const struct raw number = {.type = RAW_I64, .i64 = -7};
    const struct raw time = {.type = RAW_TIME_US, .i64 = 1};
    EXPECT_EQ(put_text_of(&number, room, &text, &why), OK);
    EXPECT(slice_is(text, "-7"));
    EXPECT_EQ(put_text_of(&time, room, &text, &why), ERR_INVALID);
}
