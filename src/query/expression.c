// SPDX-License-Identifier: Apache-2.0
#include "query/expression.h"

#include "base/num.h"
#include "query/moving.h"

#include <math.h>

enum {
    STEPS_MAX = 256,
    DEPTH_MAX = 32, // parentheses, signs, choices
    STACK_MAX = 64,
    TEXT_MAX = 4096,
};

// It becomes a list of steps over a stack, the operands before what is done with them.
enum step_kind {
    STEP_NUMBER,
    STEP_VARIABLE,
    STEP_CHOICE, // condition, then, else
    STEP_UNARY,
    STEP_BINARY,
    STEP_MOVING,
};

struct step {
    enum step_kind kind;
    double number;
    uint32_t variable;
    double (*unary)(double a);
    double (*binary)(double a, double b);
    const struct moving *moving;
};

struct expression {
    const struct step *steps;
    uint32_t step_count, window_count;
};

// ---- what is done ----

static double negate(double a)
{
    return -a;
}

static double invert(double a)
{
    return a == 0;
}

static double round_half_up(double a)
{
    return floor(a + 0.5);
}

static double sign_of(double a)
{
    return isnan(a) ? a : (double)((a > 0) - (a < 0));
}

static double add(double a, double b)
{
    return a + b;
}

static double subtract(double a, double b)
{
    return a - b;
}

static double multiply(double a, double b)
{
    return a * b;
}

static double divide(double a, double b)
{
    return a / b;
}

static double is_less(double a, double b)
{
    return a < b;
}

static double is_at_most(double a, double b)
{
    return a <= b;
}

static double is_greater(double a, double b)
{
    return a > b;
}

static double is_at_least(double a, double b)
{
    return a >= b;
}

static double is_equal(double a, double b)
{
    return a == b;
}

static double is_unequal(double a, double b)
{
    return a != b;
}

static double both(double a, double b)
{
    return a != 0 && b != 0;
}

static double either(double a, double b)
{
    return a != 0 || b != 0;
}

static double larger(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

static double smaller(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

struct infix {
    const char *sign;
    double (*binary)(double a, double b);
};

// Of each level the longer sign first.
static const struct infix comparisons[] = {{"<=", is_at_most}, {">=", is_at_least},
                                           {"==", is_equal},   {"!=", is_unequal},
                                           {"<", is_less},     {">", is_greater}};
static const struct infix sums[] = {{"+", add}, {"-", subtract}};
static const struct infix products[] = {{"*", multiply}, {"/", divide}, {"%", fmod}};
static const struct infix ands[] = {{"&&", both}};
static const struct infix ors[] = {{"||", either}};

static const struct {
    const char *name;
    double (*unary)(double a);
    double (*binary)(double a, double b);
} functions[] = {
    {"abs", fabs, NULL},       {"ceil", ceil, NULL},
    {"floor", floor, NULL},    {"round", round_half_up, NULL},
    {"sqrt", sqrt, NULL},      {"cbrt", cbrt, NULL},
    {"exp", exp, NULL},        {"log", log, NULL},
    {"ln", log, NULL},         {"log10", log10, NULL},
    {"signum", sign_of, NULL}, {"pow", NULL, pow},
    {"max", NULL, larger},     {"min", NULL, smaller},
};

// ---- reading ----

struct maker {
    struct slice text;
    size_t at;
    const struct expression_names *names;
    struct fault *why;
    struct step *steps;
    uint32_t step_count, window_count, depth, stack;
};

static enum err refuse(const struct maker *m, const char *words)
{
    return fail(m->why, ERR_INVALID, "script_exception: compile error: %s at character %zu", words,
                m->at + 1);
}

static enum err refuse_name(const struct maker *m, const char *words, struct slice name)
{
    return fail(m->why, ERR_INVALID, "script_exception: compile error: %s [%.*s] at character %zu",
                words, SLICE_PRINT(name), (size_t)(name.at - m->text.at) + 1);
}

static void skip_space(struct maker *m)
{
    while (m->at < m->text.len && strchr(" \t\r\n", m->text.at[m->at]) && m->text.at[m->at])
        m->at++;
}

static bool take(struct maker *m, const char *sign)
{
    size_t len = strlen(sign);
    skip_space(m);
    if (m->text.len - m->at < len || memcmp(m->text.at + m->at, sign, len) != 0)
        return false;
    m->at += len;
    return true;
}

static bool is_name_byte(uint8_t c, bool is_first)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return is_letter || (!is_first && c >= '0' && c <= '9');
}

static struct slice take_name(struct maker *m)
{
    skip_space(m);
    size_t from = m->at;
    while (m->at < m->text.len && is_name_byte(m->text.at[m->at], m->at == from))
        m->at++;
    return slice_of(m->text.at + from, m->at - from);
}

// `takes` operands go off the stack and one comes onto it.
static enum err put(struct maker *m, struct step step, uint32_t takes)
{
    if (m->step_count == STEPS_MAX)
        return refuse(m, "the script is too long");
    m->stack = m->stack - takes + 1;
    if (m->stack > STACK_MAX)
        return refuse(m, "the script is nested too deeply");
    m->window_count += step.kind == STEP_MOVING;
    m->steps[m->step_count++] = step;
    return OK;
}

static enum err put_number(struct maker *m, double number)
{
    return put(m, (struct step){.kind = STEP_NUMBER, .number = number}, 0);
}

static enum err read_choice(struct maker *m);

static enum err read_number(struct maker *m)
{
    size_t from = m->at;
    while (m->at < m->text.len) {
        uint8_t c = m->text.at[m->at];
        bool is_exponent = m->at > from && (m->text.at[m->at - 1] | 0x20) == 'e';
        if (!((c >= '0' && c <= '9') || c == '.' || (c | 0x20) == 'e' ||
              (is_exponent && (c == '-' || c == '+'))))
            break;
        m->at++;
    }
    double number = 0;
    if (parse_f64(slice_of(m->text.at + from, m->at - from), &number))
        return refuse(m, "no number");
    if (m->at < m->text.len && strchr("dDfFlL", m->text.at[m->at]) && m->text.at[m->at])
        m->at++; // "100.0d"
    return put_number(m, number);
}

// Behind "(": so many arguments, and ")".
static enum err read_arguments(struct maker *m, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && !take(m, ","))
            return refuse(m, "expected [,]");
        enum err e = read_choice(m);
        if (e)
            return e;
    }
    return take(m, ")") ? OK : refuse(m, "expected [)]");
}

