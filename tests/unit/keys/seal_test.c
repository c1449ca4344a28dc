// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "keys/seal.h"
#include "test.h"

static const struct seal_of email = {"customers", "email", 77};
static const uint64_t row[2] = {5, 6};

static void pair(uint8_t secret_half[AGREE_BYTES], struct sealer *s)
{
    uint8_t public_half[AGREE_BYTES];
    EXPECT_EQ(crypto_start(NULL), OK);
    random_bytes(secret_half, AGREE_BYTES);
    agree_public(secret_half, public_half);
    sealer_init(s, public_half);
    EXPECT(!s->is_destroyed);
}

static struct buf sealed(const struct sealer *s, const struct seal_of *of, struct slice text)
{
    struct buf out = buf_init(SEAL_BYTES_MAX);
    EXPECT_EQ(seal(s, of, row, text, &out, NULL), OK);
    EXPECT(seal_is_formed(buf_slice(&out)));
    return out;
}

static enum err opened(const uint8_t *secret_half, const struct seal_of *of, struct slice bytes,
                       struct buf *out)
{
    uint64_t of_row[2];
    enum err e = seal_open(secret_half, of, bytes, of_row, out, NULL);
    EXPECT(e || (of_row[0] == row[0] && of_row[1] == row[1]));
    return e;
}

TEST(seal_gives_back_every_text_with_its_row)
{
    static const size_t lengths[] = {0, 1, 12, 13, 300, 4076, 4077, SEAL_TEXT_BYTES_MAX};
    static uint8_t text[SEAL_TEXT_BYTES_MAX];
    uint8_t secret_half[AGREE_BYTES];
    struct sealer s;
    pair(secret_half, &s);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buf out AUTO(buf_donep) = buf_init(SEAL_TEXT_BYTES_MAX);
        struct buf bytes AUTO(buf_donep) = sealed(&s, &email, slice_of(text, lengths[i]));
        EXPECT_EQ(opened(secret_half, &email, buf_slice(&bytes), &out), OK);
        EXPECT(slice_equal(buf_slice(&out), slice_of(text, lengths[i])));
        EXPECT_EQ(seal_policy(buf_slice(&bytes)), 77);
    }
}

TEST(seal_takes_no_text_beyond_its_limit)
{
    static uint8_t text[SEAL_TEXT_BYTES_MAX + 1];
    uint8_t secret_half[AGREE_BYTES];
    struct sealer s;
    struct buf out AUTO(buf_donep) = buf_init(SEAL_BYTES_MAX);
    pair(secret_half, &s);
    EXPECT_EQ(seal(&s, &email, row, slice_of(text, sizeof text), &out, NULL), ERR_INVALID);
}

TEST(seal_tells_the_class_of_a_length_and_no_more)
{
    static uint8_t text[8200];
    uint8_t secret_half[AGREE_BYTES];
    struct sealer s;
    pair(secret_half, &s);
    size_t last = 0;
    uint32_t classes = 0;
    for (size_t len = 0; len < sizeof text; len++) {
        struct buf bytes AUTO(buf_donep) = sealed(&s, &email, slice_of(text, len));
        classes += bytes.len != last;
        EXPECT(bytes.len >= last);
        last = bytes.len;
    }
    EXPECT_EQ(classes, 10); // 32, 64, ... 4096, 8192, 12288
}

TEST(seal_of_equal_texts_is_never_the_same)
{
    uint8_t secret_half[AGREE_BYTES];
    struct sealer s;
    pair(secret_half, &s);
    struct buf a AUTO(buf_donep) = sealed(&s, &email, slice_text("ann@example.org"));
    struct buf b AUTO(buf_donep) = sealed(&s, &email, slice_text("ann@example.org"));
    EXPECT_EQ(a.len, b.len);
    EXPECT(!slice_equal(slice_from(buf_slice(&a), 41), slice_from(buf_slice(&b), 41)));
    EXPECT(memmem(a.at, a.len, "ann", 3) == NULL);
}

TEST(seal_opens_with_no_byte_changed_and_none_missing)
{
    uint8_t secret_half[AGREE_BYTES];
    struct sealer s;
    pair(secret_half, &s);
    struct buf out AUTO(buf_donep) = buf_init(SEAL_TEXT_BYTES_MAX);
    struct buf bytes AUTO(buf_donep) = sealed(&s, &email, slice_text("ann@example.org"));
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.at[i] ^= 1;
        EXPECT_EQ(opened(secret_half, &email, buf_slice(&bytes), &out), ERR_CORRUPT);
        bytes.at[i] ^= 1;
        EXPECT_EQ(opened(secret_half, &email, slice_of(bytes.at, i), &out), ERR_CORRUPT);
    }
    EXPECT_EQ(out.len, 0);
    EXPECT_EQ(opened(secret_half, &email, buf_slice(&bytes), &out), OK);
}

TEST(seal_opens_as_its_own_column_alone)
{
    static const struct seal_of others[] = {{"customers", "phone", 77}, {"devices", "email", 77}};
    uint8_t secret_half[AGREE_BYTES];
    uint8_t another[AGREE_BYTES];
    struct sealer s;
    struct sealer unused;
    pair(secret_half, &s);
    pair(another, &unused);
    struct buf out AUTO(buf_donep) = buf_init(SEAL_TEXT_BYTES_MAX);
    struct buf bytes AUTO(buf_donep) = sealed(&s, &email, slice_text("ann@example.org"));
    for (size_t i = 0; i < 2; i++)
        EXPECT_EQ(opened(secret_half, &others[i], buf_slice(&bytes), &out), ERR_CORRUPT);
    EXPECT_EQ(opened(another, &email, buf_slice(&bytes), &out), ERR_CORRUPT);
}

TEST(seal_of_a_destroyed_column_is_told)
{
    static const uint8_t destroyed[AGREE_BYTES];
    struct sealer s;
    EXPECT_EQ(crypto_start(NULL), OK);
    sealer_init(&s, destroyed);
    EXPECT(s.is_destroyed);
}
