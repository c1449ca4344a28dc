// SPDX-License-Identifier: Apache-2.0
#include "base/hazard.h"
#include "test.h"

TEST(hazard_tells_what_a_thread_reads)
{
    int a = 0;
    int b = 0;
    EXPECT(!hazard_is_read(&a));
    hazard_set(&a);
    EXPECT(hazard_is_read(&a) && !hazard_is_read(&b));
    hazard_set(&b);
    EXPECT(!hazard_is_read(&a) && hazard_is_read(&b));
    hazard_clear();
    EXPECT(!hazard_is_read(&b));
}

TEST(hazard_may_be_cleared_before_it_was_set)
{
    hazard_clear();
    EXPECT(!hazard_is_read(&hazard_mine));
}
