// SPDX-License-Identifier: Apache-2.0
#include "policy/raw_text.h"
#include "test.h"

static bool gives(struct raw value, const char *text)
{
    char room[RAW_TEXT_BYTES];
    struct slice out;
    return raw_text(&value, room, &out) == OK && slice_is(out, text);
}

TEST(raw_text_of_numbers_is_decimal)
{
    EXPECT(gives((struct raw){.type = RAW_I64, .i64 = 0}, "0"));
    EXPECT(gives((struct raw){.type = RAW_I64, .i64 = -70}, "-70"));
    EXPECT(gives((struct raw){.type = RAW_I64, .i64 = INT64_MIN}, "-9223372036854775808"));
    EXPECT(gives((struct raw){.type = RAW_I64, .i64 = INT64_MAX}, "9223372036854775807"));
    EXPECT(gives((struct raw){.type = RAW_TIME_US, .i64 = 12}, "12"));
    EXPECT(gives((struct raw){.type = RAW_F64, .f64 = -1.5}, "-1.5"));
}

TEST(raw_text_of_texts_and_truths)
{
    EXPECT(gives((struct raw){.type = RAW_TEXT, .text = slice_text("5")}, "5"));
    EXPECT(gives((struct raw){.type = RAW_BOOL, .i64 = 1}, "true"));
    EXPECT(gives((struct raw){.type = RAW_BOOL}, "false"));
}

TEST(raw_text_of_nothing_is_refused)
{
    char room[RAW_TEXT_BYTES];
    struct slice out;
    EXPECT_EQ(raw_text(&(struct raw){.type = RAW_NULL}, room, &out), ERR_INVALID);
    EXPECT_EQ(raw_text(&(struct raw){.type = RAW_UNCHANGED}, room, &out), ERR_INVALID);
    EXPECT(strcmp(raw_type_name(RAW_NULL), "no value") == 0);
    EXPECT(strcmp(raw_type_name(RAW_UNCHANGED), "a value that was not sent") == 0);
}
