// SPDX-License-Identifier: Apache-2.0
#include "json/utf8.h"
#include "test.h"

TEST(utf8_put_and_utf8_len_agree_on_every_code_point)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        if (c == 0xd800)
            c = 0xe000;
        uint8_t at[4];
        size_t len = utf8_put(at, c);
        EXPECT_EQ(utf8_len(at, len), len);
        if (len > 1)
            EXPECT_EQ(utf8_len(at, len - 1), 0);
    }
}

TEST(utf8_len_refuses_what_is_no_character)
{
    static const char *const bad[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "\xc3(",        "\xe2\x82(",        "\xf0\x9f\x98(",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT_EQ(utf8_len((const uint8_t *)bad[i], strlen(bad[i])), 0);
}
