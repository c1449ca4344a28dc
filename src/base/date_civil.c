// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"

// The calendar repeats every 400 years.  Years are counted from March, so that the
// leap day is the last of its year and every month before it has a fixed start.
enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH_DAYS = 719468 }; // 0000-03-01 to 1970-01-01

int64_t days_from_civil(int64_t year, int32_t month, int32_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, ERA_YEARS);
    int64_t year_of_era = y - era * ERA_YEARS;
    int32_t month_from_march = (month + 9) % 12;
    // 153 days are the five months from March to July, and from August to December.
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t days_in_month(int64_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static void split_days(int64_t days, struct date_civil *c)
{
    days += EPOCH_DAYS;
    int64_t era = floor_div(days, ERA_DAYS);
    int64_t day_of_era = days - era * ERA_DAYS;
    // Take the leap days out, then 365 divides evenly.
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    c->day = (int32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    c->month = (int32_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    c->year = (int32_t)(era * ERA_YEARS + year_of_era + (c->month <= 2));
}

struct date_civil date_to_civil(int64_t ms)
{
    struct date_civil c;
    int64_t days = floor_div(ms, MS_PER_DAY);
    int32_t left = (int32_t)(ms - days * MS_PER_DAY);
    split_days(days, &c);
    c.hour = left / MS_PER_HOUR;
    c.minute = left / MS_PER_MINUTE % 60;
    c.second = left / MS_PER_SECOND % 60;
    c.millis = left % MS_PER_SECOND;
    return c;
}

int64_t date_from_civil(const struct date_civil *c)
{
    return days_from_civil(c->year, c->month, c->day) * MS_PER_DAY +
           (int64_t)c->hour * MS_PER_HOUR + (int64_t)c->minute * MS_PER_MINUTE +
           (int64_t)c->second * MS_PER_SECOND + c->millis;
}
