// SPDX-License-Identifier: Apache-2.0
#include "search/agg_number.h"
#include "test.h"

#include <math.h>

static double number_of(const struct agg_answer *a, const char *name)
{
    double got = 0;
    EXPECT(agg_number(a, slice_text(name), &got));
    return got;
}

TEST(agg_numbers_are_found_by_name)
{
    struct agg agg = {.kind = AGG_EXTENDED_STATS, .sigma = 2};
    struct agg_answer a = {
        .agg = &agg, .count = 2, .sum = 6, .min = 2, .max = 4, .squares = 20, .distinct = 7};
    EXPECT(number_of(&a, "avg") == 3 && number_of(&a, "min") == 2 && number_of(&a, "max") == 4);
    EXPECT(number_of(&a, "variance") == 1 && number_of(&a, "variance_sampling") == 2);
    EXPECT(number_of(&a, "std_upper") == 5 && number_of(&a, "std_lower") == 1);
    double got = 0;
    EXPECT(!agg_number(&a, slice_text(""), &got) && !agg_number(&a, slice_text("value"), &got));
    agg.kind = AGG_CARDINALITY;
    EXPECT(number_of(&a, "") == 7 && number_of(&a, "value") == 7);
    agg.kind = AGG_SUM;
    EXPECT(number_of(&a, "") == 6 && !agg_number(&a, slice_text("avg"), &got));
    agg.kind = AGG_TERMS;
    EXPECT(!agg_number(&a, slice_text(""), &got));
}

TEST(agg_numbers_of_percentiles_are_found_by_percent)
{
    const double percents[] = {50, 99.9};
    const double values[] = {5, 9};
    struct agg agg = {.kind = AGG_PERCENTILES, .percents = percents, .percent_count = 2};
    struct agg_answer a = {.agg = &agg, .count = 2, .percentiles = values};
    EXPECT(number_of(&a, "50") == 5 && number_of(&a, "50.0") == 5 && number_of(&a, "99.9") == 9);
    double got = 0;
    EXPECT(!agg_number(&a, slice_text("51"), &got) && !agg_number(&a, slice_text("x"), &got));
}

TEST(agg_numbers_of_nothing_have_no_value)
{
    struct agg agg = {.kind = AGG_STATS};
    struct agg_answer a = {.agg = &agg};
    EXPECT(isnan(number_of(&a, "avg")) && isnan(number_of(&a, "min")) &&
           number_of(&a, "sum") == 0 && number_of(&a, "count") == 0);
}
