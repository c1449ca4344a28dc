// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the date_*.c files share: day counts, zone tables and date formats.

#include "base/date.h"

enum {
    ZONE_NAME_BYTES = 64,
    ZONE_TYPES_MAX = 256,
    ZONE_TRANSITIONS_MAX = 4096,
    ZONE_OFFSET_SECONDS_MAX = 26 * 3600,
};

// The calendar's ends: -9999-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z.
#define DATE_MS_MIN (-377705116800000)
#define DATE_MS_MAX 253402300799999

// Rounds down, also below zero.
static inline int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b < 0);
}

// The nearest instant within; what lies further would overflow in sums.
static inline int64_t date_within_calendar(int64_t ms)
{
    return ms < DATE_MS_MIN ? DATE_MS_MIN : ms > DATE_MS_MAX ? DATE_MS_MAX : ms;
}

// Days since 1970-01-01; month 1 to 12, day may run past the month's end.
int64_t days_from_civil(int64_t year, int32_t month, int32_t day);
int32_t days_in_month(int64_t year, int32_t month);

// The rule that holds after a zone's last listed change: POSIX TZ, RFC 9636, 3.3.
enum rule_day_kind { RULE_JULIAN, RULE_DAY, RULE_WEEKDAY };

struct rule_day {
    enum rule_day_kind kind;
    int32_t day;   // JULIAN: 1 to 365, 29 February never counts; DAY: 0 to 365
    int32_t month; // WEEKDAY: of the month, week 5 is the last one, weekday 0 is Sunday
    int32_t week, weekday;
    int32_t at_seconds; // of the day in local time, -167 h to 167 h
};

struct zone_rule {
    int32_t standard_seconds, summer_seconds; // east of UTC
    bool has_summer;
    struct rule_day start, end;
};

bool zone_rule_parse(struct slice text, struct zone_rule *out);
int32_t zone_rule_offset(const struct zone_rule *r, int64_t utc_seconds);

// "+05:30", "-8", "+0530": seconds east of UTC, whole minutes, up to 18 hours.
bool zone_offset_parse(struct slice text, int32_t *out_seconds);

struct date_zone {
    struct date_zone *next;   // in the list of zones by name
    int64_t *changes;         // UTC seconds, ascending
    int32_t *offsets_seconds; // offset from each change on
    struct zone_rule rule;    // after the last change, when has_rule
    uint32_t change_count;
    int32_t first_seconds; // offset before the first change, or always
    bool has_rule;
    char name[ZONE_NAME_BYTES + 1];
};

// A TZif file of version 2 or later.  ERR_CORRUPT; free with zone_free().
enum err zone_decode(struct slice file, struct date_zone **out, struct fault *why);
void zone_free(struct date_zone *z);

// The instant in (before, after] where the offset becomes what it is at `after`.
int64_t zone_change_between(const struct date_zone *z, int64_t before_ms, int64_t after_ms);

enum date_format_kind {
    FORMAT_OPTIONAL_TIME, // yyyy[-MM[-dd['T'HH[:mm[:ss[.S]]][zone]]]]
    FORMAT_EPOCH_MILLIS,
    FORMAT_EPOCH_SECOND,
    FORMAT_PATTERN
};

struct date_format {
    enum date_format_kind kind;
    bool is_strict; // fields have all their digits
    struct slice pattern;
};

// The next format of a list joined by "||"; false at the end.
bool date_format_next(struct slice *list, struct slice *out_name);
enum err date_format_find(struct slice name, struct date_format *out, struct fault *why);

// A run of one letter, a literal, or text in quotes at the start of a pattern.
struct pattern_part {
    char letter; // 0: literal
    int count;   // of the letter
    struct slice literal;
};

bool pattern_next(struct slice *pattern, struct pattern_part *out);

extern const char *const date_month_names[12];
extern const char *const date_day_names[7]; // Monday first
