// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"

#include "base/check.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { U64_DIGITS = 20 };

enum {
    F64_TEXT_BYTES = 1100, // the longest exact double has 1077 characters
    DIGITS_MAX = 17,       // enough to tell any two doubles apart
    DIGITS_SURE = 15,      // this many digits always survive a trip through a double
    EXACT_POWER = 22,      // 10^22 is the last power of ten that is a double
};

static bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

// The whole slice as digits.
static bool magnitude(struct slice digits, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.at[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(digits.at[i] - '0'), &value))
            return false;
    }
    *out = value;
    return digits.len > 0;
}

enum err parse_u64(struct slice text, uint64_t *out)
{
    return magnitude(text, out) ? OK : ERR_INVALID;
}

enum err parse_i64(struct slice text, int64_t *out)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t value = 0;
    if (!magnitude(negative ? slice_from(text, 1) : text, &value))
        return ERR_INVALID;
    if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return ERR_INVALID;
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return OK;
}

// A decimal number taken apart: significand * 10^power, when the significand fits.
struct decimal {
    bool negative;
    bool fits; // no digit was left out of the significand
    uint64_t significand;
    int64_t power;
};

static size_t take_digits(struct slice *s, struct decimal *d, bool is_fraction)
{
    size_t count = 0;
    for (; s->len > 0 && is_digit(s->at[0]); *s = slice_from(*s, 1), count++) {
        if (d->significand > (UINT64_MAX - 9) / 10) {
            d->fits = false;
            continue;
        }
        d->significand = d->significand * 10 + (uint64_t)(s->at[0] - '0');
        d->power -= is_fraction ? 1 : 0;
    }
    return count;
}

static bool take_exponent(struct slice *s, struct decimal *d)
{
    if (s->len == 0 || (s->at[0] | 0x20) != 'e')
        return true;
    *s = slice_from(*s, 1);
    bool negative = s->len > 0 && s->at[0] == '-';
    if (s->len > 0 && (s->at[0] == '-' || s->at[0] == '+'))
        *s = slice_from(*s, 1);
    struct decimal e = {.fits = true};
    if (take_digits(s, &e, false) == 0)
        return false;
    d->fits = d->fits && e.fits && e.significand < 1000;
    if (d->fits)
        d->power += negative ? -(int64_t)e.significand : (int64_t)e.significand;
    return true;
}

static bool take_decimal(struct slice s, struct decimal *out)
{
    struct decimal d = {.fits = true, .negative = s.len > 0 && s.at[0] == '-'};
    if (d.negative)
        s = slice_from(s, 1);
    size_t digits = take_digits(&s, &d, false);
    if (s.len > 0 && s.at[0] == '.') {
        s = slice_from(s, 1);
        digits += take_digits(&s, &d, true);
    }
    if (digits == 0 || !take_exponent(&s, &d) || s.len > 0)
        return false;
    *out = d;
    return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    CHECK(c_locale != (locale_t)0);
}

// The C library's own rounding, without the locale of the process.
static double exact_f64(const char *text)
{
    pthread_once(&c_locale_once, make_c_locale);
    return strtod_l(text, NULL, c_locale);
}