static enum err read_function(struct maker *m, struct slice name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!slice_is(name, functions[i].name))
            continue;
        bool is_unary = functions[i].unary != NULL;
        if (!take(m, "("))
            return refuse(m, "expected [(]");
        enum err e = read_arguments(m, is_unary ? 1 : 2);
        struct step step = {.kind = is_unary ? STEP_UNARY : STEP_BINARY,
                            .unary = functions[i].unary,
                            .binary = functions[i].binary};
        return e ? e : put(m, step, is_unary ? 1 : 2);
    }
    return refuse_name(m, "unknown function", name);
}

static enum err read_moving(struct maker *m)
{
    struct slice name = take_name(m);
    const struct moving *moving = moving_named(name);
    if (!moving || !m->names->has_values)
        return refuse_name(m, "unknown function", name);
    if (!take(m, "(") || !slice_is(take_name(m), "values"))
        return refuse(m, "expected [(values]");
    if (moving->argument_count > 0 && !take(m, ","))
        return refuse(m, "expected [,]");
    enum err e = read_arguments(m, moving->argument_count);
    return e ? e
             : put(m, (struct step){.kind = STEP_MOVING, .moving = moving}, moving->argument_count);
}

static enum err read_variable(struct maker *m, struct slice name)
{
    const struct expression_names *names = m->names;
    for (uint32_t i = 0; i < names->variable_count; i++)
        if (slice_equal(names->variables[i], name))
            return put(m, (struct step){.kind = STEP_VARIABLE, .variable = i}, 0);
    for (uint32_t i = 0; names->constants && i < names->constants->count; i++) {
        double number = 0;
        if (slice_equal(names->constants->keys[i], name) &&
            names->constants->items[i].type == JSON_NUMBER &&
            json_f64(&names->constants->items[i], &number, NULL) == OK)
            return put_number(m, number);
    }
    return refuse_name(m, "unknown variable", name);
}

static enum err read_word(struct maker *m)
{
    struct slice name = take_name(m);
    if (slice_is(name, "true") || slice_is(name, "false"))
        return put_number(m, slice_is(name, "true"));
    if (slice_is(name, "params"))
        return take(m, ".") ? read_variable(m, take_name(m)) : refuse(m, "expected [.]");
    if (slice_is(name, "Math"))
        return take(m, ".") ? read_function(m, take_name(m)) : refuse(m, "expected [.]");
    if (slice_is(name, "MovingFunctions"))
        return take(m, ".") ? read_moving(m) : refuse(m, "expected [.]");
    skip_space(m);
    bool is_call = m->at < m->text.len && m->text.at[m->at] == '(';
    return is_call ? read_function(m, name) : read_variable(m, name);
}

