// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"

#include <strings.h>

// Dates: parts of them, steps between them, and now, all in the question's time zone.

static const struct {
    const char *name;
    enum date_unit unit;
} units[] = {
    {"year", DATE_YEAR},      {"years", DATE_YEAR},      {"yyyy", DATE_YEAR},
    {"yy", DATE_YEAR},        {"quarter", DATE_QUARTER}, {"quarters", DATE_QUARTER},
    {"qq", DATE_QUARTER},     {"q", DATE_QUARTER},       {"month", DATE_MONTH},
    {"months", DATE_MONTH},   {"mm", DATE_MONTH},        {"m", DATE_MONTH},
    {"week", DATE_WEEK},      {"weeks", DATE_WEEK},      {"wk", DATE_WEEK},
    {"ww", DATE_WEEK},        {"day", DATE_DAY},         {"days", DATE_DAY},
    {"dd", DATE_DAY},         {"d", DATE_DAY},           {"hour", DATE_HOUR},
    {"hours", DATE_HOUR},     {"hh", DATE_HOUR},         {"minute", DATE_MINUTE},
    {"minutes", DATE_MINUTE}, {"mi", DATE_MINUTE},       {"n", DATE_MINUTE},
    {"second", DATE_SECOND},  {"seconds", DATE_SECOND},  {"ss", DATE_SECOND},
    {"s", DATE_SECOND},
};

bool time_unit_parse(struct slice name, enum date_unit *out)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (name.len == strlen(units[i].name) &&
            strncasecmp((const char *)name.at, units[i].name, name.len) == 0) {
            *out = units[i].unit;
            return true;
        }
    }
    return false;
}

static const struct date_zone *zone_of(const struct evaluation *v)
{
    return v->how.zone ? v->how.zone : date_zone_utc();
}

// As clocks on the wall show it, as if that were UTC.
static int64_t local_of(const struct evaluation *v, int64_t ms)
{
    return ms + date_zone_offset_ms(zone_of(v), ms);
}

static int32_t days_of_month(int32_t year, int32_t month)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

int64_t time_add_months(int64_t ms, int64_t months, const struct date_zone *zone)
{
    struct date_civil c = date_to_civil(ms + date_zone_offset_ms(zone, ms));
    int64_t all = (int64_t)c.year * 12 + c.month - 1 + months;
    int64_t month = all % 12;
    month += month < 0 ? 12 : 0;
    c.year = (int32_t)((all - month) / 12);
    c.month = (int32_t)month + 1;
    int32_t most = days_of_month(c.year, c.month);
    c.day = c.day < most ? c.day : most;
    return date_zone_to_utc(zone, date_from_civil(&c));
}

static int64_t day_number(int64_t local)
{
    int64_t rest = local % MS_PER_DAY;
    return (local - (rest < 0 ? rest + MS_PER_DAY : rest)) / MS_PER_DAY;
}

static int64_t weekday(int64_t local) // Monday 0 to Sunday 6
{
    int64_t day = (day_number(local) + 3) % 7; // 1970-01-01 was a Thursday
    return day < 0 ? day + 7 : day;
}

static int64_t day_of_year(int64_t local)
{
    struct date_civil c = date_to_civil(local);
    struct date_civil first = {.year = c.year, .month = 1, .day = 1};
    return day_number(local) - day_number(date_from_civil(&first)) + 1;
}

// The week that has the year's first Thursday is its first.
static int64_t iso_week(int64_t local)
{
    int64_t thursday = local + (3 - weekday(local)) * MS_PER_DAY;
    return (day_of_year(thursday) - 1) / 7 + 1;
}

#define PART(name_, value_)                                                       \
    static void name_(struct evaluation *v, const struct cell *a, uint32_t count, \
                      struct cell *out)                                           \
    {                                                                             \
        (void)count;                                                              \
        int64_t local = local_of(v, a[0].i64);                                    \
        struct date_civil c = date_to_civil(local);                               \
        (void)c;                                                                  \
        *out = cell_i64(SQL_INTEGER, (value_));                                   \
    }

PART(year, c.year)
PART(quarter, (c.month + 2) / 3)
PART(month, c.month)
PART(week, iso_week(local))
PART(day, c.day)
PART(hour, c.hour)
PART(minute, c.minute)
PART(second, c.second)
PART(year_day, day_of_year(local))
PART(week_day, (weekday(local) + 1) % 7 + 1) // Sunday 1
PART(iso_week_day, weekday(local) + 1)
PART(minute_of_day, c.hour * 60 + c.minute)

