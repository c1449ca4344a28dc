// SPDX-License-Identifier: Apache-2.0
#include "base/date_private.h"
#include "base/num.h"

#include <strings.h>

enum { TEXT_BYTES_MAX = 128, WORDS_BYTES = 120 };

enum field { YEAR, MONTH, DAY, YEAR_DAY, HOUR, HALF_DAY_HOUR, MINUTE, SECOND, MILLIS, FIELD_COUNT };

// What the text said so far.
struct fields {
    struct slice rest;
    int32_t value[FIELD_COUNT];
    bool given[FIELD_COUNT];
    bool is_afternoon;
    const struct date_zone *zone; // NULL until the text names one
};

static bool take(struct fields *f, uint8_t c)
{
    if (f->rest.len == 0 || f->rest.at[0] != c)
        return false;
    f->rest = slice_from(f->rest, 1);
    return true;
}

static size_t digits_ahead(struct slice s, size_t max)
{
    size_t count = 0;
    while (count < s.len && count < max && (uint8_t)(s.at[count] - '0') < 10)
        count++;
    return count;
}

static bool take_number(struct fields *f, size_t digits_min, size_t digits_max, int32_t *out)
{
    size_t count = digits_ahead(f->rest, digits_max);
    if (count < digits_min)
        return false;
    int32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (f->rest.at[i] - '0');
    f->rest = slice_from(f->rest, count);
    *out = value;
    return true;
}

static bool take_field(struct fields *f, enum field which, size_t digits_min, size_t digits_max)
{
    f->given[which] = true;
    return take_number(f, digits_min, digits_max, &f->value[which]);
}

static bool take_year(struct fields *f, bool is_strict)
{
    bool negative = take(f, '-');
    if (!take_field(f, YEAR, is_strict ? 4 : 1, 4))
        return false;
    if (negative)
        f->value[YEAR] = -f->value[YEAR];
    return true;
}

// Up to nine digits; more than milliseconds are cut.
static bool take_fraction(struct fields *f, size_t digits_min)
{
    size_t count = digits_ahead(f->rest, 9);
    int32_t millis = 0;
    for (size_t i = 0; i < 3; i++)
        millis = millis * 10 + (i < count ? f->rest.at[i] - '0' : 0);
    f->rest = slice_from(f->rest, count);
    f->value[MILLIS] = millis;
    f->given[MILLIS] = true;
    return count >= digits_min;
}

static bool is_zone_character(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || (c && strchr("+-:/_", c));
}

static bool take_zone(struct fields *f)
{
    size_t len = 0;
    while (len < f->rest.len && is_zone_character(f->rest.at[len]))
        len++;
    struct slice name = slice_of(f->rest.at, len);
    f->rest = slice_from(f->rest, len);
    return date_zone_get(name, &f->zone, NULL) == OK;
}

static bool parse_time(struct fields *f, bool is_strict)
{
    size_t least = is_strict ? 2 : 1;
    if (f->rest.len == 0) // a bare "T" at the end
        return true;
    if (!take_field(f, HOUR, least, 2))
        return false;
    if (take(f, ':')) {
        if (!take_field(f, MINUTE, least, 2))
            return false;
        if (take(f, ':')) {
            if (!take_field(f, SECOND, least, 2))
                return false;
            if ((take(f, '.') || take(f, ',')) && !take_fraction(f, 1))
                return false;
        }
    }
    return f->rest.len == 0 || take_zone(f);
}

static bool parse_optional_time(struct fields *f, bool is_strict)
{
    size_t least = is_strict ? 2 : 1;
    if (!take_year(f, is_strict))
        return false;
    if (take(f, '-')) {
        if (!take_field(f, MONTH, least, 2))
            return false;
        if (take(f, '-') && !take_field(f, DAY, least, 2))
            return false;
    }
    return take(f, 'T') ? parse_time(f, is_strict) : true;
}

