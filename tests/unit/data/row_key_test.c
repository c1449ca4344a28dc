// SPDX-License-Identifier: Apache-2.0
#include "data_cases.h"

static void expect_key(struct row_key key, const char *text)
{
    struct buf out = buf_init(64);
    row_key_print(key, &out);
    EXPECT(slice_is(buf_slice(&out), text));
    buf_done(&out);
    struct row_key back;
    EXPECT_EQ(row_key_parse(slice_text(text), &back), OK);
    EXPECT(row_key_equal(back, key));
}

TEST(row_key_is_16_digits_or_32)
{
    expect_key((struct row_key){0, 0}, "0000000000000000");
    expect_key((struct row_key){0, 0xfedcba9876543210}, "fedcba9876543210");
    expect_key((struct row_key){1, 2}, "00000000000000010000000000000002");
}

TEST(row_key_has_one_text_only)
{
    static const char *const texts[] = {"",
                                        "000000000000000",
                                        "00000000000000000",
                                        "FEDCBA9876543210",
                                        "000000000000000g",
                                        "0000000000000000000000000000000",
                                        "00000000000000000000000000000002",
                                        "0000000000000001000000000000000 ",
                                        "000000000000000100000000000000020"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct row_key key;
        EXPECT_EQ(row_key_parse(slice_text(texts[i]), &key), ERR_INVALID);
    }
}
