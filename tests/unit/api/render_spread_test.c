// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "test.h"

#include <math.h>

static bool prints(const struct spread *s, bool extended, const char *want)
{
    static const struct request q = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    struct json_writer w = json_writer_to(&out);
    struct render r = render_start(&w, &q);
    json_object(&w);
    if (extended)
        render_extended_stats(&r, s);
    else
        render_stats(&r, s);
    json_end(&w);
    return render_end(&r, NULL) == OK && slice_is(buf_slice(&out), want);
}

TEST(render_spread_of_nothing_has_a_sum_and_a_count)
{
    const struct spread s = {.sigma = 2};
    EXPECT(prints(&s, false, "{\"count\":0,\"min\":null,\"max\":null,\"avg\":null,\"sum\":0.0}"));
    EXPECT(prints(&s, true,
                  "{\"count\":0,\"min\":null,\"max\":null,\"avg\":null,\"sum\":0.0,"
                  "\"sum_of_squares\":null,\"variance\":null,\"variance_population\":null,"
                  "\"variance_sampling\":null,\"std_deviation\":null,"
                  "\"std_deviation_population\":null,\"std_deviation_sampling\":null,"
                  "\"std_deviation_bounds\":{\"upper\":null,\"lower\":null,"
                  "\"upper_population\":null,\"lower_population\":null,\"upper_sampling\":null,"
                  "\"lower_sampling\":null}}"));
}

TEST(render_spread_of_two_values_has_deviations)
{
    const struct spread s = {.count = 2, .sum = 6, .min = 1, .max = 5, .squares = 26, .sigma = 2};
    EXPECT(prints(&s, true,
                  "{\"count\":2,\"min\":1.0,\"max\":5.0,\"avg\":3.0,\"sum\":6.0,"
                  "\"sum_of_squares\":26.0,\"variance\":4.0,\"variance_population\":4.0,"
                  "\"variance_sampling\":8.0,\"std_deviation\":2.0,"
                  "\"std_deviation_population\":2.0,"
                  "\"std_deviation_sampling\":2.8284271247461903,"
                  "\"std_deviation_bounds\":{\"upper\":7.0,\"lower\":-1.0,"
                  "\"upper_population\":7.0,\"lower_population\":-1.0,"
                  "\"upper_sampling\":8.65685424949238,\"lower_sampling\":-2.6568542494923806}}"));
}

TEST(render_spread_below_a_floor_has_nulls)
{
    const struct spread s = {
        .count = 2, .sum = 6, .min = NAN, .max = NAN, .squares = NAN, .sigma = 2};
    EXPECT(prints(&s, false, "{\"count\":2,\"min\":null,\"max\":null,\"avg\":3.0,\"sum\":6.0}"));
}