// A name of the list in full, or with `short_len` > 0 its first letters; any case.
static bool take_name(struct fields *f, const char *const *names, int count, size_t short_len,
                      int *out_at)
{
    for (int i = 0; i < count; i++) {
        size_t len = short_len ? short_len : strlen(names[i]);
        if (f->rest.len >= len && strncasecmp((const char *)f->rest.at, names[i], len) == 0) {
            f->rest = slice_from(f->rest, len);
            *out_at = i;
            return true;
        }
    }
    return false;
}

static bool take_month(struct fields *f, int count, size_t digits_min)
{
    int at = 0;
    if (count < 3)
        return take_field(f, MONTH, digits_min, 2);
    if (!take_name(f, date_month_names, 12, count == 3 ? 3 : 0, &at))
        return false;
    f->value[MONTH] = at + 1;
    f->given[MONTH] = true;
    return true;
}

static bool take_half_day(struct fields *f)
{
    static const char *const halves[] = {"AM", "PM"};
    int at = 0;
    if (!take_name(f, halves, 2, 0, &at))
        return false;
    f->is_afternoon = at == 1;
    return true;
}

static bool take_pattern_year(struct fields *f, int count, bool is_strict)
{
    if (count != 2)
        return take_year(f, is_strict && count > 2);
    if (!take_field(f, YEAR, 2, 2))
        return false;
    f->value[YEAR] += 2000;
    return true;
}

static bool take_letter(struct fields *f, const struct pattern_part *part, bool is_strict)
{
    size_t least = is_strict && part->count > 1 ? 2 : 1;
    int ignored = 0;
    switch (part->letter) {
    case 'y':
    case 'u':
        return take_pattern_year(f, part->count, is_strict);
    case 'M':
    case 'L':
        return take_month(f, part->count, least);
    case 'd':
        return take_field(f, DAY, least, 2);
    case 'D':
        return take_field(f, YEAR_DAY, part->count > 1 ? (size_t)part->count : 1, 3);
    case 'H':
        return take_field(f, HOUR, least, 2);
    case 'h':
        return take_field(f, HALF_DAY_HOUR, least, 2);
    case 'm':
        return take_field(f, MINUTE, least, 2);
    case 's':
        return take_field(f, SECOND, least, 2);
    case 'S':
        return take_fraction(f, is_strict ? (size_t)(part->count < 9 ? part->count : 9) : 1);
    case 'a':
        return take_half_day(f);
    case 'E':
        return take_name(f, date_day_names, 7, part->count <= 3 ? 3 : 0, &ignored);
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
    case 'V':
        return take_zone(f);
    default: // letters that only print
        return false;
    }
}

static bool parse_pattern(struct fields *f, const struct date_format *format)
{
    struct slice pattern = format->pattern;
    struct pattern_part part;
    while (pattern_next(&pattern, &part)) {
        if (part.letter) {
            if (!take_letter(f, &part, format->is_strict))
                return false;
        } else if (slice_starts(f->rest, part.literal)) {
            f->rest = slice_from(f->rest, part.literal.len);
        } else {
            return false;
        }
    }
    return true;
}

static bool in_range(const struct fields *f)
{
    static const int32_t least[FIELD_COUNT] = {-9999, 1, 1, 1, 0, 1, 0, 0, 0};
    static const int32_t most[FIELD_COUNT] = {9999, 12, 31, 366, 23, 12, 59, 59, 999};
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (f->given[i] && (f->value[i] < least[i] || f->value[i] > most[i]))
            return false;
    }
    return true;
}

// As Elasticsearch: a missing month or day is the first also when rounding up, a missing
// hour, minute, second or fraction is then the last.
static void fill_missing(struct fields *f, bool round_up)
{
    static const int32_t low[FIELD_COUNT] = {1970, 1, 1, 1, 0, 12, 0, 0, 0};
    static const int32_t high[FIELD_COUNT] = {1970, 1, 1, 1, 23, 12, 59, 59, 999};
    if (f->given[HALF_DAY_HOUR]) {
        f->value[HOUR] = f->value[HALF_DAY_HOUR] % 12 + (f->is_afternoon ? 12 : 0);
        f->given[HOUR] = true;
    }
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!f->given[i])
            f->value[i] = round_up ? high[i] : low[i];
    }
}

