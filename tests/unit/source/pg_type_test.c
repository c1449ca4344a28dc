// SPDX-License-Identifier: Apache-2.0
#include "source/pg_frame.h"
#include "source/pg_type.h"
#include "test.h"

#include <math.h>

static struct arena *scratch;

static enum err decode(enum pg_kind kind, char form, struct slice bytes, struct raw *out)
{
    const struct pg_field field = {.kind = form, .bytes = bytes};
    struct fault why = {0};
    enum err e = pg_value_decode(kind, &field, scratch, out, &why);
    EXPECT(!e || why.words[0]);
    return e;
}

#define BINARY(kind, bytes, out) decode(kind, 'b', slice_of(bytes, sizeof bytes - 1), out)
#define TEXT(kind, text, out)    decode(kind, 't', slice_text(text), out)

TEST(pg_type_numbers_are_decoded)
{
    struct raw v;
    EXPECT_EQ(BINARY(PG_KIND_BOOL, "\1", &v), OK);
    EXPECT(v.type == RAW_BOOL && v.i64 == 1);
    EXPECT_EQ(BINARY(PG_KIND_BOOL, "\2", &v), ERR_CORRUPT);
    EXPECT_EQ(BINARY(PG_KIND_INT2, "\xff\xfe", &v), OK);
    EXPECT(v.type == RAW_I64 && v.i64 == -2);
    EXPECT_EQ(BINARY(PG_KIND_INT4, "\x80\0\0\0", &v), OK);
    EXPECT_EQ(v.i64, INT32_MIN);
    EXPECT_EQ(BINARY(PG_KIND_INT8, "\x7f\xff\xff\xff\xff\xff\xff\xff", &v), OK);
    EXPECT_EQ(v.i64, INT64_MAX);
    EXPECT_EQ(BINARY(PG_KIND_OID, "\xff\xff\xff\xff", &v), OK);
    EXPECT_EQ(v.i64, UINT32_MAX);
    EXPECT_EQ(BINARY(PG_KIND_FLOAT4, "\x3f\xc0\0\0", &v), OK);
    EXPECT(v.type == RAW_F64 && v.f64 == 1.5);
    EXPECT_EQ(BINARY(PG_KIND_FLOAT8, "\xbf\xf8\0\0\0\0\0\0", &v), OK);
    EXPECT(v.f64 == -1.5);
    EXPECT_EQ(BINARY(PG_KIND_INT4, "\0\0\0", &v), ERR_CORRUPT);
    EXPECT_EQ(BINARY(PG_KIND_INT4, "", &v), ERR_CORRUPT);
}

TEST(pg_type_numbers_are_decoded_from_text)
{
    struct raw v;
    EXPECT_EQ(TEXT(PG_KIND_BOOL, "t", &v), OK);
    EXPECT(v.type == RAW_BOOL && v.i64 == 1);
    EXPECT_EQ(TEXT(PG_KIND_BOOL, "true", &v), ERR_CORRUPT);
    EXPECT_EQ(TEXT(PG_KIND_INT8, "-9223372036854775808", &v), OK);
    EXPECT_EQ(v.i64, INT64_MIN);
    EXPECT_EQ(TEXT(PG_KIND_INT8, "1x", &v), ERR_CORRUPT);
    EXPECT_EQ(TEXT(PG_KIND_FLOAT8, "2.5e3", &v), OK);
    EXPECT(v.f64 == 2500);
    EXPECT_EQ(TEXT(PG_KIND_FLOAT8, "NaN", &v), OK);
    EXPECT(isnan(v.f64));
    EXPECT_EQ(TEXT(PG_KIND_FLOAT8, "-Infinity", &v), OK);
    EXPECT(isinf(v.f64) && v.f64 < 0);
}

TEST(pg_type_times_are_decoded)
{
    struct raw v;
    EXPECT_EQ(BINARY(PG_KIND_TIMESTAMP, "\0\0\0\0\0\0\0\1", &v), OK);
    EXPECT(v.type == RAW_TIME_US && v.i64 == PG_EPOCH_US + 1);
    EXPECT_EQ(BINARY(PG_KIND_TIMESTAMP, "\x80\0\0\0\0\0\0\0", &v), OK);
    EXPECT_EQ(v.i64, INT64_MIN);
    EXPECT_EQ(BINARY(PG_KIND_DATE, "\xff\xff\xff\xff", &v), OK);
    EXPECT_EQ(v.i64, PG_EPOCH_US - INT64_C(86400000000));
    EXPECT_EQ(BINARY(PG_KIND_DATE, "\x7f\xff\xff\xff", &v), OK);
    EXPECT_EQ(v.i64, INT64_MAX);
    EXPECT_EQ(BINARY(PG_KIND_DATE, "\x7f\xff\xff\xfe", &v), OK); // beyond any timestamp
    EXPECT_EQ(v.i64, INT64_MAX);
    EXPECT_EQ(TEXT(PG_KIND_TIMESTAMP, "2000-01-01 00:00:01+00", &v), OK);
    EXPECT_EQ(v.i64, PG_EPOCH_US + 1000000);
}

