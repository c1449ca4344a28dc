// SPDX-License-Identifier: Apache-2.0
#include "search/agg_ops.h"
#include "test.h"

TEST(every_kind_of_aggregation_has_its_functions)
{
    for (int k = 0; k < AGG_KIND_COUNT; k++) {
        const struct agg_ops *ops = agg_ops_of((enum agg_kind)k);
        EXPECT(ops && ops->plan && ops->collect && ops->answer);
    }
}
