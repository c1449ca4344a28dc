// SPDX-License-Identifier: Apache-2.0
#include "search/output.h"
#include "test.h"

TEST(output_prints_pseudonyms_as_22_characters)
{
    struct arena *a = arena_new(1 << 20);
    uint8_t bytes[16] = {0xff};
    struct value v = output_text(FIELD_PSEUDONYM, slice_of(bytes, 16), a);
    EXPECT(slice_is(v.text, "_wAAAAAAAAAAAAAAAAAAAA"));
    EXPECT(slice_is(output_text(FIELD_KEYWORD, slice_text("x"), a).text, "x"));
    EXPECT_EQ(output_i64(FIELD_BOOLEAN, 1).type, VALUE_BOOLEAN);
    EXPECT_EQ(output_i64(FIELD_INTEGER, 1).type, VALUE_LONG);
    arena_free(a);
}

TEST(output_orders_pseudonyms_as_their_printed_text)
{
    struct arena *a = arena_new(16 << 20);
    uint32_t state = 12345;
    for (int round = 0; round < 5000; round++) {
        uint8_t x[16];
        uint8_t y[16];
        for (int i = 0; i < 16; i++) {
            state = state * 1664525 + 1013904223;
            x[i] = y[i] = (uint8_t)(state >> 24);
        }
        state = state * 1664525 + 1013904223;
        y[state >> 28] = (uint8_t)(state >> 8);
        struct slice s = slice_of(x, 16);
        struct slice t = slice_of(y, 16);
        int want = slice_compare(output_text(FIELD_PSEUDONYM, s, a).text,
                                 output_text(FIELD_PSEUDONYM, t, a).text);
        int got = output_compare_text(FIELD_PSEUDONYM, s, t);
        EXPECT_EQ((got > 0) - (got < 0), (want > 0) - (want < 0));
        if (round % 500 == 0)
            arena_reset(a);
    }
    arena_free(a);
}
