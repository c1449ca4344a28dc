// SPDX-License-Identifier: Apache-2.0
#include "policy/treatment.h"
#include "test.h"

TEST(treat_drop_lets_nothing_enter)
{
    EXPECT(!treat_drop.enters);
    EXPECT(treat_drop.apply == NULL);
    EXPECT(treat_drop.wanted[0] == NULL);
}
