// SPDX-License-Identifier: Apache-2.0
#include "policy/coerce.h"
#include "test.h"

#include <math.h>

static struct raw text(const char *t)
{
    return (struct raw){.type = RAW_TEXT, .text = slice_text(t)};
}

static struct raw number(int64_t n)
{
    return (struct raw){.type = RAW_I64, .i64 = n};
}

static struct raw time_us(int64_t n)
{
    return (struct raw){.type = RAW_TIME_US, .i64 = n};
}

static bool gives(struct raw value, enum field_type as, int64_t want)
{
    int64_t got = 0;
    bool missing = true;
    return coerce_i64(&value, as, &got, &missing, NULL) == OK && !missing && got == want;
}

static bool refuses(struct raw value, enum field_type as, const char *words)
{
    int64_t got = 0;
    double real = 0;
    bool missing = false;
    struct fault why = {0};
    enum err e = as == FIELD_DOUBLE ? coerce_f64(&value, &real, &missing, &why)
                                    : coerce_i64(&value, as, &got, &missing, &why);
    return e == ERR_INVALID && strcmp(why.words, words) == 0;
}

TEST(coerce_to_whole_numbers_is_strict)
{
    EXPECT(gives(number(7), FIELD_LONG, 7));
    EXPECT(gives(text("-12"), FIELD_LONG, -12));
    EXPECT(gives(number(INT32_MAX), FIELD_INTEGER, INT32_MAX));
    EXPECT(refuses(number(INT32_MAX + 1LL), FIELD_INTEGER, "an integer is no integer"));
    EXPECT(refuses(text("12.50"), FIELD_LONG, "a text is no long"));
    EXPECT(refuses(text(" 12"), FIELD_LONG, "a text is no long"));
    EXPECT(refuses((struct raw){.type = RAW_F64, .f64 = 2}, FIELD_LONG,
                   "a floating-point number is no long"));
    EXPECT(refuses((struct raw){.type = RAW_BOOL}, FIELD_LONG, "a truth is no long"));
}

TEST(coerce_to_boolean)
{
    EXPECT(gives((struct raw){.type = RAW_BOOL, .i64 = 1}, FIELD_BOOLEAN, 1));
    EXPECT(gives(number(0), FIELD_BOOLEAN, 0));
    EXPECT(gives(text("t"), FIELD_BOOLEAN, 1));
    EXPECT(gives(text("false"), FIELD_BOOLEAN, 0));
    EXPECT(refuses(number(2), FIELD_BOOLEAN, "an integer is no boolean"));
    EXPECT(refuses(text("yes"), FIELD_BOOLEAN, "a text is no boolean"));
}

TEST(coerce_to_date_rounds_down_to_milliseconds)
{
    EXPECT(gives(time_us(1999), FIELD_DATE, 1));
    EXPECT(gives(time_us(-1), FIELD_DATE, -1));
    EXPECT(gives(time_us(-1000), FIELD_DATE, -1));
    EXPECT(gives(text("1970-01-02T00:00:00Z"), FIELD_DATE, 86400000));
    EXPECT(refuses(number(5), FIELD_DATE, "an integer is no date"));
    EXPECT(refuses(text("tomorrow"), FIELD_DATE, "a text is no date"));
}

TEST(coerce_tells_values_without_a_form)
{
    int64_t ms = 0;
    double real = 0;
    bool missing = false;
    struct raw never = time_us(INT64_MAX);
    EXPECT_EQ(coerce_i64(&never, FIELD_DATE, &ms, &missing, NULL), OK);
    EXPECT(missing);
    struct raw nan = {.type = RAW_F64, .f64 = NAN};
    EXPECT_EQ(coerce_f64(&nan, &real, &missing, NULL), OK);
    EXPECT(missing);
    struct raw numeric = text("NaN");
    EXPECT_EQ(coerce_f64(&numeric, &real, &missing, NULL), OK);
    EXPECT(missing);
}

TEST(coerce_to_double_loses_nothing)
{
    double real = 0;
    bool missing = true;
    struct raw value = text("0.25");
    EXPECT_EQ(coerce_f64(&value, &real, &missing, NULL), OK);
    EXPECT(real == 0.25 && !missing);
    value = number(1LL << 53);
    EXPECT_EQ(coerce_f64(&value, &real, &missing, NULL), OK);
    EXPECT(refuses(number((1LL << 53) + 1), FIELD_DOUBLE, "an integer is no double"));
    EXPECT(refuses(text("1e999"), FIELD_DOUBLE, "a text is no double"));
}
