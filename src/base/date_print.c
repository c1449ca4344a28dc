// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "base/num.h"

struct moment {
    struct date_civil c;
    int64_t offset_seconds;
    int64_t days; // since 1970, local
};

static void put_number(struct buf *out, int32_t value, int digits)
{
    print_u64(out, (uint64_t)value, (unsigned)digits);
}

static void put_year(struct buf *out, int32_t year, int count)
{
    if (count == 2) {
        put_number(out, (year % 100 + 100) % 100, 2);
        return;
    }
    if (year < 0)
        buf_u8(out, '-');
    put_number(out, year < 0 ? -year : year, count);
}

static void put_month(struct buf *out, int32_t month, int count)
{
    const char *name = date_month_names[month - 1];
    if (count < 3)
        put_number(out, month, count);
    else
        buf_bytes(out, name, count == 3 ? 3 : strlen(name));
}

static void put_fraction(struct buf *out, int32_t millis, int digits)
{
    int32_t unit = 100;
    for (int i = 0; i < digits && i < 9; i++, unit /= 10)
        buf_u8(out, (uint8_t)('0' + (unit ? millis / unit % 10 : 0)));
}

// X: "Z" for UTC; +hh, +hhmm, +hh:mm by count.  x: the same without the "Z".
static void put_offset(struct buf *out, int64_t seconds, char letter, int count)
{
    bool has_z = letter == 'X' || letter == 'V' || letter == 'z' || (letter == 'Z' && count > 3);
    if (seconds == 0 && has_z) {
        buf_u8(out, 'Z');
        return;
    }
    int32_t minutes = (int32_t)((seconds < 0 ? -seconds : seconds) / 60);
    bool has_colon = letter == 'Z' ? count > 3 : letter == 'V' || letter == 'z' || count == 3;
    bool is_short = (letter == 'X' || letter == 'x') && count == 1 && minutes % 60 == 0;
    buf_u8(out, seconds < 0 ? '-' : '+');
    put_number(out, minutes / 60, 2);
    if (is_short)
        return;
    if (has_colon)
        buf_u8(out, ':');
    put_number(out, minutes % 60, 2);
}

static void put_weekday(struct buf *out, int64_t days, int count)
{
    const char *name = date_day_names[(days + 3) - floor_div(days + 3, 7) * 7];
    buf_bytes(out, name, count <= 3 ? 3 : strlen(name));
}

static void put_hour(struct buf *out, int32_t hour, const struct pattern_part *part)
{
    int32_t value = hour;
    if (part->letter == 'h')
        value = hour % 12 ? hour % 12 : 12;
    else if (part->letter == 'K')
        value = hour % 12;
    else if (part->letter == 'k')
        value = hour ? hour : 24;
    put_number(out, value, part->count);
}

static void put_letter(struct buf *out, const struct moment *m, const struct pattern_part *part)
{
    switch (part->letter) {
    case 'y':
    case 'u':
        put_year(out, m->c.year, part->count);
        break;
    case 'M':
    case 'L':
        put_month(out, m->c.month, part->count);
        break;
    case 'd':
        put_number(out, m->c.day, part->count);
        break;
    case 'D':
        put_number(out, (int32_t)(m->days - days_from_civil(m->c.year, 1, 1)) + 1, part->count);
        break;
    case 'm':
        put_number(out, m->c.minute, part->count);
        break;
    case 's':
        put_number(out, m->c.second, part->count);
        break;
    case 'S':
        put_fraction(out, m->c.millis, part->count);
        break;
    case 'n':
        put_number(out, m->c.millis * 1000000, part->count);
        break;
    case 'a':
        buf_text(out, m->c.hour < 12 ? "AM" : "PM");
        break;
    case 'E':
        put_weekday(out, m->days, part->count);
        break;
    case 'H':
    case 'h':
    case 'k':
    case 'K':
        put_hour(out, m->c.hour, part);
        break;
    default: // the zone letters; date_format_find() has refused all others
        put_offset(out, m->offset_seconds, part->letter, part->count);
        break;
    }
}

static void print_pattern(struct buf *out, int64_t ms, struct slice pattern,
                          const struct date_zone *z)
{
    int64_t offset = date_zone_offset_ms(z, ms);
    struct moment m = {
        .c = date_to_civil(ms + offset),
        .offset_seconds = offset / MS_PER_SECOND,
        .days = floor_div(ms + offset, MS_PER_DAY),
    };
    struct pattern_part part;
    while (pattern_next(&pattern, &part)) {
        if (part.letter)
            put_letter(out, &m, &part);
        else
            buf_slice_add(out, part.literal);
    }
}

// What nearly every answer has, without a walk over its pattern: 2024-02-29T12:00:00.000Z.
static void print_utc(struct buf *out, int64_t ms)
{
    enum { UTC_BYTES = 24 };

    struct date_civil c = date_to_civil(ms);
    const int32_t numbers[] = {c.year / 100, c.year % 100, c.month,  c.day,
                               c.hour,       c.minute,     c.second, c.millis / 10};
    static const uint8_t places[] = {0, 2, 5, 8, 11, 14, 17, 20};
    uint8_t *text = buf_room(out, UTC_BYTES);
    if (!text)
        return;
    memcpy(text, "0000-00-00T00:00:00.000Z", UTC_BYTES);
    for (size_t i = 0; i < sizeof places; i++) {
        text[places[i]] = (uint8_t)('0' + numbers[i] / 10);
        text[places[i] + 1] = (uint8_t)('0' + numbers[i] % 10);
    }
    text[22] = (uint8_t)('0' + c.millis % 10);
}

static void print_seconds(struct buf *out, int64_t ms)
{
    int64_t seconds = ms / MS_PER_SECOND;
    int32_t left = (int32_t)(ms % MS_PER_SECOND);
    if (ms < 0 && seconds == 0)
        buf_u8(out, '-');
    buf_print(out, "%lld", (long long)seconds);
    if (left)
        buf_print(out, ".%03d", left < 0 ? -left : left);
}

// The year 0 begins; from here on the year has four digits and no sign.
#define YEAR_0_MS (-62167219200000)

enum err date_print(struct buf *out, int64_t ms, struct slice format, const struct date_zone *z,
                    struct fault *why)
{
    struct slice list = format.len ? format : slice_text("strict_date_optional_time");
    struct slice name = list;
    struct date_format one;
    if (!date_format_next(&list, &name))
        return fail(why, ERR_INVALID, "No date pattern provided");
    enum err e = date_format_find(name, &one, why);
    if (e)
        return e;
    ms = one.kind == FORMAT_EPOCH_MILLIS ? ms : date_within_calendar(ms);
    z = z ? z : date_zone_utc();
    switch (one.kind) {
    case FORMAT_EPOCH_MILLIS:
        buf_print(out, "%lld", (long long)ms);
        break;
    case FORMAT_EPOCH_SECOND:
        print_seconds(out, ms);
        break;
    case FORMAT_OPTIONAL_TIME:
        if (z == date_zone_utc() && ms >= YEAR_0_MS) {
            print_utc(out, ms);
            break;
        }
        print_pattern(out, ms, slice_text("yyyy-MM-dd'T'HH:mm:ss.SSSXXX"), z);
        break;
    case FORMAT_PATTERN:
        print_pattern(out, ms, one.pattern, z);
        break;
    }
    return OK;
}