static void month_name(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    (void)count;
    struct date_civil c = date_to_civil(local_of(v, a[0].i64));
    *out = cell_text(slice_text(names[c.month - 1]));
}

static void day_name(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    (void)count;
    *out = cell_text(slice_text(names[weekday(local_of(v, a[0].i64))]));
}

static void now(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)a;
    (void)count;
    *out = cell_i64(SQL_DATETIME, v->how.now_ms);
}

static void today(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)a;
    (void)count;
    *out = cell_i64(SQL_DATE, date_floor(v->how.now_ms, DATE_DAY, zone_of(v)));
}

static bool unit_of(struct evaluation *v, const struct cell *c, enum date_unit *out)
{
    if (c->type == SQL_KEYWORD && time_unit_parse(c->text, out))
        return true;
    evaluation_fail(v,
                    "[%.*s] is no unit of time: year, quarter, month, week, day, hour, minute "
                    "or second",
                    c->type == SQL_KEYWORD && c->text.len < 40 ? (int)c->text.len : 0,
                    c->type == SQL_KEYWORD ? (const char *)c->text.at : "");
    return false;
}

static void truncate_time(struct evaluation *v, const struct cell *a, uint32_t count,
                          struct cell *out)
{
    (void)count;
    enum date_unit unit;
    *out = cell_null();
    if (unit_of(v, &a[0], &unit))
        *out = cell_i64(SQL_DATETIME, date_floor(a[1].i64, unit, zone_of(v)));
}

static int64_t unit_ms(enum date_unit unit)
{
    static const int64_t ms[] = {[DATE_SECOND] = MS_PER_SECOND,
                                 [DATE_MINUTE] = MS_PER_MINUTE,
                                 [DATE_HOUR] = MS_PER_HOUR,
                                 [DATE_DAY] = MS_PER_DAY,
                                 [DATE_WEEK] = 7 * (int64_t)MS_PER_DAY};
    return ms[unit];
}

static int64_t unit_months(enum date_unit unit) // 0: it is no number of months
{
    if (unit == DATE_YEAR)
        return 12;
    return unit == DATE_QUARTER ? 3 : unit == DATE_MONTH;
}

static void add_time(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    enum date_unit unit;
    *out = cell_null();
    double steps = cell_number(&a[1]);
    if (!unit_of(v, &a[0], &unit))
        return;
    if (!(steps > -1e9 && steps < 1e9)) {
        evaluation_fail(v, "more than 1,000,000,000 steps of time");
        return;
    }
    int64_t months = unit_months(unit) * (int64_t)steps;
    if (months > 240000 || months < -240000)
        evaluation_fail(v, "an interval of more than 20000 years");
    else if (unit_months(unit))
        *out = cell_i64(SQL_DATETIME, time_add_months(a[2].i64, months, zone_of(v)));
    else
        *out = cell_i64(SQL_DATETIME, a[2].i64 + unit_ms(unit) * (int64_t)steps);
}

// Boundaries of units passed on the way, as Elasticsearch counts.
static int64_t steps_between(enum date_unit unit, int64_t from, int64_t to)
{
    if (unit_months(unit)) {
        struct date_civil a = date_to_civil(from);
        struct date_civil b = date_to_civil(to);
        int64_t per = unit_months(unit);
        return ((int64_t)b.year * 12 + b.month - 1) / per -
               ((int64_t)a.year * 12 + a.month - 1) / per;
    }
    const struct date_zone *utc = date_zone_utc();
    return (date_floor(to, unit, utc) - date_floor(from, unit, utc)) / unit_ms(unit);
}

static void difference(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    enum date_unit unit;
    *out = cell_null();
    if (unit_of(v, &a[0], &unit))
        *out = cell_i64(SQL_INTEGER,
                        steps_between(unit, local_of(v, a[1].i64), local_of(v, a[2].i64)));
}

static void format_time(struct evaluation *v, const struct cell *a, uint32_t count,
                        struct cell *out)
{
    (void)count;
    struct fault why = {0};
    struct buf text AUTO(buf_donep) = buf_init(1024);
    if (date_print(&text, a[0].i64, a[1].text, zone_of(v), &why) || text.over_limit)
        evaluation_fail(v, "%s", why.words[0] ? why.words : "a date of more than 1024 bytes");
    *out = cell_text(cell_keep_text(&v->how, buf_slice(&text)));
}

#define PART_OF(name_, grain_, evaluate_)                                   \
    {                                                                       \
        .name = (name_), .args_min = 1, .args_max = 1, .takes = TAKES_TIME, \
        .gives = GIVES_INTEGER, .grain = (grain_), .evaluate = (evaluate_), \
    }

