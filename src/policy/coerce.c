// SPDX-License-Identifier: Apache-2.0
#include "policy/coerce.h"

#include "base/date.h"
#include "base/num.h"
#include "policy/raw_text.h"

#include <math.h>

static const int64_t exact_in_double = (int64_t)1 << 53;

static enum err no(const struct raw *value, const char *type, struct fault *why)
{
    return fail(why, ERR_INVALID, "%s is no %s", raw_type_name(value->type), type);
}

static enum err to_long(const struct raw *value, int64_t *out, struct fault *why)
{
    if (value->type == RAW_I64) {
        *out = value->i64;
        return OK;
    }
    if (value->type == RAW_TEXT && parse_i64(value->text, out) == OK)
        return OK;
    return no(value, "long", why);
}

static enum err to_integer(const struct raw *value, int64_t *out, struct fault *why)
{
    int64_t wide = 0;
    if (to_long(value, &wide, NULL) || wide < INT32_MIN || wide > INT32_MAX)
        return no(value, "integer", why);
    *out = wide;
    return OK;
}

static bool truth_of(struct slice text, int64_t *out)
{
    *out = slice_is(text, "true") || slice_is(text, "t");
    return *out || slice_is(text, "false") || slice_is(text, "f");
}

static enum err to_boolean(const struct raw *value, int64_t *out, struct fault *why)
{
    bool is_truth = value->type == RAW_BOOL || value->type == RAW_I64;
    if (is_truth && (value->i64 == 0 || value->i64 == 1)) {
        *out = value->i64;
        return OK;
    }
    if (value->type == RAW_TEXT && truth_of(value->text, out))
        return OK;
    return no(value, "boolean", why);
}

// Milliseconds, rounded down also before 1970.
static enum err to_date(const struct raw *value, int64_t *out, bool *out_missing, struct fault *why)
{
    if (value->type == RAW_TIME_US) {
        *out_missing = value->i64 == INT64_MIN || value->i64 == INT64_MAX;
        *out = value->i64 / 1000 - (value->i64 % 1000 < 0);
        return OK;
    }
    if (value->type == RAW_TEXT && date_parse(value->text, slice_text("strict_date_optional_time"),
                                              date_zone_utc(), false, out, NULL) == OK)
        return OK;
    return no(value, "date", why);
}

enum err coerce_i64(const struct raw *value, enum field_type as, int64_t *out, bool *out_missing,
                    struct fault *why)
{
    *out_missing = false;
    switch (as) {
    case FIELD_LONG:
        return to_long(value, out, why);
    case FIELD_INTEGER:
        return to_integer(value, out, why);
    case FIELD_BOOLEAN:
        return to_boolean(value, out, why);
    case FIELD_DATE:
        return to_date(value, out, out_missing, why);
    case FIELD_KEYWORD:
    case FIELD_PSEUDONYM:
    case FIELD_DOUBLE:
    case FIELD_SEALED:
    case FIELD_TYPE_COUNT:
        break;
    }
    return no(value, field_type_name(as), why);
}

// PostgreSQL's numeric comes as text and may be one of these.
static bool is_formless(struct slice text)
{
    return slice_is(text, "NaN") || slice_is(text, "Infinity") || slice_is(text, "-Infinity");
}

enum err coerce_f64(const struct raw *value, double *out, bool *out_missing, struct fault *why)
{
    *out_missing = false;
    if (value->type == RAW_F64) {
        *out = value->f64;
        *out_missing = !isfinite(value->f64);
        return OK;
    }
    if (value->type == RAW_I64 && value->i64 >= -exact_in_double && value->i64 <= exact_in_double) {
        *out = (double)value->i64;
        return OK;
    }
    if (value->type == RAW_TEXT && is_formless(value->text)) {
        *out_missing = true;
        return OK;
    }
    if (value->type == RAW_TEXT && parse_f64(value->text, out) == OK)
        return OK;
    return no(value, "double", why);
}