// When both parts are exact as doubles, one operation rounds once: the result is right.
static bool small_decimal(const struct decimal *d, double *out)
{
    static const double powers[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    if (!d->fits || d->significand > (1ull << 53) || d->power < -EXACT_POWER ||
        d->power > EXACT_POWER)
        return false;
    double value = (double)d->significand;
    value = d->power < 0 ? value / powers[-d->power] : value * powers[d->power];
    *out = d->negative ? -value : value;
    return true;
}

enum err parse_f64(struct slice text, double *out)
{
    struct decimal d;
    if (text.len > F64_TEXT_BYTES || !take_decimal(text, &d))
        return ERR_INVALID;
    if (small_decimal(&d, out))
        return OK;
    char copy[F64_TEXT_BYTES + 1];
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    double value = exact_f64(copy);
    if (!isfinite(value))
        return ERR_INVALID;
    *out = value;
    return OK;
}

void print_u64(struct buf *out, uint64_t value, unsigned digits_min)
{
    uint8_t digits[U64_DIGITS];
    unsigned first = U64_DIGITS;
    do {
        digits[--first] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (first > 0 && U64_DIGITS - first < digits_min)
        digits[--first] = '0';
    buf_bytes(out, digits + first, U64_DIGITS - first);
}

// The digits of a positive number, d.ddd * 10^exponent, without trailing zeros.
struct digits {
    char at[DIGITS_MAX + 1];
    int count;
    int exponent;
};

static void read_digits(const char *scientific, struct digits *out)
{
    const char *p = scientific;
    *out = (struct digits){0};
    for (; *p != 'e'; p++) { // the point depends on the locale, so it is stepped over
        if (is_digit((uint8_t)*p))
            out->at[out->count++] = *p;
    }
    bool negative = p[1] == '-';
    for (p += 2; *p; p++)
        out->exponent = out->exponent * 10 + (*p - '0');
    out->exponent = negative ? -out->exponent : out->exponent;
}

// Reads back as the same double?
static bool is_same(const struct digits *d, double value)
{
    struct decimal whole = {.fits = true, .power = d->exponent - (d->count - 1)};
    for (int i = 0; i < d->count; i++)
        whole.significand = whole.significand * 10 + (uint64_t)(d->at[i] - '0');
    double again = 0;
    if (small_decimal(&whole, &again))
        return again == value;
    char text[64];
    snprintf(text, sizeof text, "%se%d", d->at, d->exponent - (d->count - 1));
    return exact_f64(text) == value;
}

// A double as m * 2^-shift times 10^power, taken to a whole number: all of it fits into 128
// bits when the value is from 1e-3 to below 1e7 and has up to 17 digits.
struct scaled {
    unsigned __int128 at; // m * 10^power
    uint64_t power;       // 10^power
    unsigned shift;
};

static struct scaled scale(double value, int power)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t m = (bits & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
    struct scaled s = {.power = 1, .shift = 1075 - (unsigned)(bits >> 52)};
    for (int i = 0; i < power; i++)
        s.power *= 10;
    s.at = (unsigned __int128)m * s.power;
    return s;
}

// The whole number next to it; of two, the even one.
static uint64_t nearest(const struct scaled *s)
{
    uint64_t whole = (uint64_t)(s->at >> s->shift);
    unsigned __int128 rest = s->at - ((unsigned __int128)whole << s->shift);
    unsigned __int128 half = (unsigned __int128)1 << (s->shift - 1);
    return whole + (rest > half || (rest == half && whole % 2));
}

// Less than half the way to the next double?  Below a power of two doubles lie closer, but
// those in question are short decimals themselves.  No decimal lies halfway between two.
static bool is_near(const struct scaled *s, uint64_t whole)
{
    unsigned __int128 there = (unsigned __int128)whole << s->shift;
    unsigned __int128 off = there > s->at ? there - s->at : s->at - there;
    return 2 * off < s->power;
}

// As shortest_digits(), without the C library.
static void common_digits(double value, struct digits *out)
{
    static const double tens[] = {1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    int exponent = -3;
    while (value >= tens[exponent + 3])
        exponent++;
    uint64_t whole = 0;
    for (int count = DIGITS_SURE; count <= DIGITS_MAX; count++) {
        struct scaled s = scale(value, count - 1 - exponent);
        whole = nearest(&s);
        if (is_near(&s, whole))
            break;
    }
    *out = (struct digits){.exponent = exponent};
    while (whole % 10 == 0)
        whole /= 10;
    char reversed[U64_DIGITS] = {0};
    for (; whole > 0; whole /= 10)
        reversed[out->count++] = (char)('0' + whole % 10);
    for (int i = 0; i < out->count; i++)
        out->at[i] = reversed[out->count - 1 - i];
}

static void shortest_digits(double value, struct digits *out)
{
    // Below the normal range a double has fewer than 15 good digits.
    int first = value < 0x1p-1022 ? 2 : DIGITS_SURE;
    for (int count = first; count <= DIGITS_MAX; count++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", count - 1, value);
        read_digits(text, out);
        if (count == DIGITS_MAX || is_same(out, value))
            break;
    }
    while (out->count > 1 && out->at[out->count - 1] == '0')
        out->at[--out->count] = '\0';
}

static void print_plain(struct buf *out, const struct digits *d)
{
    if (d->exponent < 0)
        buf_text(out, "0.");
    for (int i = d->exponent; i < -1; i++)
        buf_u8(out, '0');
    for (int i = 0; i < d->count; i++) {
        buf_u8(out, (uint8_t)d->at[i]);
        if (i == d->exponent && i + 1 < d->count)
            buf_u8(out, '.');
    }
    for (int i = d->count; i <= d->exponent; i++)
        buf_u8(out, '0');
    if (d->exponent >= d->count - 1)
        buf_text(out, ".0");
}

static void print_scientific(struct buf *out, const struct digits *d)
{
    buf_u8(out, (uint8_t)d->at[0]);
    buf_u8(out, '.');
    buf_text(out, d->count > 1 ? d->at + 1 : "0");
    buf_print(out, "E%d", d->exponent);
}

void print_f64(struct buf *out, double value)
{
    if (!isfinite(value)) {
        buf_text(out, "null");
        return;
    }
    if (signbit(value))
        buf_u8(out, '-');
    value = fabs(value);
    if (value < 1e7 && value == (double)(int64_t)value) {
        print_u64(out, (uint64_t)value, 1);
        buf_text(out, ".0");
        return;
    }
    struct digits d = {0};
    if (value >= 1e-3 && value < 1e7)
        common_digits(value, &d);
    else
        shortest_digits(value, &d);
    if (d.exponent >= -3 && d.exponent < 7)
        print_plain(out, &d);
    else
        print_scientific(out, &d);
}
