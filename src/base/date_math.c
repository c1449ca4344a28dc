// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"

#include <stdio.h>

enum { WORDS_BYTES = 120, NUMBER_DIGITS_MAX = 9 };

// "y" ... "s" of date math.
static bool unit_of(uint8_t c, enum date_unit *out)
{
    static const char letters[] = "yMwdhHms";

    static const enum date_unit units[] = {DATE_YEAR, DATE_MONTH, DATE_WEEK,   DATE_DAY,
                                           DATE_HOUR, DATE_HOUR,  DATE_MINUTE, DATE_SECOND};

    const char *at = c ? strchr(letters, c) : NULL;
    if (at)
        *out = units[at - letters];
    return at != NULL;
}

static int64_t add_months(int64_t local_ms, int64_t count)
{
    struct date_civil c = date_to_civil(local_ms);
    int64_t month = (int64_t)c.year * 12 + (c.month - 1) + count;
    int64_t year = floor_div(month, 12);
    if (year < -9999 || year > 9999)
        return year < 0 ? INT64_MIN : INT64_MAX;
    c.year = (int32_t)year;
    c.month = (int32_t)(month - year * 12) + 1;
    int32_t last = days_in_month(c.year, c.month);
    c.day = c.day < last ? c.day : last;
    return date_from_civil(&c);
}

// Years and months keep the day where the month has it, days and weeks the time of day;
// all on the clock of the zone.  Hours and smaller are lengths of time.
static int64_t add_units(int64_t ms, int64_t count, enum date_unit unit, const struct date_zone *z)
{
    static const int32_t lengths[] = {
        [DATE_SECOND] = MS_PER_SECOND, [DATE_MINUTE] = MS_PER_MINUTE, [DATE_HOUR] = MS_PER_HOUR};
    if (unit <= DATE_HOUR)
        return ms + count * lengths[unit];
    int64_t local = ms + date_zone_offset_ms(z, ms);
    if (unit == DATE_DAY || unit == DATE_WEEK)
        local += count * (unit == DATE_DAY ? 1 : 7) * MS_PER_DAY;
    else
        local = add_months(local, count * (unit == DATE_YEAR ? 12 : 1));
    // Out of the calendar there are no zones; the caller refuses it.
    return local == date_within_calendar(local) ? date_zone_to_utc(z, local) : local;
}

// The number before a unit; 1 when there is none.
static bool take_count(struct slice *math, int64_t *out)
{
    size_t len = 0;
    int64_t value = 0;
    while (len < math->len && (uint8_t)(math->at[len] - '0') < 10 && len <= NUMBER_DIGITS_MAX)
        value = value * 10 + (math->at[len++] - '0');
    *out = len ? value : 1;
    *math = slice_from(*math, len);
    return len <= NUMBER_DIGITS_MAX;
}

static enum err bad_math(struct fault *why, const char *what, struct slice whole)
{
    return fail(why, ERR_INVALID, "%s date math [%.*s]", what,
                whole.len < WORDS_BYTES ? (int)whole.len : WORDS_BYTES, (const char *)whole.at);
}

static enum err bad_unit(struct fault *why, uint8_t unit, struct slice whole)
{
    char what[48];
    snprintf(what, sizeof what, "unit [%c] not supported for", unit);
    return bad_math(why, unit > ' ' && unit < 0x7f ? what : "unit not supported for", whole);
}

struct step {
    uint8_t sign; // '/', '+' or '-'
    int64_t count;
    enum date_unit unit;
};

// The step that `math` begins with; `whole` is for the words.
static enum err take_step(struct slice *math, struct slice whole, struct step *out,
                          struct fault *why)
{
    *out = (struct step){.sign = math->at[0], .count = 1, .unit = DATE_DAY};
    if (out->sign != '/' && out->sign != '+' && out->sign != '-')
        return bad_math(why, "operator not supported for", whole);
    *math = slice_from(*math, 1);
    if (!take_count(math, &out->count) || math->len == 0)
        return bad_math(why, "truncated", whole);
    if (out->sign == '/' && out->count != 1)
        return bad_math(why, "rounding `/` can only be used on single unit types in", whole);
    if (!unit_of(math->at[0], &out->unit))
        return bad_unit(why, math->at[0], whole);
    *math = slice_from(*math, 1);
    return OK;
}

static int64_t do_step(const struct step *s, const struct date_zone *z, bool round_up, int64_t ms)
{
    if (s->sign != '/')
        return add_units(ms, s->sign == '-' ? -s->count : s->count, s->unit, z);
    ms = date_floor(ms, s->unit, z);
    return round_up ? date_next(ms, s->unit, z) - 1 : ms;
}

static enum err apply(struct slice math, const struct date_zone *z, bool round_up, int64_t ms,
                      int64_t *out_ms, struct fault *why)
{
    struct slice whole = math;
    while (math.len > 0) {
        struct step step;
        enum err e = take_step(&math, whole, &step, why);
        if (e)
            return e;
        ms = do_step(&step, z, round_up, ms);
        if (ms < DATE_MS_MIN || ms > DATE_MS_MAX)
            return bad_math(why, "out of the calendar:", whole);
    }
    *out_ms = ms;
    return OK;
}

static bool find_bars(struct slice text, size_t *out_at)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] == '|' && text.at[i + 1] == '|') {
            *out_at = i;
            return true;
        }
    }
    return false;
}

// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
enum err date_parse_math(struct slice text, struct slice format, const struct date_zone *z,
                         bool round_up, int64_t now_ms, int64_t *out_ms, struct fault *why)
{
    z = z ? z : date_zone_utc();
    int64_t ms = date_within_calendar(now_ms);
    size_t at = 0;
    if (slice_starts(text, slice_text("now")))
        return apply(slice_from(text, 3), z, round_up, ms, out_ms, why);
    if (!find_bars(text, &at))
        return date_parse(text, format, z, round_up, out_ms, why);
    enum err e = date_parse(slice_of(text.at, at), format, z, false, &ms, why);
    return e ? e : apply(slice_from(text, at + 2), z, round_up, ms, out_ms, why);
}
