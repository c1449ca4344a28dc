// SPDX-License-Identifier: Apache-2.0
#include "policy/mark.h"
#include "test.h"

TEST(mark_has_a_word_for_each_thing_protected_and_each_direction)
{
    for (int p = PROTECTS_NOTHING; p < PROTECTS_COUNT; p++)
        EXPECT(protects_name((enum protects)p) != NULL);
    for (int l = LOOSENS_NEVER; l < LOOSENS_COUNT; l++)
        EXPECT(loosens_words((enum loosens)l) != NULL);
}
