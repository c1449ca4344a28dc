// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"

#include <math.h>

// Arithmetic.  Whole numbers stay whole and going past 64 bits ends the question; a division by
// zero is NULL.

enum { MONTHS_MAX = 240000 }; // of an interval: 20000 years

static bool both_whole(const struct cell *a)
{
    return a[0].type != SQL_DOUBLE && a[1].type != SQL_DOUBLE;
}

static void put_whole(struct evaluation *v, bool is_over, const int64_t *n, struct cell *out)
{
    if (is_over)
        evaluation_fail(v, "long overflow");
    *out = cell_i64(SQL_LONG, *n);
}

// A number that JSON has no form for is NULL.
static void put_double(double n, struct cell *out)
{
    *out = isfinite(n) ? cell_f64(n) : cell_null();
}

static bool is_interval(const struct cell *c)
{
    return c->type == SQL_MONTHS || c->type == SQL_SPAN;
}

static const struct date_zone *zone_of(const struct evaluation *v)
{
    return v->how.zone ? v->how.zone : date_zone_utc();
}

// A time and an interval; two intervals of one kind.
static void shift(struct evaluation *v, const struct cell *to, const struct cell *by, int sign,
                  struct cell *out)
{
    int64_t sum = 0;
    int64_t step = 0;
    bool is_over = __builtin_mul_overflow(by->i64, sign, &step);
    if (by->type == SQL_MONTHS && sql_type_is_time(to->type)) {
        if (step > MONTHS_MAX || step < -MONTHS_MAX)
            evaluation_fail(v, "an interval of more than 20000 years");
        else
            sum = time_add_months(to->i64, step, zone_of(v));
    } else {
        is_over = is_over || __builtin_add_overflow(to->i64, step, &sum);
    }
    if (is_over)
        evaluation_fail(v, "long overflow");
    // A part of a day after a day is a moment.
    bool is_moment = to->type == SQL_DATE && by->type == SQL_SPAN && step % MS_PER_DAY != 0;
    *out = cell_i64(is_moment ? SQL_DATETIME : to->type, sum);
}

static void add(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    int64_t n = 0;
    if (is_interval(&a[1]))
        shift(v, &a[0], &a[1], 1, out);
    else if (is_interval(&a[0]))
        shift(v, &a[1], &a[0], 1, out);
    else if (both_whole(a))
        put_whole(v, __builtin_add_overflow(a[0].i64, a[1].i64, &n), &n, out);
    else
        put_double(cell_number(&a[0]) + cell_number(&a[1]), out);
}

static void subtract(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    int64_t n = 0;
    if (is_interval(&a[1]))
        shift(v, &a[0], &a[1], -1, out);
    else if (sql_type_is_time(a[0].type))
        *out = cell_i64(SQL_SPAN, a[0].i64 - a[1].i64);
    else if (both_whole(a))
        put_whole(v, __builtin_sub_overflow(a[0].i64, a[1].i64, &n), &n, out);
    else
        put_double(cell_number(&a[0]) - cell_number(&a[1]), out);
}

static void multiply(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    int64_t n = 0;
    if (both_whole(a))
        put_whole(v, __builtin_mul_overflow(a[0].i64, a[1].i64, &n), &n, out);
    else
        put_double(cell_number(&a[0]) * cell_number(&a[1]), out);
}

static void divide(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    *out = cell_null();
    if (cell_number(&a[1]) == 0)
        return;
    int64_t n = 0;
    if (both_whole(a) && a[1].i64 == -1)
        put_whole(v, __builtin_sub_overflow((int64_t)0, a[0].i64, &n), &n, out);
    else if (both_whole(a))
        *out = cell_i64(SQL_LONG, a[0].i64 / a[1].i64);
    else
        put_double(cell_number(&a[0]) / cell_number(&a[1]), out);
}

static void modulo(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    *out = cell_null();
    if (cell_number(&a[1]) == 0)
        return;
    if (both_whole(a))
        *out = cell_i64(SQL_LONG, a[1].i64 == -1 ? 0 : a[0].i64 % a[1].i64);
    else
        put_double(fmod(cell_number(&a[0]), cell_number(&a[1])), out);
}

static void negate(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    int64_t n = 0;
    if (a[0].type == SQL_DOUBLE)
        *out = cell_f64(-a[0].f64);
    else
        put_whole(v, __builtin_sub_overflow((int64_t)0, a[0].i64, &n), &n, out);
    if (is_interval(&a[0]))
        out->type = a[0].type;
}

static void absolute(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    *out = a[0];
    if (cell_number(&a[0]) < 0)
        negate(v, a, count, out);
}

