// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "keys/totp.h"
#include "test.h"

// RFC 6238, appendix B, the lines with SHA-1.
TEST(totp_gives_the_codes_of_the_rfc)
{
    static const struct {
        uint64_t seconds;
        uint32_t code;
    } lines[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                 {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        EXPECT_EQ(totp_code(slice_text("12345678901234567890"), lines[i].seconds / 30, 8),
                  lines[i].code);
}

// RFC 4226, appendix D.
TEST(totp_of_six_digits_is_the_hotp_of_its_counter)
{
    static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314,
                                     254676, 287922, 162583, 399871, 520489};
    for (uint64_t i = 0; i < 10; i++)
        EXPECT_EQ(totp_code(slice_text("12345678901234567890"), i, TOTP_DIGITS), codes[i]);
}

static bool is_base32(const char *in, const char *want)
{
    struct buf out AUTO(buf_donep) = buf_init(64);
    base32_print(slice_text(in), &out);
    return slice_is(buf_slice(&out), want);
}

// RFC 4648, 10, without its padding.
TEST(base32_is_that_of_the_rfc)
{
    EXPECT(is_base32("", ""));
    EXPECT(is_base32("f", "MY"));
    EXPECT(is_base32("fo", "MZXQ"));
    EXPECT(is_base32("foo", "MZXW6"));
    EXPECT(is_base32("foob", "MZXW6YQ"));
    EXPECT(is_base32("fooba", "MZXW6YTB"));
    EXPECT(is_base32("foobar", "MZXW6YTBOI"));
}
