// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "keys/crypto.h"
#include "test.h"

static bool prints(const char *bytes, const char *text)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    base64url_print(slice_text(bytes), &out);
    return slice_is(buf_slice(&out), text);
}

static bool parses(const char *text, const char *bytes)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    return base64_parse(slice_text(text), &out) == OK && slice_is(buf_slice(&out), bytes);
}

static enum err parse(const char *text)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    return base64_parse(slice_text(text), &out);
}

// RFC 4648, section 10, without the padding.
TEST(base64url_prints_the_vectors_of_the_rfc)
{
    EXPECT(prints("", ""));
    EXPECT(prints("f", "Zg"));
    EXPECT(prints("fo", "Zm8"));
    EXPECT(prints("foo", "Zm9v"));
    EXPECT(prints("foobar", "Zm9vYmFy"));
    EXPECT(prints("\xfb\xff", "-_8"));
}

TEST(base64_parses_both_alphabets_and_padding)
{
    EXPECT(parses("", ""));
    EXPECT(parses("Zg", "f"));
    EXPECT(parses("Zg==", "f"));
    EXPECT(parses("Zm8=", "fo"));
    EXPECT(parses("-_8", "\xfb\xff"));
    EXPECT(parses("+/8=", "\xfb\xff"));
}

TEST(base64_refuses_what_has_another_form)
{
    EXPECT_EQ(parse("Z"), ERR_INVALID);
    EXPECT_EQ(parse("Zg="), ERR_INVALID);
    EXPECT_EQ(parse("Zg==="), ERR_INVALID);
    EXPECT_EQ(parse("Zh"), ERR_INVALID); // bits after the last byte
    EXPECT_EQ(parse("Zg=a"), ERR_INVALID);
    EXPECT_EQ(parse("Z g"), ERR_INVALID);
    EXPECT_EQ(parse("===="), ERR_INVALID);
}

TEST(hex_prints_lower_case)
{
    struct buf out AUTO(buf_donep) = buf_init(1024);
    hex_print(slice_of("\x00\xaf\x7f", 3), &out);
    EXPECT(slice_is(buf_slice(&out), "00af7f"));
}

TEST(text_forms_keep_to_the_limit_of_the_buf)
{
    struct buf out AUTO(buf_donep) = buf_init(3);
    base64url_print(slice_text("foo"), &out);
    EXPECT_EQ(buf_end(&out, NULL), ERR_LIMIT);
    buf_reset(&out);
    hex_print(slice_text("fo"), &out);
    EXPECT_EQ(buf_end(&out, NULL), ERR_LIMIT);
}