#define NOW(name_, gives_, evaluate_)                                         \
    {                                                                         \
        .name = (name_), .args_max = 1, .gives = (gives_), .is_of_now = true, \
        .evaluate = (evaluate_),                                              \
    }

#define WITH_UNIT(name_, args_, gives_, op_, evaluate_)                                 \
    {                                                                                   \
        .name = (name_), .args_min = (args_), .args_max = (args_), .takes = TAKES_UNIT, \
        .gives = (gives_), .op = (op_), .evaluate = (evaluate_),                        \
    }

static const struct function list[] = {
    PART_OF("YEAR", GRAIN_YEAR, year),
    PART_OF("QUARTER", GRAIN_MONTH, quarter),
    PART_OF("MONTH", GRAIN_MONTH, month),
    PART_OF("MONTH_OF_YEAR", GRAIN_MONTH, month),
    PART_OF("WEEK", GRAIN_DAY, week),
    PART_OF("WEEK_OF_YEAR", GRAIN_DAY, week),
    PART_OF("ISO_WEEK_OF_YEAR", GRAIN_DAY, week),
    PART_OF("DAY", GRAIN_DAY, day),
    PART_OF("DOM", GRAIN_DAY, day),
    PART_OF("DAY_OF_MONTH", GRAIN_DAY, day),
    PART_OF("DAYOFMONTH", GRAIN_DAY, day),
    PART_OF("DAY_OF_YEAR", GRAIN_DAY, year_day),
    PART_OF("DOY", GRAIN_DAY, year_day),
    PART_OF("DAY_OF_WEEK", GRAIN_DAY, week_day),
    PART_OF("DAYOFWEEK", GRAIN_DAY, week_day),
    PART_OF("DOW", GRAIN_DAY, week_day),
    PART_OF("ISO_DAY_OF_WEEK", GRAIN_DAY, iso_week_day),
    PART_OF("HOUR", GRAIN_HOUR, hour),
    PART_OF("HOUR_OF_DAY", GRAIN_HOUR, hour),
    PART_OF("MINUTE", GRAIN_MINUTE, minute),
    PART_OF("MINUTE_OF_HOUR", GRAIN_MINUTE, minute),
    PART_OF("MINUTE_OF_DAY", GRAIN_MINUTE, minute_of_day),
    PART_OF("SECOND", GRAIN_NONE, second),
    PART_OF("SECOND_OF_MINUTE", GRAIN_NONE, second),
    {.name = "MONTH_NAME",
     .args_min = 1,
     .args_max = 1,
     .takes = TAKES_TIME,
     .gives = GIVES_TEXT,
     .grain = GRAIN_MONTH,
     .evaluate = month_name},
    {.name = "DAY_NAME",
     .args_min = 1,
     .args_max = 1,
     .takes = TAKES_TIME,
     .gives = GIVES_TEXT,
     .grain = GRAIN_DAY,
     .evaluate = day_name},
    NOW("NOW", GIVES_DATETIME, now),
    NOW("CURRENT_TIMESTAMP", GIVES_DATETIME, now),
    NOW("CURRENT_DATE", GIVES_DATE, today),
    NOW("CURDATE", GIVES_DATE, today),
    NOW("TODAY", GIVES_DATE, today),
    WITH_UNIT("DATE_TRUNC", 2, GIVES_DATETIME, OP_TRUNCATE_TIME, truncate_time),
    WITH_UNIT("DATETRUNC", 2, GIVES_DATETIME, OP_TRUNCATE_TIME, truncate_time),
    WITH_UNIT("DATE_ADD", 3, GIVES_DATETIME, OP_NONE, add_time),
    WITH_UNIT("DATEADD", 3, GIVES_DATETIME, OP_NONE, add_time),
    WITH_UNIT("TIMESTAMPADD", 3, GIVES_DATETIME, OP_NONE, add_time),
    WITH_UNIT("DATE_DIFF", 3, GIVES_INTEGER, OP_NONE, difference),
    WITH_UNIT("DATEDIFF", 3, GIVES_INTEGER, OP_NONE, difference),
    WITH_UNIT("TIMESTAMPDIFF", 3, GIVES_INTEGER, OP_NONE, difference),
    {.name = "DATETIME_FORMAT",
     .args_min = 2,
     .args_max = 2,
     .takes = TAKES_TIME,
     .gives = GIVES_TEXT,
     .evaluate = format_time},
};

const struct function_list functions_time = {list, sizeof list / sizeof *list};
