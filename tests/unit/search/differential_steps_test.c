// SPDX-License-Identifier: Apache-2.0
#include "base/date.h"
#include "unit/search/differential.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

// Clocks are changed at whole local hours in all of these, or not at all.
const char *const diff_zones[] = {"UTC",           "Asia/Kolkata",     "America/New_York",
                                  "Europe/Berlin", "Australia/Sydney", "Asia/Kathmandu"};

enum { CHANGES_MAX = 160, HOUR_MS = 3600000 };

static const int64_t day_ms = 86400000;
static const int64_t first_ms = -500LL * 86400000; // what worlds hold, and a margin
static const int64_t last_ms = 1790000000000;

// When a zone's clock is how far ahead of UTC, as the C library says.
static struct zone {
    bool is_known;
    int count;
    int64_t from_ms[CHANGES_MAX], ahead_ms[CHANGES_MAX];
} zones[DIFF_ZONES];

static int64_t ask_libc(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    return tm.tm_gmtoff * 1000;
}

// Clocks do not change twice within two weeks here.
static void find_changes(struct zone *z)
{
    int64_t step = 14 * day_ms;
    z->from_ms[0] = INT64_MIN;
    z->ahead_ms[0] = ask_libc(first_ms);
    z->count = 1;
    for (int64_t at = first_ms; at < last_ms && z->count < CHANGES_MAX; at += step) {
        if (ask_libc(at) == ask_libc(at + step))
            continue;
        int64_t low = at;
        int64_t high = at + step;
        while (high - low > 1000) {
            int64_t middle = low + (high - low) / 2000 * 1000;
            if (ask_libc(middle) == ask_libc(at))
                low = middle;
            else
                high = middle;
        }
        z->from_ms[z->count] = high;
        z->ahead_ms[z->count++] = ask_libc(high);
    }
    z->is_known = true;
}

static int64_t ahead(int zone, int64_t ms)
{
    struct zone *z = &zones[zone];
    if (!z->is_known) {
        const char *before = getenv("TZ");
        char *kept = before ? strdup(before) : NULL;
        setenv("TZ", diff_zones[zone], 1);
        tzset();
        find_changes(z);
        if (kept)
            setenv("TZ", kept, 1);
        else
            unsetenv("TZ");
        tzset();
        free(kept);
    }
    int i = z->count - 1;
    while (i > 0 && z->from_ms[i] > ms)
        i--;
    return z->ahead_ms[i];
}

bool diff_zone_is_even(int zone)
{
    return zone < 2 || zone == 5;
}

static int64_t floor_to(int64_t v, int64_t step)
{
    int64_t rest = v % step;
    return v - rest - (rest < 0 ? step : 0);
}

// The first day of month `month` (0 is January) of `year`, in days since 1970.
static int64_t first_of_month(int64_t year, int month)
{
    struct tm tm = {.tm_year = (int)(year - 1900), .tm_mon = month, .tm_mday = 1};
    return timegm(&tm) / 86400;
}

static int64_t floor_day(int unit, int64_t day)
{
    time_t seconds = (time_t)(day * 86400);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    switch (unit) {
    case DATE_WEEK:
        return day - (tm.tm_wday + 6) % 7;
    case DATE_MONTH:
        return day - tm.tm_mday + 1;
    case DATE_QUARTER:
        return first_of_month(tm.tm_year + 1900, tm.tm_mon / 3 * 3);
    case DATE_YEAR:
        return first_of_month(tm.tm_year + 1900, 0);
    default:
        return day;
    }
}

// The first moment at which local clocks show midnight of that day, or later.
static int64_t midnight(int zone, int64_t day)
{
    int64_t shown = day * day_ms;
    int64_t before = ahead(zone, shown - day_ms);
    int64_t after = ahead(zone, shown + day_ms);
    if (ahead(zone, shown - before) == before)
        return shown - before;
    return shown - after;
}

int64_t diff_date_floor(const struct diff_steps *s, int64_t ms)
{
    int64_t local = ms + ahead(s->zone, ms);
    if (s->unit >= DATE_DAY)
        return midnight(s->zone, floor_day(s->unit, floor_to(local, day_ms) / day_ms));
    int64_t step = s->unit == DATE_HOUR     ? HOUR_MS
                   : s->unit == DATE_MINUTE ? 60000
                   : s->unit == DATE_SECOND ? 1000
                                            : s->fixed_ms;
    return floor_to(local, step) - ahead(s->zone, ms);
}

int64_t diff_date_next(const struct diff_steps *s, int64_t start)
{
    int64_t look = s->unit >= DATE_MONTH ? 6 * HOUR_MS : s->unit >= DATE_HOUR ? HOUR_MS / 4 : 1000;
    if (s->unit < 0)
        look = s->fixed_ms;
    int64_t next = start;
    for (int64_t at = start; next <= start; at += look)
        next = diff_date_floor(s, at);
    return next;
}

double diff_step_index(const struct diff_steps *s, double value)
{
    return floor((value - s->offset) / s->interval);
}

// step(number, value): the key of the bucket that the value is in.
static void step_of(sqlite3_context *to, int count, sqlite3_value **values)
{
    (void)count;
    const struct diff *d = sqlite3_user_data(to);
    const struct diff_steps *s = &d->steps[sqlite3_value_int(values[0])];
    if (sqlite3_value_type(values[1]) == SQLITE_NULL)
        sqlite3_result_null(to);
    else if (s->is_date)
        sqlite3_result_int64(to, diff_date_floor(s, sqlite3_value_int64(values[1])));
    else
        sqlite3_result_double(
            to, diff_step_index(s, sqlite3_value_double(values[1])) * s->interval + s->offset);
}

void diff_add_steps(struct diff *d)
{
    EXPECT_EQ(sqlite3_create_function(d->db, "step", 2, SQLITE_UTF8, d, step_of, NULL, NULL),
              SQLITE_OK);
}

TEST(differential_steps_know_when_clocks_change)
{
    struct diff_steps days = {.is_date = true, .unit = DATE_DAY, .zone = 3};
    // 2023-10-29 has 25 hours in Berlin, 2024-03-31 has 23.
    EXPECT_EQ(diff_date_next(&days, 1698530400000) - 1698530400000, 25 * HOUR_MS);
    EXPECT_EQ(diff_date_next(&days, 1711839600000) - 1711839600000, 23 * HOUR_MS);
    struct diff_steps weeks = {.is_date = true, .unit = DATE_WEEK, .zone = 1};
    EXPECT_EQ(diff_date_floor(&weeks, 1699920000000), 1699813800000);
}