// To so many decimals; less than none rounds whole numbers too.
static void to_decimals(const struct cell *a, uint32_t count, double (*how)(double),
                        struct cell *out)
{
    double decimals = count > 1 ? cell_number(&a[1]) : 0;
    double n = cell_number(&a[0]);
    *out = a[0];
    if (a[0].type != SQL_DOUBLE && decimals >= 0)
        return;
    if (decimals > 15)
        return;
    double scale = pow(10, fabs(decimals));
    n = decimals < 0 ? how(n / scale) * scale : how(n * scale) / scale;
    if (a[0].type == SQL_DOUBLE)
        put_double(n, out);
    else
        *out = cell_i64(SQL_LONG, fabs(n) < 0x1p63 ? (int64_t)n : a[0].i64);
}

static void round_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    to_decimals(a, count, round, out);
}

static void truncate_of(struct evaluation *v, const struct cell *a, uint32_t count,
                        struct cell *out)
{
    (void)v;
    to_decimals(a, count, trunc, out);
}

// floor and ceil give whole numbers where these hold them.
static void put_step(double n, struct cell *out)
{
    *out = fabs(n) < 0x1p63 ? cell_i64(SQL_LONG, (int64_t)n) : cell_null();
}

static void floor_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    if (a[0].type == SQL_DOUBLE)
        put_step(floor(a[0].f64), out);
    else
        *out = a[0];
}

static void ceil_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    if (a[0].type == SQL_DOUBLE)
        put_step(ceil(a[0].f64), out);
    else
        *out = a[0];
}

static void sign_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    double n = cell_number(&a[0]);
    *out = cell_i64(SQL_INTEGER, (n > 0) - (n < 0));
}

#define OF_DOUBLE(name_, work_)                                                   \
    static void name_(struct evaluation *v, const struct cell *a, uint32_t count, \
                      struct cell *out)                                           \
    {                                                                             \
        (void)v;                                                                  \
        (void)count;                                                              \
        put_double(work_(cell_number(&a[0])), out);                               \
    }

OF_DOUBLE(square_root, sqrt)
OF_DOUBLE(cube_root, cbrt)
OF_DOUBLE(exponential, exp)
OF_DOUBLE(logarithm, log)
OF_DOUBLE(logarithm_10, log10)

static void power(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    put_double(pow(cell_number(&a[0]), cell_number(&a[1])), out);
}

static void pi(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)a;
    (void)count;
    *out = cell_f64(M_PI);
}

#define NUMBER(name_, min_, max_, gives_, evaluate_)                                     \
    {                                                                                    \
        .name = (name_), .args_min = (min_), .args_max = (max_), .takes = TAKES_NUMBERS, \
        .gives = (gives_), .evaluate = (evaluate_),                                      \
    }

#define SIGN(name_, takes_, gives_, evaluate_)                                               \
    {                                                                                        \
        .name = (name_), .args_min = 2, .args_max = 2, .takes = (takes_), .gives = (gives_), \
        .is_hidden = true, .evaluate = (evaluate_),                                          \
    }

static const struct function list[] = {
    SIGN("+", TAKES_ANY, GIVES_SUM, add),
    SIGN("-", TAKES_ANY, GIVES_SUM, subtract),
    SIGN("*", TAKES_NUMBERS, GIVES_NUMBER, multiply),
    SIGN("/", TAKES_NUMBERS, GIVES_NUMBER, divide),
    SIGN("%", TAKES_NUMBERS, GIVES_NUMBER, modulo),
    {.name = "NEGATE",
     .args_min = 1,
     .args_max = 1,
     .takes = TAKES_ANY,
     .gives = GIVES_FIRST,
     .is_hidden = true,
     .evaluate = negate},
    NUMBER("ABS", 1, 1, GIVES_FIRST, absolute),
    NUMBER("CBRT", 1, 1, GIVES_DOUBLE, cube_root),
    NUMBER("CEIL", 1, 1, GIVES_LONG, ceil_of),
    NUMBER("CEILING", 1, 1, GIVES_LONG, ceil_of),
    NUMBER("EXP", 1, 1, GIVES_DOUBLE, exponential),
    NUMBER("FLOOR", 1, 1, GIVES_LONG, floor_of),
    NUMBER("LN", 1, 1, GIVES_DOUBLE, logarithm),
    NUMBER("LOG", 1, 1, GIVES_DOUBLE, logarithm),
    NUMBER("LOG10", 1, 1, GIVES_DOUBLE, logarithm_10),
    NUMBER("MOD", 2, 2, GIVES_NUMBER, modulo),
    NUMBER("PI", 0, 0, GIVES_DOUBLE, pi),
    NUMBER("POWER", 2, 2, GIVES_DOUBLE, power),
    NUMBER("ROUND", 1, 2, GIVES_FIRST, round_of),
    NUMBER("SIGN", 1, 1, GIVES_INTEGER, sign_of),
    NUMBER("SQRT", 1, 1, GIVES_DOUBLE, square_root),
    NUMBER("TRUNC", 1, 2, GIVES_FIRST, truncate_of),
    NUMBER("TRUNCATE", 1, 2, GIVES_FIRST, truncate_of),
};

const struct function_list functions_number = {list, sizeof list / sizeof *list};
