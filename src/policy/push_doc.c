// SPDX-License-Identifier: Apache-2.0
#include "policy/push_doc.h"

#include "base/date.h"
#include "base/num.h"

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

static int digits_of(const uint8_t *at, int count)
{
    int value = 0;
    bool good = true;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)at[i] - '0';
        good &= digit <= 9;
        value = value * 10 + (int)digit;
    }
    return good ? value : -1;
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

// "2026-01-02T03:04:05.678Z", the form that nearly every client writes.  Whatever is not
// quite that, leap seconds too, is left to the reader of all forms.
static bool usual_time(struct slice text, int64_t *out_ms)
{
    if (text.len != TIME_BYTES)
        return false;
    const uint8_t *t = text.at;
    int year = digits_of(t, 4);
    int month = digits_of(t + 5, 2);
    int day = digits_of(t + 8, 2);
    int hour = digits_of(t + 11, 2);
    int minute = digits_of(t + 14, 2);
    int second = digits_of(t + 17, 2);
    int ms = digits_of(t + 20, 3);
    bool good = t[4] == '-' && t[7] == '-' && t[10] == 'T' && t[13] == ':' && t[16] == ':' &&
                t[19] == '.' && t[23] == 'Z' && year >= 0 && ms >= 0;
    good = good && month >= 1 && month <= 12 && day >= 1 && hour >= 0 && hour <= 23;
    good = good && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
    if (!good || day > days_in(year, month))
        return false;
    *out_ms = (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static enum err raw_date(struct slice text, struct raw *out, struct fault *why)
{
    int64_t ms = 0;
    if (usual_time(text, &ms))
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
