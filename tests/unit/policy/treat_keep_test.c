// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/one_column.h"

TEST(treat_keep_keeps_texts_and_numbers_as_keywords)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_keep, "{as: keyword}", a);
    struct raw text = {.type = RAW_TEXT, .text = slice_text("x9")};
    EXPECT_EQ(one_column_put(&o, text, NULL), OK);
    EXPECT(slice_is(intern_get(&o.column.texts, o.column.codes[0]), "x9"));
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_I64, .i64 = 12}, NULL), OK);
    EXPECT(slice_is(intern_get(&o.column.texts, o.column.codes[0]), "12"));
    one_column_done(&o);
}

TEST(treat_keep_refuses_what_is_no_keyword)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    struct fault why = {0};
    one_column_init(&o, &treat_keep, "{as: keyword}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_TIME_US}, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "a time is no keyword") == 0);
    struct raw broken = {.type = RAW_TEXT, .text = slice_text("\xc0\xaf")};
    EXPECT_EQ(one_column_put(&o, broken, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "a text is no UTF-8") == 0);
    EXPECT_EQ(o.column.texts.count, 0);
    static char large[32768];
    struct raw too_long = {.type = RAW_TEXT, .text = slice_of(large, 32767)};
    EXPECT_EQ(one_column_put(&o, too_long, &why), ERR_INVALID);
    EXPECT(strcmp(why.words, "a value is longer than 32766 bytes") == 0);
    one_column_done(&o);
}

TEST(treat_keep_counts_what_has_no_form)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_keep, "{as: date}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_TIME_US, .i64 = 5000}, NULL), OK);
    EXPECT(bit_get(o.column.present, 0) && o.column.i64[0] == 5);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_TIME_US, .i64 = INT64_MIN}, NULL), OK);
    EXPECT(!bit_get(o.column.present, 0) && o.column.i64[0] == 0);
    EXPECT_EQ(o.column.missing_count, 1);
    one_column_done(&o);
}

TEST(treat_keep_keeps_doubles)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_keep, "{as: double}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_F64, .f64 = 0.1}, NULL), OK);
    EXPECT(o.column.f64[0] == 0.1);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_BOOL}, NULL), ERR_INVALID);
    one_column_done(&o);
}
