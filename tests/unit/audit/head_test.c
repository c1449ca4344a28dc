// SPDX-License-Identifier: Apache-2.0
#include "audit/head.h"
#include "unit/audit/shelf.h"

static struct audit_head signed_head(struct shelf *s)
{
    struct audit_head h = {.number = 4, .size = 99, .time_ms = 1575417600000, .root = {{1, 2, 3}}};
    uint8_t digest[32];
    sign_public(s->seed, s->key);
    audit_head_digest(&h, digest);
    EXPECT_EQ(shelf_sign(s, digest, h.signature, NULL), OK);
    return h;
}

TEST(audit_head_holds_under_its_key_and_says_nothing_else)
{
    struct shelf s = {.seed = {3}};
    struct audit_head h = signed_head(&s);
    EXPECT(audit_head_is_signed(&h, s.key));
    struct buf bytes AUTO(buf_donep) = buf_init(AUDIT_HEAD_BYTES);
    audit_head_encode(&h, &bytes);
    EXPECT_EQ(bytes.len, AUDIT_HEAD_BYTES);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.at[i] ^= 1;
        struct audit_head other = audit_head_decode(bytes.at);
        EXPECT(!audit_head_is_signed(&other, s.key));
        bytes.at[i] ^= 1;
    }
    s.key[0] ^= 1;
    EXPECT(!audit_head_is_signed(&h, s.key));
}

static enum err parse(struct slice text)
{
    struct audit_head h;
    return audit_head_parse(text, &h, NULL);
}

TEST(audit_head_is_a_line_of_text_that_comes_back)
{
    struct shelf s = {.seed = {3}};
    struct audit_head h = signed_head(&s);
    struct audit_head back;
    struct buf text AUTO(buf_donep) = buf_init(AUDIT_HEAD_TEXT_BYTES);
    audit_head_print(&h, &text);
    EXPECT_EQ(audit_head_parse(buf_slice(&text), &back, NULL), OK);
    EXPECT(audit_head_is_signed(&back, s.key));
    EXPECT_EQ(back.size, 99);
    expect_every_prefix_refused(slice_of(text.at, text.len - 1), parse); // the line end is free
}

TEST(audit_key_is_64_digits_with_blanks_around)
{
    uint8_t key[SIGN_PUBLIC_BYTES];
    EXPECT_EQ(audit_key_parse(slice_text(" 00112233445566778899aabbccddeeff00112233445566778899aab"
                                         "bccddeeff\n"),
                              key, NULL),
              OK);
    EXPECT_EQ(key[31], 0xff);
    EXPECT_EQ(audit_key_parse(slice_text("00"), key, NULL), ERR_INVALID);
    EXPECT_EQ(audit_key_parse(slice_text(""), key, NULL), ERR_INVALID);
}
