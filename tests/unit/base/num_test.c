// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/hash.h"
#include "base/num.h"
#include "test.h"

#include <math.h>
#include <stdio.h>

static bool prints(double value, const char *want)
{
    struct buf out AUTO(buf_donep) = buf_init(64);
    print_f64(&out, value);
    return slice_is(buf_slice(&out), want);
}

TEST(parse_i64_takes_the_whole_range_and_nothing_more)
{
    int64_t v = 7;
    EXPECT_EQ(parse_i64(slice_text("9223372036854775807"), &v), OK);
    EXPECT_EQ(v, INT64_MAX);
    EXPECT_EQ(parse_i64(slice_text("-9223372036854775808"), &v), OK);
    EXPECT_EQ(v, INT64_MIN);
    EXPECT_EQ(parse_i64(slice_text("9223372036854775808"), &v), ERR_INVALID);
    EXPECT_EQ(parse_i64(slice_text("-9223372036854775809"), &v), ERR_INVALID);
    EXPECT_EQ(v, INT64_MIN);
}

TEST(parse_u64_takes_the_whole_range_and_no_sign)
{
    uint64_t v = 0;
    EXPECT_EQ(parse_u64(slice_text("18446744073709551615"), &v), OK);
    EXPECT(v == UINT64_MAX);
    EXPECT_EQ(parse_u64(slice_text("18446744073709551616"), &v), ERR_INVALID);
    EXPECT_EQ(parse_u64(slice_text("-1"), &v), ERR_INVALID);
}

TEST(whole_numbers_need_nothing_but_digits)
{
    static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "--1"};
    int64_t v = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(parse_i64(slice_text(bad[i]), &v), ERR_INVALID);
}

TEST(parse_f64_rounds_to_the_nearest_double)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0},
        {"-0.0", -0.0},
        {"1e3", 1000},
        {"0.1", 0.1},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"9007199254740993", 9007199254740992.0},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"5e-324", 0x1p-1074},
        {"1e-400", 0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"0.000000000000000000000000000001e30", 1},
        {".5", 0.5},
        {"1E+2", 100},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = 7;
        EXPECT_EQ(parse_f64(slice_text(cases[i].text), &v), OK);
        EXPECT(v == cases[i].value && signbit(v) == signbit(cases[i].value));
    }
}

TEST(parse_f64_refuses_what_is_no_finite_decimal)
{
    static const char *const bad[] = {"",    "-",   ".",     "e5",     "1e", "1e+", "inf",   "nan",
                                      "NaN", "0x1", "1e400", "-1e400", " 1", "1 ",  "1.2.3", "1f"};
    double v = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(parse_f64(slice_text(bad[i]), &v), ERR_INVALID);
}

TEST(print_f64_has_the_form_of_java)
{
    EXPECT(prints(0, "0.0"));
    EXPECT(prints(-0.0, "-0.0"));
    EXPECT(prints(1, "1.0"));
    EXPECT(prints(-42, "-42.0"));
    EXPECT(prints(0.25, "0.25"));
    EXPECT(prints(0.1, "0.1"));
    EXPECT(prints(0.1 + 0.2, "0.30000000000000004"));
    EXPECT(prints(0.001, "0.001"));
    EXPECT(prints(0.00099, "9.9E-4"));
    EXPECT(prints(1234567.5, "1234567.5"));
    EXPECT(prints(9999999, "9999999.0"));
    EXPECT(prints(1e7, "1.0E7"));
    EXPECT(prints(12345678.9, "1.23456789E7"));
    EXPECT(prints(1e10, "1.0E10"));
    EXPECT(prints(-1.5e-7, "-1.5E-7"));
    EXPECT(prints(1577836800000.0, "1.5778368E12"));
    EXPECT(prints(0x1p-1074, "4.9E-324"));
    EXPECT(prints(2e23, "2.0E23"));
    EXPECT(prints(1.7976931348623157e308, "1.7976931348623157E308"));
    EXPECT(prints(2.2250738585072014e-308, "2.2250738585072014E-308"));
    EXPECT(prints(100.5, "100.5"));
    EXPECT(prints(10.25, "10.25"));
}

TEST(print_f64_prints_null_where_json_has_no_number)
{
    EXPECT(prints(NAN, "null"));
    EXPECT(prints(INFINITY, "null"));
    EXPECT(prints(-INFINITY, "null"));
}

TEST(every_double_reads_back_as_itself)
{
    struct buf out AUTO(buf_donep) = buf_init(64);
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = hash_u64(i + 1);
        double value;
        double again = 0;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        buf_reset(&out);
        print_f64(&out, value);
        EXPECT_EQ(parse_f64(buf_slice(&out), &again), OK);
        EXPECT(again == value);
    }
}

TEST(num_prints_whole_numbers_with_zeros_in_front)
{
    struct buf out AUTO(buf_donep) = buf_init(256);
    print_u64(&out, 0, 1);
    buf_u8(&out, ' ');
    print_u64(&out, 7, 3);
    buf_u8(&out, ' ');
    print_u64(&out, 1234, 2);
    buf_u8(&out, ' ');
    print_u64(&out, UINT64_MAX, 1);
    EXPECT(slice_is(buf_slice(&out), "0 007 1234 18446744073709551615"));
}

// The digits of a positive number alone: no point, no zeros around them, no exponent.
static size_t bare_digits(const char *text, size_t len, char out[64])
{
    size_t count = 0;
    for (size_t i = 0; i < len && text[i] != 'e' && text[i] != 'E'; i++)
        if (text[i] != '.' && (count > 0 || text[i] != '0'))
            out[count++] = text[i];
    while (count > 0 && out[count - 1] == '0')
        count--;
    return count;
}

static void expect_shortest(double value)
{
    char text[64];
    double again = 0;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        EXPECT_EQ(parse_f64(slice_text(text), &again), OK);
        if (again == value)
            break;
    }
    struct buf out AUTO(buf_donep) = buf_init(64);
    print_f64(&out, value);
    EXPECT_EQ(parse_f64(buf_slice(&out), &again), OK);
    EXPECT(again == value);
    char want[64];
    char got[64];
    size_t want_count = bare_digits(text, strlen(text), want);
    size_t got_count = bare_digits((const char *)out.at, out.len, got);
    EXPECT(slice_equal(slice_of(got, got_count), slice_of(want, want_count)));
}

TEST(print_f64_prints_the_digits_that_the_c_library_would)
{
    static const double edges[] = {1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        expect_shortest(edges[i]);
        expect_shortest(nextafter(edges[i], 0));
        expect_shortest(nextafter(edges[i], 1e9));
    }
    for (int power = -12; power < 26; power++) {
        expect_shortest(ldexp(1, power));
        expect_shortest(nextafter(ldexp(1, power), 0));
        expect_shortest(nextafter(ldexp(1, power), 1e9));
    }
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t random = hash_u64(i + 1);
        double whole = (double)(random >> 40) + 1;
        expect_shortest(whole / (double)((random & 0xffff) + 1));
        expect_shortest((double)(random & 0xff) / whole + 1e-4);
        expect_shortest(ldexp((double)(random >> 11), -43 - (int)(random & 31)));
    }
}
