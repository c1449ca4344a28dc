// SPDX-License-Identifier: Apache-2.0
// stats and extended_stats, of values and of buckets.
#include "api/render.h"

#include <math.h>
#include <stdio.h>

enum { NAME_BYTES = 64 };

static void number(struct render *r, const char *name, double value, bool is_null)
{
    json_key(r->json, name);
    if (is_null || isnan(value)) // a floor shows some of them only
        json_null(r->json);
    else
        json_double(r->json, value);
}

static void not_a_number(struct render *r, const char *name)
{
    json_key(r->json, name);
    json_text(r->json, "NaN");
}

// Elasticsearch divides by nothing where there is one value, and tells so.
static bool is_of_one(const struct spread *s, int i)
{
    return i == 2 && s->count == 1 && !isnan(s->squares);
}

static double average(const struct spread *s)
{
    return s->count ? s->sum / (double)s->count : NAN;
}

static void text(struct render *r, const struct spread *s, const char *name, double value)
{
    if (s->text && s->count && !isnan(value))
        s->text(r, s->context, name, value);
}

static void plain(struct render *r, const struct spread *s)
{
    json_key(r->json, "count");
    json_uint(r->json, s->count);
    number(r, "min", s->min, s->count == 0);
    number(r, "max", s->max, s->count == 0);
    number(r, "avg", average(s), s->count == 0);
    number(r, "sum", s->count ? s->sum : 0, false);
}

static void plain_texts(struct render *r, const struct spread *s)
{
    text(r, s, "min_as_string", s->min);
    text(r, s, "max_as_string", s->max);
    text(r, s, "avg_as_string", average(s));
    text(r, s, "sum_as_string", s->sum);
}

void render_stats(struct render *r, const struct spread *s)
{
    plain(r, s);
    plain_texts(r, s);
}

// Rounding may leave a little less than nothing.
static double variance(const struct spread *s, double divisor)
{
    double all = s->squares - s->sum * s->sum / (double)s->count;
    return divisor > 0 ? fmax(all, 0) / divisor : NAN;
}

struct deviation {
    const char *name; // what follows "std_deviation" and "variance"
    double variance;
};

// "variance", "std_deviation" and their kin, or their texts.
static void each(struct render *r, const struct spread *s, const struct deviation *all,
                 const char *what, bool is_root, bool is_text)
{
    char name[NAME_BYTES];
    for (int i = 0; i < 3; i++) {
        double value = is_root ? sqrt(all[i].variance) : all[i].variance;
        snprintf(name, sizeof name, "%s%s%s", what, all[i].name, is_text ? "_as_string" : "");
        if (is_text)
            text(r, s, name, value);
        else if (is_of_one(s, i))
            not_a_number(r, name);
        else
            number(r, name, value, s->count == 0);
    }
}

static void bounds(struct render *r, const struct spread *s, const struct deviation *all,
                   bool is_text)
{
    static const char *const ends[] = {"upper", "lower"};
    char name[NAME_BYTES];
    json_key(r->json, is_text ? "std_deviation_bounds_as_string" : "std_deviation_bounds");
    json_object(r->json);
    for (int i = 0; i < 3; i++) {
        for (int end = 0; end < 2; end++) {
            double away = s->sigma * sqrt(all[i].variance);
            double value = end == 0 ? average(s) + away : average(s) - away;
            snprintf(name, sizeof name, "%s%s", ends[end], all[i].name);
            if (is_text)
                text(r, s, name, value);
            else if (is_of_one(s, i))
                not_a_number(r, name);
            else
                number(r, name, value, s->count == 0);
        }
    }
    json_end(r->json);
}

void render_extended_stats(struct render *r, const struct spread *s)
{
    double count = (double)s->count;
    const struct deviation all[] = {{"", variance(s, count)},
                                    {"_population", variance(s, count)},
                                    {"_sampling", variance(s, count - 1)}};
    plain(r, s);
    plain_texts(r, s);
    number(r, "sum_of_squares", s->squares, s->count == 0);
    each(r, s, all, "variance", false, false);
    each(r, s, all, "std_deviation", true, false);
    bounds(r, s, all, false);
    if (!s->text || s->count == 0 || isnan(s->squares))
        return;
    text(r, s, "sum_of_squares_as_string", s->squares);
    each(r, s, all, "variance", false, true);
    each(r, s, all, "std_deviation", true, true);
    bounds(r, s, all, true);
}
