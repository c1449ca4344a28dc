// SPDX-License-Identifier: Apache-2.0
#include "source/pg_time.h"

struct cursor {
    const uint8_t *at, *end;
    bool is_bad;
};

static bool next_is(struct cursor *c, char letter)
{
    if (c->at == c->end || *c->at != (uint8_t)letter)
        return false;
    c->at++;
    return true;
}

static int64_t number(struct cursor *c, int digits_min, int digits_max)
{
    int64_t value = 0;
    int digits = 0;
    while (c->at < c->end && digits < digits_max && *c->at >= '0' && *c->at <= '9') {
        value = value * 10 + (*c->at++ - '0');
        digits++;
    }
    if (digits < digits_min)
        c->is_bad = true;
    return value;
}

static void want(struct cursor *c, char letter)
{
    if (!next_is(c, letter))
        c->is_bad = true;
}

// A two-digit part of a time, below `limit`.
static int64_t part(struct cursor *c, int64_t limit)
{
    int64_t value = number(c, 2, 2);
    if (value >= limit)
        c->is_bad = true;
    return value;
}

static int64_t fraction_us(struct cursor *c)
{
    const uint8_t *start = c->at;
    int64_t value = number(c, 1, 6);
    for (int64_t digits = c->at - start; digits < 6; digits++)
        value *= 10;
    return value;
}

// Hour 24 is 24:00:00, second 60 never comes out of PostgreSQL.
static int64_t clock_us(struct cursor *c)
{
    int64_t seconds = part(c, 25) * 3600;
    want(c, ':');
    seconds += part(c, 60) * 60;
    want(c, ':');
    seconds += part(c, 60);
    return seconds * 1000000 + (next_is(c, '.') ? fraction_us(c) : 0);
}

static int64_t zone_us(struct cursor *c)
{
    int64_t sign = next_is(c, '+') ? 1 : next_is(c, '-') ? -1 : 0;
    if (sign == 0)
        return 0;
    int64_t seconds = part(c, 25) * 3600;
    if (next_is(c, ':'))
        seconds += part(c, 60) * 60;
    if (next_is(c, ':'))
        seconds += part(c, 60);
    return sign * seconds * 1000000;
}

// Days since 1970-01-01 of the proleptic Gregorian calendar, by counting from March so
// that the leap day is a year's last; year 0 is 1 BC.
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

enum err pg_time_parse(struct slice text, int64_t *out_us, struct fault *why)
{
    if (slice_is(text, "infinity") || slice_is(text, "-infinity")) {
        *out_us = text.at[0] == '-' ? INT64_MIN : INT64_MAX;
        return OK;
    }
    struct cursor c = {.at = text.at, .end = text.at + text.len};
    int64_t year = number(&c, 4, 7);
    want(&c, '-');
    int64_t month = part(&c, 13);
    want(&c, '-');
    int64_t day = part(&c, 32);
    int64_t us = 0;
    if (c.end - c.at >= 2 && c.at[0] == ' ' && c.at[1] != 'B') {
        c.at++;
        us = clock_us(&c);
        us -= zone_us(&c);
    }
    if (next_is(&c, ' ')) {
        want(&c, 'B');
        want(&c, 'C');
        year = 1 - year;
    }
    if (c.is_bad || c.at != c.end || month == 0 || day == 0)
        return fail(why, ERR_CORRUPT, "not a time");
    int64_t total;
    if (__builtin_mul_overflow(days(year, month, day), INT64_C(86400000000), &total) ||
        __builtin_add_overflow(total, us, &total))
        total = year < 0 ? INT64_MIN : INT64_MAX;
    *out_us = total;
    return OK;
}
