// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"

// "EST5EDT,M3.2.0,M11.1.0": names and offsets (west of UTC, so the sign turns), then
// when summer time starts and ends.  The default time of day is 02:00:00.

enum { RULE_HOURS_MAX = 167, OFFSET_HOURS_MAX = 24, DEFAULT_SECONDS = 2 * 3600 };

static bool take(struct slice *s, uint8_t c)
{
    if (s->len == 0 || s->at[0] != c)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

static bool take_number(struct slice *s, int32_t max, int32_t *out)
{
    int32_t value = 0;
    size_t digits = 0;
    for (; s->len > 0 && (uint8_t)(s->at[0] - '0') < 10 && digits < 3; digits++) {
        value = value * 10 + (s->at[0] - '0');
        *s = slice_from(*s, 1);
    }
    *out = value;
    return digits > 0 && value <= max;
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool take_name(struct slice *s)
{
    size_t len = 0;
    if (take(s, '<')) {
        while (len < s->len && s->at[len] != '>')
            len++;
        *s = slice_from(*s, len);
        return len >= 3 && take(s, '>');
    }
    while (len < s->len && is_letter(s->at[len]))
        len++;
    *s = slice_from(*s, len);
    return len >= 3;
}

// [+-]hh[:mm[:ss]]
static bool take_time(struct slice *s, int32_t hours_max, int32_t *out_seconds)
{
    int32_t hour = 0;
    int32_t minute = 0;
    int32_t second = 0;
    bool negative = take(s, '-');
    if (!negative)
        take(s, '+');
    if (!take_number(s, hours_max, &hour))
        return false;
    if (take(s, ':') && !take_number(s, 59, &minute))
        return false;
    if (take(s, ':') && !take_number(s, 59, &second))
        return false;
    int32_t seconds = hour * 3600 + minute * 60 + second;
    *out_seconds = negative ? -seconds : seconds;
    return true;
}

static bool take_weekday(struct slice *s, struct rule_day *d)
{
    d->kind = RULE_WEEKDAY;
    return take_number(s, 12, &d->month) && d->month >= 1 && take(s, '.') &&
           take_number(s, 5, &d->week) && d->week >= 1 && take(s, '.') &&
           take_number(s, 6, &d->weekday);
}

static bool take_day(struct slice *s, struct rule_day *d)
{
    bool good = false;
    if (take(s, 'M')) {
        good = take_weekday(s, d);
    } else if (take(s, 'J')) {
        d->kind = RULE_JULIAN;
        good = take_number(s, 365, &d->day) && d->day >= 1;
    } else {
        d->kind = RULE_DAY;
        good = take_number(s, 365, &d->day);
    }
    d->at_seconds = DEFAULT_SECONDS;
    if (good && take(s, '/'))
        good = take_time(s, RULE_HOURS_MAX, &d->at_seconds);
    return good;
}

bool zone_rule_parse(struct slice text, struct zone_rule *out)
{
    struct zone_rule r = {0};
    int32_t west = 0;
    if (!take_name(&text) || !take_time(&text, OFFSET_HOURS_MAX, &west))
        return false;
    r.standard_seconds = -west;
    r.has_summer = text.len > 0;
    if (r.has_summer) {
        if (!take_name(&text))
            return false;
        west -= 3600;
        bool is_given = text.len > 0 && text.at[0] != ',';
        if (is_given && !take_time(&text, OFFSET_HOURS_MAX, &west))
            return false;
        r.summer_seconds = -west;
        if (!take(&text, ',') || !take_day(&text, &r.start) || !take(&text, ',') ||
            !take_day(&text, &r.end))
            return false;
    }
    if (text.len > 0)
        return false;
    *out = r;
    return true;
}

static int64_t rule_day_number(const struct rule_day *d, int64_t year)
{
    int64_t january = days_from_civil(year, 1, 1);
    if (d->kind == RULE_DAY)
        return january + d->day;
    if (d->kind == RULE_JULIAN)
        return january + d->day - 1 + (d->day >= 60 && days_in_month(year, 2) == 29);
    int64_t first = days_from_civil(year, d->month, 1);
    int32_t weekday = (int32_t)((first + 4) - floor_div(first + 4, 7) * 7); // 1970-01-01: Thursday
    int32_t day = (d->weekday - weekday + 7) % 7 + (d->week - 1) * 7;
    if (day >= days_in_month(year, d->month))
        day -= 7;
    return first + day;
}

int32_t zone_rule_offset(const struct zone_rule *r, int64_t utc_seconds)
{
    if (!r->has_summer)
        return r->standard_seconds;
    int64_t local_ms = (utc_seconds + r->standard_seconds) * MS_PER_SECOND;
    int64_t year = date_to_civil(local_ms).year;
    int64_t start =
        rule_day_number(&r->start, year) * 86400 + r->start.at_seconds - r->standard_seconds;
    int64_t end = rule_day_number(&r->end, year) * 86400 + r->end.at_seconds - r->summer_seconds;
    bool is_summer = start < end ? utc_seconds >= start && utc_seconds < end
                                 : utc_seconds >= start || utc_seconds < end;
    return is_summer ? r->summer_seconds : r->standard_seconds;
}
