// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

#include <math.h>

static const double given[] = {6, 4, NAN};

static enum err read_expression(struct arena *request, struct slice text, bool has_values,
                                const struct expression **out, struct fault *why)
{
    static struct slice variables[3];
    variables[0] = slice_text("a");
    variables[1] = slice_text("b");
    variables[2] = slice_text("gone");
    const struct expression_names names = {.variables = variables,
                                           .variable_count = 3,
                                           .constants = json_of(request, "{'rate':2.5,'x':'y'}"),
                                           .has_values = has_values};
    return expression_parse(text, &names, request, out, why);
}

static double value_of(const char *text)
{
    static const double window[] = {1, 2, 6};
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct expression *e = NULL;
    struct fault why = {0};
    if (read_expression(request, slice_text(text), true, &e, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return expression_value(e, given, window, 3);
}

static void refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct expression *e = NULL;
    struct fault why = {0};
    EXPECT_EQ(read_expression(request, slice_text(text), false, &e, &why), ERR_INVALID);
    if (strcmp(why.words, words) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
}

TEST(expression_binds_as_arithmetic_does)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"10 - 3 - 2", 5},
        {"-a * 2", -12},
        {"- -a", 6},
        {"a / b", 1.5},
        {"params.a % params.b", 2},
        {"1.5e2 + .5", 150.5},
        {"100.0d", 100},
        {"rate * 2", 5},
        {"a > b", 1},
        {"a < b || a == 6", 1},
        {"a != 6 && true", 0},
        {"!(a >= 6)", 0},
        {"a <= 5 ? 1 : b > 3 ? 2 : 3", 2},
        {"return a + b;", 10},
        {"Math.max(a, b) + min(a, b)", 10},
        {"Math.abs(-3) + floor(1.9) + ceil(1.1) + round(2.5)", 9},
        {"pow(2, 10) + sqrt(9) + signum(-4)", 1026},
        {"log10(100) + cbrt(8) + exp(0) + ln(1)", 5},
        {"MovingFunctions.sum(values) + MovingFunctions.ewma(values, 1)", 15},
        {"MovingFunctions.stdDev(values, MovingFunctions.unweightedAvg(values)) > 2", 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = value_of(cases[i].text);
        if (got != cases[i].value)
            test_fail(__FILE__, __LINE__, "%s is %g", cases[i].text, got);
    }
}

TEST(expression_without_a_value_has_none)
{
    EXPECT(isnan(value_of("gone + 1")) && isnan(value_of("Math.max(gone, 1)")));
    EXPECT(value_of("gone > 0") == 0 && value_of("gone <= 0") == 0 && value_of("gone != 0") == 1);
    EXPECT(isinf(value_of("a / 0")) && isnan(value_of("0 / 0")));
}

TEST(expression_refuses_with_the_place)
{
    refused("", "script_exception: compile error: unexpected end at character 1");
    refused("a +", "script_exception: compile error: unexpected end at character 4");
    refused("a b", "script_exception: compile error: unexpected character at character 3");
    refused("(a", "script_exception: compile error: expected [)] at character 3");
    refused("a ? 1", "script_exception: compile error: expected [:] at character 6");
    refused("1 + c", "script_exception: compile error: unknown variable [c] at character 5");
    refused("x", "script_exception: compile error: unknown variable [x] at character 1");
    refused("sin(a)", "script_exception: compile error: unknown function [sin] at character 1");
    refused("max(a)", "script_exception: compile error: expected [,] at character 6");
    refused("1.2.3", "script_exception: compile error: no number at character 6");
    refused("while (true) {}",
            "script_exception: compile error: unknown function [while] at character 1");
    refused("params['a']", "script_exception: compile error: expected [.] at character 7");
    refused("MovingFunctions.sum(values)",
            "script_exception: compile error: unknown function [sum] at character 17");
}

TEST(expression_is_bounded_in_depth_and_length)
{
    char text[5000];
    memset(text, '(', 200);
    text[200] = '\0';
    refused(text, "script_exception: compile error: the script is nested too deeply at character "
                  "17");
    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    refused(text, "script_exception: compile error: the script is too long at character 1");
    for (size_t i = 0; i < 2000; i++)
        memcpy(text + 2 * i, "1+", 3);
    memcpy(text + 4000, "1", 2);
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct expression *e = NULL;
    struct fault why = {0};
    EXPECT_EQ(read_expression(request, slice_text(text), false, &e, &why), ERR_INVALID);
}

TEST(expression_of_every_prefix_and_every_changed_byte_is_read_or_refused)
{
    static const char whole[] = "return Math.max(params.a, -b) * rate >= 2 && !(gone < 1) ? 1.5 : "
                                "MovingFunctions.holt(values, 0.3, 0.1) % 7;";
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    char text[sizeof whole];
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        struct fault why = {0};
        const struct expression *e = NULL;
        enum err got =
            read_expression(request, slice_of((const uint8_t *)whole, i), true, &e, &why);
        EXPECT(got == OK || strstr(why.words, "script_exception: compile error: "));
        for (int c = 1; c < 256; c += 3) {
            memcpy(text, whole, sizeof whole);
            text[i] = (char)c;
            got = read_expression(request, slice_text(text), true, &e, &why);
            if (got == OK)
                (void)expression_value(e, given, given, 3);
        }
        arena_reset(request);
    }
}