static bool resolve(struct fields *f, const struct date_zone *z, bool round_up, int64_t *out_ms)
{
    if (f->rest.len > 0 || !in_range(f))
        return false;
    fill_missing(f, round_up);
    struct date_civil c = {
        .year = f->value[YEAR],
        .month = f->value[MONTH],
        .day = f->value[DAY],
        .hour = f->value[HOUR],
        .minute = f->value[MINUTE],
        .second = f->value[SECOND],
        .millis = f->value[MILLIS],
    };
    if (c.day > days_in_month(c.year, c.month))
        return false;
    if (f->given[YEAR_DAY]) {
        c.month = 1;
        c.day = f->value[YEAR_DAY];
        if (c.day > 337 + days_in_month(c.year, 2))
            return false;
    }
    *out_ms = date_zone_to_utc(f->zone ? f->zone : z, date_from_civil(&c));
    return true;
}

// [-]digits[.digits]; the fraction is of the unit and rounds down.
static bool parse_epoch(struct slice text, int64_t unit_ms, int64_t *out_ms)
{
    const uint8_t *point = text.len ? memchr(text.at, '.', text.len) : NULL;
    struct slice whole = point ? slice_of(text.at, (size_t)(point - text.at)) : text;
    int64_t count = 0;
    if (parse_i64(whole, &count) != OK || count > DATE_MS_MAX / unit_ms ||
        count < DATE_MS_MIN / unit_ms)
        return false;
    int64_t ms = count * unit_ms;
    if (point) {
        struct slice digits = slice_from(text, whole.len + 1);
        size_t len = digits_ahead(digits, 9);
        if (len == 0 || len < digits.len)
            return false;
        int64_t parts = 0;
        for (size_t i = 0; i < 9; i++)
            parts = parts * 10 + (i < len ? digits.at[i] - '0' : 0);
        bool negative = text.at[0] == '-';
        ms += floor_div((negative ? -parts : parts) * unit_ms, 1000000000);
    }
    *out_ms = ms;
    return true;
}

static bool parse_one(struct slice text, const struct date_format *format,
                      const struct date_zone *z, bool round_up, int64_t *out_ms)
{
    struct fields f = {.rest = text};
    switch (format->kind) {
    case FORMAT_EPOCH_MILLIS:
        return parse_epoch(text, 1, out_ms);
    case FORMAT_EPOCH_SECOND:
        return parse_epoch(text, MS_PER_SECOND, out_ms);
    case FORMAT_OPTIONAL_TIME:
        return parse_optional_time(&f, format->is_strict) && resolve(&f, z, round_up, out_ms);
    case FORMAT_PATTERN:
        return parse_pattern(&f, format) && resolve(&f, z, round_up, out_ms);
    }
    return false;
}

enum err date_parse(struct slice text, struct slice format, const struct date_zone *z,
                    bool round_up, int64_t *out_ms, struct fault *why)
{
    if (format.len == 0)
        format = slice_text("strict_date_optional_time||epoch_millis");
    struct slice rest = format;
    struct slice name;
    while (text.len <= TEXT_BYTES_MAX && date_format_next(&rest, &name)) {
        struct date_format one;
        enum err e = date_format_find(name, &one, why);
        if (e)
            return e;
        if (parse_one(text, &one, z ? z : date_zone_utc(), round_up, out_ms))
            return OK;
    }
    return fail(why, ERR_INVALID, "failed to parse date field [%.*s] with format [%.*s]",
                text.len < WORDS_BYTES ? (int)text.len : WORDS_BYTES, (const char *)text.at,
                format.len < WORDS_BYTES ? (int)format.len : WORDS_BYTES, (const char *)format.at);
}
