// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "policy/free_text.h"
#include "test.h"

#include <stdio.h>

TEST(free_text_is_of_words)
{
    static const char *const yes[] = {"Kids' room", "front porch cam", "Oma's Haust\xc3\xbcr"};
    static const char *const no[] = {"",        "timeout", "eu-west-1",
                                     "10.0 ms", "a b",     "E4 3221 9981 x"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        EXPECT(free_text_is_words(slice_text(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        EXPECT(!free_text_is_words(slice_text(no[i])));
}

static bool holds_after(uint32_t values, uint32_t distinct, const char *form)
{
    struct free_text f = {0};
    for (uint32_t i = 0; i < values; i++) {
        char text[64];
        uint32_t n = i % distinct;
        int len = snprintf(text, sizeof text, "%s %c%c%c", form, 'a' + (int)(n % 26),
                           'a' + (int)(n / 26 % 26), 'a' + (int)(n / 676));
        free_text_values(&f, 1);
        free_text_add(&f, slice_of(text, (size_t)len), hash_bytes(text, (size_t)len));
    }
    return free_text_holds(&f);
}

TEST(free_text_is_told_from_a_dimension_by_how_much_differs)
{
    EXPECT(!holds_after(200, 200, "room of"));
    EXPECT(holds_after(1000, 1000, "room of"));
    EXPECT(!holds_after(1000, 500, "room of"));
    EXPECT(!holds_after(1000, 1000, "4711 8123"));
}

TEST(free_text_looks_at_the_last_values_only)
{
    EXPECT(!holds_after(FREE_TEXT_WINDOW + 100, FREE_TEXT_WINDOW + 100, "room of"));
    EXPECT(holds_after(FREE_TEXT_WINDOW + 1000, FREE_TEXT_WINDOW + 1000, "room of"));
}