static enum err read_one(struct maker *m)
{
    skip_space(m);
    if (m->at == m->text.len)
        return refuse(m, "unexpected end");
    uint8_t c = m->text.at[m->at];
    if ((c >= '0' && c <= '9') || c == '.')
        return read_number(m);
    if (is_name_byte(c, true))
        return read_word(m);
    if (!take(m, "("))
        return refuse(m, "unexpected character");
    enum err e = read_choice(m);
    if (e)
        return e;
    return take(m, ")") ? OK : refuse(m, "expected [)]");
}

static enum err read_sign(struct maker *m);

static enum err signed_by(struct maker *m, double (*unary)(double a))
{
    enum err e = read_sign(m);
    return e ? e : put(m, (struct step){.kind = STEP_UNARY, .unary = unary}, 1);
}

static enum err read_sign(struct maker *m)
{
    if (m->depth == DEPTH_MAX)
        return refuse(m, "the script is nested too deeply");
    m->depth++;
    enum err e = OK;
    if (take(m, "+"))
        e = read_sign(m);
    else if (take(m, "-"))
        e = signed_by(m, negate);
    else if (take(m, "!"))
        e = signed_by(m, invert);
    else
        e = read_one(m);
    m->depth--;
    return e;
}

// Levels of operators, the tightest last.
static const struct {
    const struct infix *operators;
    size_t count;
} levels[] = {
    {ors, 1}, {ands, 1}, {comparisons, 6}, {sums, 2}, {products, 3},
};

static const struct infix *take_operator(struct maker *m, size_t level)
{
    for (size_t i = 0; i < levels[level].count; i++)
        if (take(m, levels[level].operators[i].sign))
            return &levels[level].operators[i];
    return NULL;
}

static enum err read_level(struct maker *m, size_t level)
{
    if (level == sizeof levels / sizeof *levels)
        return read_sign(m);
    enum err e = read_level(m, level + 1);
    const struct infix *found = NULL;
    while (!e && (found = take_operator(m, level))) {
        e = read_level(m, level + 1);
        if (!e)
            e = put(m, (struct step){.kind = STEP_BINARY, .binary = found->binary}, 2);
    }
    return e;
}

static enum err read_choice(struct maker *m)
{
    if (m->depth == DEPTH_MAX)
        return refuse(m, "the script is nested too deeply");
    m->depth++;
    enum err e = read_level(m, 0);
    if (!e && take(m, "?")) {
        e = read_choice(m);
        if (!e && !take(m, ":"))
            e = refuse(m, "expected [:]");
        if (!e)
            e = read_choice(m);
        if (!e)
            e = put(m, (struct step){.kind = STEP_CHOICE}, 3);
    }
    m->depth--;
    return e;
}

static void take_return(struct maker *m)
{
    size_t from = m->at;
    if (!slice_is(take_name(m), "return"))
        m->at = from;
}

enum err expression_parse(struct slice text, const struct expression_names *names,
                          struct arena *request, const struct expression **out, struct fault *why)
{
    struct maker m = {.text = text, .names = names, .why = why};
    if (text.len > TEXT_MAX)
        return refuse(&m, "the script is too long");
    m.steps = ARENA_ARRAY(request, struct step, STEPS_MAX);
    take_return(&m);
    enum err e = read_choice(&m);
    if (e)
        return e;
    (void)take(&m, ";");
    skip_space(&m);
    if (m.at < text.len)
        return refuse(&m, "unexpected character");
    struct expression *made = ARENA_NEW(request, struct expression);
    *made = (struct expression){m.steps, m.step_count, m.window_count};
    *out = made;
    return OK;
}

uint32_t expression_windows(const struct expression *e)
{
    return e->window_count;
}

// ---- the value ----

double expression_value(const struct expression *e, const double *variables, const double *values,
                        uint32_t value_count)
{
    double stack[STACK_MAX] = {0};
    uint32_t top = 0; // how many are on it
    for (uint32_t i = 0; i < e->step_count; i++) {
        const struct step *s = &e->steps[i];
        switch (s->kind) {
        case STEP_NUMBER:
            stack[top++] = s->number;
            break;
        case STEP_VARIABLE:
            stack[top++] = variables[s->variable];
            break;
        case STEP_CHOICE:
            top -= 2;
            stack[top - 1] = stack[top - 1] != 0 ? stack[top] : stack[top + 1];
            break;
        case STEP_UNARY:
            stack[top - 1] = s->unary(stack[top - 1]);
            break;
        case STEP_BINARY:
            top--;
            stack[top - 1] = s->binary(stack[top - 1], stack[top]);
            break;
        case STEP_MOVING:
            top -= s->moving->argument_count;
            stack[top] = s->moving->value(values, value_count, &stack[top]);
            top++;
            break;
        }
    }
    return stack[0];
}