TEST(pg_type_texts_are_made_as_the_server_prints_them)
{
    struct raw v;
    scratch = arena_new(1 << 20);
    static const char uuid[] = "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00";
    EXPECT_EQ(BINARY(PG_KIND_UUID, uuid, &v), OK);
    EXPECT(slice_is(v.text, "123e4567-e89b-12d3-a456-426614174000"));
    EXPECT_EQ(BINARY(PG_KIND_INET, "\2\x20\0\4\x0a\1\2\3", &v), OK);
    EXPECT(slice_is(v.text, "10.1.2.3"));
    EXPECT_EQ(BINARY(PG_KIND_INET, "\2\x18\0\4\x0a\1\2\0", &v), OK);
    EXPECT(slice_is(v.text, "10.1.2.0/24"));
    EXPECT_EQ(BINARY(PG_KIND_INET, "\2\x20\1\4\x0a\1\2\3", &v), OK);
    EXPECT(slice_is(v.text, "10.1.2.3/32"));
    EXPECT_EQ(BINARY(PG_KIND_INET, "\3\x80\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", &v), OK);
    EXPECT(slice_is(v.text, "::1"));
    EXPECT_EQ(BINARY(PG_KIND_INET, "\3\x81\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", &v),
              ERR_CORRUPT);
    EXPECT_EQ(BINARY(PG_KIND_INET, "", &v), ERR_CORRUPT);
    EXPECT_EQ(BINARY(PG_KIND_NUMERIC, "\0\2\0\0\0\0\0\2\0\1\x09\xc4", &v), OK);
    EXPECT(v.type == RAW_TEXT && slice_is(v.text, "1.25"));
    EXPECT_EQ(BINARY(PG_KIND_TEXT, "caf\xc3\xa9", &v), OK);
    EXPECT(slice_is(v.text, "caf\xc3\xa9"));
    EXPECT_EQ(BINARY(PG_KIND_BPCHAR, "DE   ", &v), OK);
    EXPECT(slice_is(v.text, "DE"));
    arena_free(scratch);
}

TEST(pg_type_null_and_unchanged_are_no_values)
{
    struct raw v;
    EXPECT_EQ(decode(PG_KIND_INT4, 'n', slice_text(""), &v), OK);
    EXPECT_EQ(v.type, RAW_NULL);
    EXPECT_EQ(decode(PG_KIND_TEXT, 'u', slice_text(""), &v), OK);
    EXPECT_EQ(v.type, RAW_UNCHANGED);
    EXPECT_EQ(decode(PG_KIND_NONE, 'b', slice_text("x"), &v), ERR_INVALID);
}

TEST(pg_type_what_nobody_thought_of_is_not_taken)
{
    EXPECT_EQ(pg_kind_of(20, 'b', slice_text("int8")), PG_KIND_INT8);
    EXPECT_EQ(pg_kind_of(1184, 'b', slice_text("timestamptz")), PG_KIND_TIMESTAMP);
    EXPECT_EQ(pg_kind_of(90001, 'e', slice_text("mood")), PG_KIND_TEXT);
    EXPECT_EQ(pg_kind_of(90002, 'b', slice_text("citext")), PG_KIND_TEXT);
    EXPECT_EQ(pg_kind_of(17, 'b', slice_text("bytea")), PG_KIND_NONE);
    EXPECT_EQ(pg_kind_of(3802, 'b', slice_text("jsonb")), PG_KIND_NONE);
    EXPECT_EQ(pg_kind_of(90003, 'c', slice_text("citext")), PG_KIND_NONE);
}

TEST(pg_type_words_never_hold_the_value)
{
    const struct pg_field field = {.kind = 't', .bytes = slice_text("4111111111111111x")};
    struct raw v;
    struct fault why = {0};
    EXPECT_EQ(pg_value_decode(PG_KIND_INT8, &field, NULL, &v, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "4111") == NULL);
    EXPECT(strstr(why.words, "int8") != NULL);
}
