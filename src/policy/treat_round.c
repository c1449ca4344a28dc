// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "policy/duration.h"
#include "policy/put.h"
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

static enum err declare(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why)
{
    (void)policy;
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

static bool round_f64(const struct sieve_column *to, double *number)
{
    double step = to->declared->round_number;
    *number = floor(*number / step) * step;
    return isfinite(*number);
}

static enum err round_i64(const struct sieve_column *to, int64_t *number, struct fault *why)
{
    int64_t step =
        to->declared->round_ms ? to->declared->round_ms : (int64_t)to->declared->round_number;
    int64_t over = *number % step;
    if (__builtin_sub_overflow(*number, over < 0 ? over + step : over, number) ||
        (to->field->type == FIELD_INTEGER && *number < INT32_MIN))
        return fail(why, ERR_INVALID, "a number is too small to be rounded down");
    return OK;
}

static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    return to->field->type == FIELD_DOUBLE ? put_f64(to, row, value, round_f64, why)
                                           : put_i64(to, row, value, round_i64, why);
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
