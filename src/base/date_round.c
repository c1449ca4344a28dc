// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"

// Rounding happens on the local clock and is then read back as an instant.  Where the
// clock was changed in between, the result must be the start of a unit that `ms` is
// really in: so the change is stepped over and what lies before it is rounded again.

enum { STEPS_MAX = 64 }; // changes one interval may span before its start is taken as is

// `gap_is_start`: a start that the clock skipped is the instant of the skip.
static int64_t floor_by(int64_t ms, int64_t interval_ms, const struct date_zone *z,
                        bool gap_is_start)
{
    for (int step = 0;; step++) {
        int64_t offset = date_zone_offset_ms(z, ms);
        int64_t local = floor_div(ms + offset, interval_ms) * interval_ms;
        int64_t start = local - offset;
        int64_t start_offset = date_zone_offset_ms(z, start);
        if (start_offset == offset || step == STEPS_MAX)
            return start;
        int64_t change = zone_change_between(z, start, ms);
        int64_t offset_before = date_zone_offset_ms(z, change - 1);
        bool in_gap = local - offset_before >= change && local - offset < change;
        if (in_gap && gap_is_start)
            return change;
        ms = change - 1;
    }
}

int64_t date_floor_fixed(int64_t ms, int64_t interval_ms, const struct date_zone *z)
{
    if (interval_ms <= 0)
        return ms;
    ms = date_within_calendar(ms);
    if (interval_ms > DATE_MS_MAX)
        interval_ms = DATE_MS_MAX;
    return floor_by(ms, interval_ms, z, true);
}

static int64_t unit_ms(enum date_unit unit)
{
    return unit == DATE_SECOND ? MS_PER_SECOND : unit == DATE_MINUTE ? MS_PER_MINUTE : MS_PER_HOUR;
}

// The local day that a unit of days starts on, `ahead` units later; in days since 1970.
static int64_t unit_start(int64_t local_ms, enum date_unit unit, int32_t ahead)
{
    int64_t day = floor_div(local_ms, MS_PER_DAY);
    if (unit == DATE_DAY)
        return day + ahead;
    if (unit == DATE_WEEK) // 1970-01-01 was a Thursday
        return floor_div(day + 3, 7) * 7 - 3 + (int64_t)ahead * 7;
    struct date_civil c = date_to_civil(local_ms);
    int32_t months = unit == DATE_MONTH ? 1 : unit == DATE_QUARTER ? 3 : 12;
    int64_t month = (int64_t)c.year * 12 + (c.month - 1);
    month = (floor_div(month, months) + ahead) * months;
    int64_t year = floor_div(month, 12);
    return days_from_civil(year, (int32_t)(month - year * 12) + 1, 1);
}

static int64_t round_days(int64_t ms, enum date_unit unit, int32_t ahead, const struct date_zone *z)
{
    int64_t local = ms + date_zone_offset_ms(z, ms);
    return date_zone_to_utc(z, unit_start(local, unit, ahead) * MS_PER_DAY);
}

int64_t date_floor(int64_t ms, enum date_unit unit, const struct date_zone *z)
{
    ms = date_within_calendar(ms);
    if (unit <= DATE_HOUR)
        return floor_by(ms, unit_ms(unit), z, false);
    return round_days(ms, unit, 0, z);
}

int64_t date_next(int64_t floor_ms, enum date_unit unit, const struct date_zone *z)
{
    floor_ms = date_within_calendar(floor_ms);
    if (unit > DATE_HOUR)
        return round_days(floor_ms, unit, 1, z);
    int64_t length = unit_ms(unit);
    int64_t next = floor_by(floor_ms + length, length, z, false);
    return next > floor_ms ? next : floor_by(floor_ms + 2 * length, length, z, false);
}
