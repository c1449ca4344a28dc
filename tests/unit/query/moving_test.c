// SPDX-License-Identifier: Apache-2.0
#include "query/moving.h"
#include "test.h"

#include <math.h>

static double moved(const char *name, const double *values, uint32_t count, double a, double b)
{
    const struct moving *m = moving_named(slice_text(name));
    EXPECT(m != NULL);
    return m->value(values, count, (const double[]){a, b});
}

TEST(moving_functions_pass_over_what_has_no_value)
{
    const double v[] = {NAN, 1, 2, NAN, 6};
    EXPECT(moved("max", v, 5, 0, 0) == 6 && moved("min", v, 5, 0, 0) == 1);
    EXPECT(moved("sum", v, 5, 0, 0) == 9 && moved("unweightedAvg", v, 5, 0, 0) == 3);
    EXPECT(moved("linearWeightedAvg", v, 5, 0, 0) == (1.0 + 2 * 2 + 3 * 6) / 7);
    EXPECT(moved("ewma", v, 5, 0.5, 0) == (1.5 + 6) / 2);
    EXPECT(moved("stdDev", v, 5, 3, 0) == sqrt((4 + 1 + 9) / 3.0));
    EXPECT(moved("holt", v, 2, 0.5, 0.5) == 1);
    EXPECT(moved("holt", v + 1, 2, 0.5, 0.5) == 1.5);
}

TEST(moving_functions_of_an_empty_window_have_no_value_but_the_sum)
{
    static const char *const names[] = {"max",  "min",  "unweightedAvg", "linearWeightedAvg",
                                        "ewma", "holt", "stdDev"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        EXPECT(isnan(moved(names[i], NULL, 0, 0.5, 0.5)));
    EXPECT(moved("sum", NULL, 0, 0, 0) == 0);
    EXPECT(moving_named(slice_text("mode")) == NULL);
}
