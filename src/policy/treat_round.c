// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "policy/coerce.h"
#include "policy/duration.h"
#include "policy/sieve_column.h"
#include "policy/treatment.h"

#include <math.h>

static const char *const wanted[] = {"to", "as", "allow", NULL};

// `to: 1h` is of times, `to: 10` of numbers: a double unless `as` says long or integer,
// whose step is whole then.
static enum err declare_number(const struct yaml_tree *as, struct policy_column *out,
                               struct field *field, struct fault *why)
{
    field->type = FIELD_DOUBLE;
    if (as && (as->kind != YAML_TEXT || field_type_parse(slice_text(as->text), &field->type)))
        field->type = FIELD_KEYWORD; // no type of numbers either; refused below
    bool whole = field->type == FIELD_LONG || field->type == FIELD_INTEGER;
    if (!whole && field->type != FIELD_DOUBLE)
        return yaml_fail(why, as->line,
                         "column %s: a rounded number is as: double, long or integer", out->name);
    if (whole && (out->round_number != floor(out->round_number) || out->round_number > 1e9))
        return yaml_fail(why, out->line,
                         "column %s: a step of whole numbers is whole, up to 1000000000",
                         out->name);
    return OK;
}

static enum err declare(const struct yaml_tree *column, struct policy_column *out,
                        struct field *field, struct fault *why)
{
    const struct yaml_tree *to = yaml_tree_get(column, "to");
    const struct yaml_tree *as = yaml_tree_get(column, "as");
    if (!to || to->kind != YAML_TEXT)
        return yaml_fail(why, out->line, "column %s: round needs a step: to: 1h, or to: 10",
                         out->name);
    if (parse_f64(slice_text(to->text), &out->round_number) == OK && out->round_number > 0)
        return declare_number(as, out, field, why);
    out->round_number = 0;
    if (duration_parse(to->text, &out->round_ms))
        return yaml_fail(why, to->line,
                         "column %s: to is a number over 0, or a time such as 30s, 5m, 1h, 1d, 1w",
                         out->name);
    if (as && (as->kind != YAML_TEXT || strcmp(as->text, "date") != 0))
        return yaml_fail(why, as->line, "column %s: a rounded time is a date", out->name);
    field->type = FIELD_DATE;
    return OK;
}

static enum err round_f64(struct sieve_column *to, uint32_t row, const struct raw *value,
                          struct fault *why)
{
    double number = 0;
    bool missing = false;
    enum err e = coerce_f64(value, &number, &missing, why);
    if (e)
        return e;
    double step = to->declared->round_number;
    double rounded = missing ? 0 : floor(number / step) * step;
    if (missing || !isfinite(rounded))
        sieve_column_missing(to, row);
    else
        sieve_column_f64(to, row, rounded);
    return OK;
}

static enum err round_i64(struct sieve_column *to, uint32_t row, const struct raw *value,
                          struct fault *why)
{
    int64_t number = 0;
    bool missing = false;
    enum err e = coerce_i64(value, to->field->type, &number, &missing, why);
    if (e)
        return e;
    if (missing) {
        sieve_column_missing(to, row);
        return OK;
    }
    int64_t step =
        to->declared->round_ms ? to->declared->round_ms : (int64_t)to->declared->round_number;
    int64_t over = number % step;
    if (__builtin_sub_overflow(number, over < 0 ? over + step : over, &number))
        return fail(why, ERR_INVALID, "a number is too small to be rounded down");
    if (to->field->type == FIELD_INTEGER && number < INT32_MIN)
        return fail(why, ERR_INVALID, "a number is too small to be rounded down");
    sieve_column_i64(to, row, number);
    return OK;
}

static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    return to->field->type == FIELD_DOUBLE ? round_f64(to, row, value, why)
                                           : round_i64(to, row, value, why);
}

// Not scanned: what enters is a number on the declared grid, never a text.
const struct treatment treat_round = {
    .name = "round",
    .reveals = "In which step of its grid the value lies; many rows share a step, a rare one "
               "may stand alone.",
    .enters = true,
    .watched = true,
    .wanted = wanted,
    .declare = declare,
    .apply = apply,
};
