// SPDX-License-Identifier: Apache-2.0
#include "search/date_steps.h"

#include "base/date.h"

static int64_t floor_even(int64_t ms, int64_t interval)
{
    int64_t rest = ms % interval;
    return ms - rest - (rest < 0 ? interval : 0);
}

bool date_steps_are_even(const struct agg *a, const struct date_zone *zone)
{
    return a->interval_kind == INTERVAL_FIXED && zone == date_zone_utc();
}

int64_t date_steps_length(const struct agg *a, const struct date_zone *zone)
{
    static const int64_t unit_ms[] = {
        [DATE_SECOND] = MS_PER_SECOND,
        [DATE_MINUTE] = MS_PER_MINUTE,
        [DATE_HOUR] = MS_PER_HOUR,
        [DATE_DAY] = MS_PER_DAY,
        [DATE_WEEK] = 7 * (int64_t)MS_PER_DAY,
        [DATE_MONTH] = 0,
        [DATE_QUARTER] = 0,
        [DATE_YEAR] = 0,
    };
    if (zone != date_zone_utc())
        return 0;
    return a->interval_kind == INTERVAL_FIXED ? a->interval_ms : unit_ms[a->calendar_unit];
}

// Where a bucket would start without the offset.
static int64_t floor_plain(const struct agg *a, const struct date_zone *zone, int64_t ms)
{
    if (date_steps_are_even(a, zone))
        return floor_even(ms, a->interval_ms);
    if (a->interval_kind == INTERVAL_FIXED)
        return date_floor_fixed(ms, a->interval_ms, zone);
    return date_floor(ms, (enum date_unit)a->calendar_unit, zone);
}

int64_t date_steps_floor(const struct agg *a, const struct date_zone *zone, int64_t ms)
{
    return floor_plain(a, zone, ms - a->offset_ms) + a->offset_ms;
}

int64_t date_steps_bound(const struct agg *a, const struct date_zone *zone, int64_t ms)
{
    return floor_plain(a, zone, ms) + a->offset_ms;
}

static int64_t next_fixed(const struct agg *a, const struct date_zone *zone, int64_t start)
{
    int64_t interval = a->interval_ms;
    // Where clocks are put back, one interval on may be the same bucket still.
    for (int64_t ahead = interval; ahead <= 3 * interval; ahead += interval) {
        int64_t next = date_floor_fixed(start + ahead, interval, zone);
        if (next > start)
            return next;
    }
    return start + interval;
}

int64_t date_steps_next(const struct agg *a, const struct date_zone *zone, int64_t start)
{
    int64_t at = start - a->offset_ms;
    if (date_steps_are_even(a, zone))
        at += a->interval_ms;
    else if (a->interval_kind == INTERVAL_FIXED)
        at = next_fixed(a, zone, at);
    else
        at = date_next(at, (enum date_unit)a->calendar_unit, zone);
    return at + a->offset_ms;
}

bool date_steps_are_one(const struct agg *a, const struct date_zone *zone, int64_t ms,
                        int64_t length)
{
    if (date_steps_are_even(a, zone))
        return true; // the length was chosen so
    int64_t last = ms + length - 1;
    // A clock put back within would put a bucket between others of the same stretch.
    int64_t offset = a->offset_ms;
    return date_zone_offset_ms(zone, ms - offset) == date_zone_offset_ms(zone, last - offset) &&
           date_steps_floor(a, zone, ms) == date_steps_floor(a, zone, last);
}
