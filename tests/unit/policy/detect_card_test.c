// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_card_finds_its_forms)
{
    static const char *const texts[] = {"4111111111111111", "card 5500 0000 0000 0004",
                                        "3782-822463-10005", "6011111111111117"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "payment card");
}

TEST(detect_card_leaves_what_is_alike)
{
    static const char *const texts[] = {"4111111111111112", "1234567812345670",
                                        "0.4111111111111111", "41111111111111111111", "4111"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
