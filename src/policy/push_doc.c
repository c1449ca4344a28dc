// SPDX-License-Identifier: Apache-2.0
#include "policy/push_doc.h"

#include "base/date.h"
#include "base/num.h"

#include <endian.h>
#include <math.h>

enum { YEAR_DIGITS = 4, TIME_BYTES = 24 };

static const double exact_in_double = 9007199254740992.0; // 2^53

static bool is_integer_text(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((text.at[i] < '0' || text.at[i] > '9') && !(i == 0 && text.at[i] == '-'))
            return false;
    }
    return text.len > 0;
}

static enum err time_of_ms(int64_t ms, struct raw *out, struct fault *why)
{
    *out = (struct raw){.type = RAW_TIME_US};
    if (__builtin_mul_overflow(ms, 1000, &out->i64) || out->i64 == INT64_MAX)
        return fail(why, ERR_INVALID, "a number is no date");
    return OK;
}

static bool is_whole_type(enum field_type as)
{
    return as == FIELD_LONG || as == FIELD_INTEGER || as == FIELD_DATE || as == FIELD_BOOLEAN;
}

static enum err raw_number(struct slice text, enum field_type as, struct raw *out,
                           struct fault *why)
{
    *out = (struct raw){.type = RAW_I64};
    bool is_whole = as != FIELD_DOUBLE && is_integer_text(text) && !parse_i64(text, &out->i64);
    if (!is_whole) {
        if (parse_f64(text, &out->f64))
            return fail(why, ERR_INVALID, "a number is too large");
        out->type = RAW_F64;
        if (is_whole_type(as) && trunc(out->f64) == out->f64 && fabs(out->f64) <= exact_in_double)
            *out = (struct raw){.type = RAW_I64, .i64 = (int64_t)out->f64};
    }
    if (as == FIELD_DATE && out->type == RAW_I64)
        return time_of_ms(out->i64, out, why);
    return OK;
}

// Days since 1970 of a day of the civil calendar (Howard Hinnant, chrono-compatible
// low-level date algorithms); for the years 0 to 9999 that the form has.
static int64_t days_of(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int of_era = year - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)era * 146097 + (int64_t)of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static int days_in(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leaps ? 29 : days[month - 1];
}

// Eight characters, less those of `form` ('0' where a digit stands); false unless digits
// are digits and the rest is as in the form.  `above`: 0x76 for a digit, which lifts what is over 9
// into the top bit, and 0x7f for the rest, which lifts what is not 0.
static bool take_eight(const uint8_t *at, uint64_t form, uint64_t above, uint64_t *out)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    word = le64toh(word) ^ form;
    *out = word;
    return (((word + above) | word) & 0x8080808080808080) == 0;
}

static int two(uint64_t word, unsigned at)
{
    return (int)((word >> 8 * at & 0xf) * 10 + (word >> 8 * (at + 1) & 0xf));
}

// The form that nearly every client writes.  Whatever is not quite that, leap seconds too,
// is left to the reader of all forms.
bool push_usual_time(struct slice text, int64_t *out_ms)
{
    uint64_t date;  // 2026-01-
    uint64_t hours; // 02T03:04
    uint64_t rest;  // :05.678Z
    if (text.len != TIME_BYTES ||
        !take_eight(text.at, 0x2d30302d30303030, 0x7f76767f76767676, &date) ||
        !take_eight(text.at + 8, 0x30303a3030543030, 0x76767f76767f7676, &hours) ||
        !take_eight(text.at + 16, 0x5a3030302e30303a, 0x7f7676767f76767f, &rest))
        return false;
    int year = two(date, 0) * 100 + two(date, 2);
    int month = two(date, 5);
    int day = two(hours, 0);
    int hour = two(hours, 3);
    int minute = two(hours, 6);
    int second = two(rest, 1);
    int ms = two(rest, 4) * 10 + (int)(rest >> 48 & 0xf);
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    *out_ms = (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static enum err raw_date(struct slice text, struct raw *out, struct fault *why)
{
    int64_t ms = 0;
    if (push_usual_time(text, &ms))
        return time_of_ms(ms, out, why);
    bool is_ms = is_integer_text(text) && (text.len > YEAR_DIGITS || text.at[0] == '-');
    if (is_ms && parse_i64(text, &ms) == OK)
        return time_of_ms(ms, out, why);
    *out = (struct raw){.type = RAW_TEXT, .text = text};
    return OK;
}

enum err push_scalar_raw(const struct push_scalar *v, enum field_type as, struct raw *out,
                         struct fault *why)
{
    switch (v->type) {
    case JSON_NULL:
        *out = (struct raw){.type = RAW_NULL};
        return OK;
    case JSON_BOOL:
        *out = (struct raw){.type = RAW_BOOL, .i64 = v->truth};
        return OK;
    case JSON_NUMBER:
        return raw_number(v->text, as, out, why);
    case JSON_STRING:
        if (as == FIELD_DATE)
            return raw_date(v->text, out, why);
        *out = (struct raw){.type = RAW_TEXT, .text = v->text};
        return OK;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return fail(why, ERR_INVALID, "%s is no %s", json_type_name(v->type), field_type_name(as));
}

enum err push_json_raw(const struct json *v, enum field_type as, struct raw *out, struct fault *why)
{
    static const struct json none = {.type = JSON_NULL};
    if (v->type == JSON_ARRAY && v->count > 1)
        return fail(why, ERR_INVALID, "an array of %u values, where a column holds one", v->count);
    if (v->type == JSON_ARRAY)
        v = v->count ? &v->items[0] : &none;
    const struct push_scalar scalar = {.type = v->type, .truth = v->truth, .text = v->text};
    return push_scalar_raw(&scalar, as, out, why);
}

enum err push_flat_raw(const struct flat_value *v, enum field_type as, struct raw *out,
                       struct fault *why)
{
    if (v->is_integer && as != FIELD_DOUBLE) {
        if (as == FIELD_DATE)
            return time_of_ms(v->number, out, why);
        *out = (struct raw){.type = RAW_I64, .i64 = v->number};
        return OK;
    }
    const struct push_scalar scalar = {.type = v->type, .truth = v->truth, .text = v->text};
    return push_scalar_raw(&scalar, as, out, why);
}
