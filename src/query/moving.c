// SPDX-License-Identifier: Apache-2.0
#include "query/moving.h"

#include <math.h>

static double max_of(const double *values, uint32_t count, const double *arguments)
{
    (void)arguments;
    double got = NAN;
    for (uint32_t i = 0; i < count; i++)
        got = fmax(got, values[i]);
    return got;
}

static double min_of(const double *values, uint32_t count, const double *arguments)
{
    (void)arguments;
    double got = NAN;
    for (uint32_t i = 0; i < count; i++)
        got = fmin(got, values[i]);
    return got;
}

static double sum_of(const double *values, uint32_t count, const double *arguments)
{
    (void)arguments;
    double got = 0;
    for (uint32_t i = 0; i < count; i++)
        got += isnan(values[i]) ? 0 : values[i];
    return got;
}

static uint32_t known(const double *values, uint32_t count)
{
    uint32_t got = 0;
    for (uint32_t i = 0; i < count; i++)
        got += !isnan(values[i]);
    return got;
}

static double average(const double *values, uint32_t count, const double *arguments)
{
    uint32_t n = known(values, count);
    return n ? sum_of(values, count, arguments) / n : NAN;
}

static double deviation(const double *values, uint32_t count, const double *arguments)
{
    double squares = 0;
    uint32_t n = known(values, count);
    for (uint32_t i = 0; i < count; i++)
        squares += isnan(values[i]) ? 0 : (values[i] - arguments[0]) * (values[i] - arguments[0]);
    return n ? sqrt(squares / n) : NAN;
}

// The weights add up to one more than they should, in Elasticsearch too.
static double linear(const double *values, uint32_t count, const double *arguments)
{
    (void)arguments;
    double got = 0;
    double weights = 1;
    double weight = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        got += values[i] * weight;
        weights += weight++;
    }
    return weight == 1 ? NAN : got / weights;
}

static double exponential(const double *values, uint32_t count, const double *arguments)
{
    double got = NAN;
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        got = isnan(got) ? values[i] : values[i] * arguments[0] + got * (1 - arguments[0]);
    }
    return got;
}

static double holt(const double *values, uint32_t count, const double *arguments)
{
    double level = NAN;
    double trend = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        double before = level;
        level = isnan(before) ? values[i]
                              : arguments[0] * values[i] + (1 - arguments[0]) * (before + trend);
        if (!isnan(before))
            trend = arguments[1] * (level - before) + (1 - arguments[1]) * trend;
    }
    return level;
}

static const struct moving all[] = {
    {"max", 0, max_of},       {"min", 0, min_of},
    {"sum", 0, sum_of},       {"unweightedAvg", 0, average},
    {"stdDev", 1, deviation}, {"linearWeightedAvg", 0, linear},
    {"ewma", 1, exponential}, {"holt", 2, holt},
};

const struct moving *moving_named(struct slice name)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (slice_is(name, all[i].name))
            return &all[i];
    return NULL;
}
