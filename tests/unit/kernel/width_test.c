// SPDX-License-Identifier: Apache-2.0
#include "kernel_cases.h"

TEST(width_holds_the_codes_and_none)
{
    EXPECT_EQ(width_for(0), WIDTH_U8);
    EXPECT_EQ(width_for(255), WIDTH_U8);
    EXPECT_EQ(width_for(256), WIDTH_U16);
    EXPECT_EQ(width_for(65535), WIDTH_U16);
    EXPECT_EQ(width_for(65536), WIDTH_U32);
    EXPECT_EQ(width_none(WIDTH_U8), UINT8_MAX);
    EXPECT_EQ(width_none(WIDTH_U16), UINT16_MAX);
    EXPECT_EQ(width_none(WIDTH_U32), UINT32_MAX);
}

TEST(width_gives_none_as_one_number)
{
    uint8_t narrow[] = {7, UINT8_MAX};
    uint16_t middle[] = {255, UINT16_MAX};
    EXPECT_EQ(codes_at((struct codes){WIDTH_U8, narrow}, 0), 7);
    EXPECT_EQ(codes_at((struct codes){WIDTH_U8, narrow}, 1), UINT32_MAX);
    EXPECT_EQ(codes_at((struct codes){WIDTH_U16, middle}, 0), 255);
    EXPECT_EQ(codes_at((struct codes){WIDTH_U16, middle}, 1), UINT32_MAX);
}
