// SPDX-License-Identifier: Apache-2.0
#include "search/metric_order.h"
#include "test.h"

#include <math.h>

TEST(metric_order_has_numbers_before_none_whichever_way_it_goes)
{
    EXPECT(metric_order_compare(1, 2, true) < 0);
    EXPECT(metric_order_compare(1, 2, false) > 0);
    EXPECT_EQ(metric_order_compare(2, 2, true), 0);
    EXPECT(metric_order_compare(1, NAN, true) < 0);
    EXPECT(metric_order_compare(1, NAN, false) < 0);
    EXPECT(metric_order_compare(NAN, 1, true) > 0);
    EXPECT_EQ(metric_order_compare(NAN, NAN, false), 0);
}
