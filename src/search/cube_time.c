// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "search/cube_plan.h"

static int64_t floor_to(int64_t ms, int64_t length)
{
    int64_t rest = ms % length;
    return ms - rest - (rest < 0 ? length : 0);
}

static bool is_even(const struct cube_node *n)
{
    return n->agg->interval_kind == INTERVAL_FIXED && n->zone == date_zone_utc();
}

int64_t cube_time_floor(const struct cube_node *n, int64_t ms)
{
    const struct agg *a = n->agg;
    int64_t at = ms - a->offset_ms;
    if (is_even(n))
        at = floor_to(at, a->interval_ms);
    else if (a->interval_kind == INTERVAL_FIXED)
        at = date_floor_fixed(at, a->interval_ms, n->zone);
    else
        at = date_floor(at, (enum date_unit)a->calendar_unit, n->zone);
    return at + a->offset_ms;
}

static int64_t next_fixed(const struct cube_node *n, int64_t start)
{
    int64_t interval = n->agg->interval_ms;
    // Where clocks are put back, one interval on may be the same bucket still.
    for (int64_t ahead = interval; ahead <= 3 * interval; ahead += interval) {
        int64_t next = date_floor_fixed(start + ahead, interval, n->zone);
        if (next > start)
            return next;
    }
    return start + interval;
}

int64_t cube_time_next(const struct cube_node *n, int64_t start)
{
    const struct agg *a = n->agg;
    int64_t at = start - a->offset_ms;
    if (is_even(n))
        at += a->interval_ms;
    else if (a->interval_kind == INTERVAL_FIXED)
        at = next_fixed(n, at);
    else
        at = date_next(at, (enum date_unit)a->calendar_unit, n->zone);
    return at + a->offset_ms;
}

bool cube_time_is_one(const struct cube_node *n, int64_t ms, int64_t length)
{
    if (is_even(n))
        return true; // the length was chosen so
    int64_t last = ms + length - 1;
    // A clock put back within would put a bucket between others of the same stretch.
    int64_t offset = n->agg->offset_ms;
    return date_zone_offset_ms(n->zone, ms - offset) ==
               date_zone_offset_ms(n->zone, last - offset) &&
           cube_time_floor(n, ms) == cube_time_floor(n, last);
}
