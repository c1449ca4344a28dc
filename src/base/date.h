// SPDX-License-Identifier: Apache-2.0
#pragma once

// Dates: milliseconds since 1970-01-01T00:00:00Z and their text, as
// Elasticsearch has them.  Proleptic Gregorian calendar, years -9999 to 9999.
// Pure but for date_zone_get(), which reads the system's zone files once per zone.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum {
    MS_PER_SECOND = 1000,
    MS_PER_MINUTE = 60 * 1000,
    MS_PER_HOUR = 3600 * 1000,
    MS_PER_DAY = 24 * 3600 * 1000,
};

// A time zone: an IANA name ("America/New_York"), "UTC", "Z" or an offset
// ("+05:30", "-8").  Made on first use, shared, never freed; any thread may ask.
// Zone files are TZif (RFC 9636) under /usr/share/zoneinfo.
struct date_zone;
enum err date_zone_get(struct slice name, const struct date_zone **out, struct fault *why);
const struct date_zone *date_zone_utc(void);
int64_t date_zone_offset_ms(const struct date_zone *z, int64_t utc_ms);

// Local wall-clock ms (as if it were UTC) to the instant.  In a gap: the instant
// the gap ends; in an overlap: the earlier of the two.
int64_t date_zone_to_utc(const struct date_zone *z, int64_t local_ms);

struct date_civil {
    int32_t year, month, day;             // month 1 to 12, day 1 to 31
    int32_t hour, minute, second, millis; // of the day
};

struct date_civil date_to_civil(int64_t ms);
int64_t date_from_civil(const struct date_civil *c);

// Calendar units a histogram or date math may round to.
enum date_unit {
    DATE_SECOND,
    DATE_MINUTE,
    DATE_HOUR,
    DATE_DAY,
    DATE_WEEK,
    DATE_MONTH,
    DATE_QUARTER,
    DATE_YEAR
};

// Start of the calendar unit that `ms` lies in, in zone `z` (week: Monday).
int64_t date_floor(int64_t ms, enum date_unit unit, const struct date_zone *z);
// Start of the unit after the one that starts at `floor_ms`.
int64_t date_next(int64_t floor_ms, enum date_unit unit, const struct date_zone *z);
// Start of the interval of fixed length, counted in local time of `z`.
int64_t date_floor_fixed(int64_t ms, int64_t interval_ms, const struct date_zone *z);

// Parses text by a format list as mappings have it: names joined by "||"
// (strict_date_optional_time, date_optional_time, strict_date_optional_time_nanos,
// iso8601, epoch_millis, epoch_second, date, strict_date, basic_date,
// date_hour_minute_second, or a pattern such as "yyyy-MM-dd HH:mm:ss").  NULL-len
// format means "strict_date_optional_time||epoch_millis".  Text without a zone is
// in `z`.  `round_up`, as lte and gt need: a missing hour, minute, second or
// fraction is the last one, a missing month or day stays the first, as
// Elasticsearch has it ("2020-01-31" -> 2020-01-31T23:59:59.999, but "2020-01" ->
// 2020-01-01T23:59:59.999).
// ERR_INVALID with words such as
// "failed to parse date field [x] with format [strict_date_optional_time||epoch_millis]".
enum err date_parse(struct slice text, struct slice format, const struct date_zone *z,
                    bool round_up, int64_t *out_ms, struct fault *why);

// The same with date math: "now-1h/d", "2014-11-18||+1M/M"; units y M w d h H m s.
// `now_ms` is what "now" means.  "/d" rounds down, or with `round_up` to the last
// millisecond of the unit.
enum err date_parse_math(struct slice text, struct slice format, const struct date_zone *z,
                         bool round_up, int64_t now_ms, int64_t *out_ms, struct fault *why);

// Prints by the first name of a format list; NULL-len: "2019-12-04T00:00:00.000Z"
// (strict_date_optional_time), with the zone's offset when it is not UTC.
enum err date_print(struct buf *out, int64_t ms, struct slice format, const struct date_zone *z,
                    struct fault *why);

// A duration such as "30s", "5m", "1h", "1d", "500ms" (also "1.5h" is refused).
enum err date_parse_duration(struct slice text, int64_t *out_ms, struct fault *why);
