// SPDX-License-Identifier: Apache-2.0
#include "unit/access/trusted.h"

static const struct slice ann = {(const uint8_t *)"ann", 3};

TEST(catalog_totp_keeps_bytes_under_the_seal_and_a_step_beside_it)
{
    struct trusted t;
    struct buf out AUTO(buf_donep) = buf_init(64);
    int64_t step = 0;
    bool is_taken = false;
    trusted_make(&t);
    struct catalog *c = t.access->catalog;
    EXPECT_EQ(catalog_totp_get(c, slice_text("eve"), &out, &step, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(catalog_totp_get(c, ann, &out, &step, NULL), OK);
    EXPECT_EQ(out.len, 0);
    EXPECT_EQ(catalog_totp_set(c, ann, slice_text("bytes"), NULL), OK);
    EXPECT_EQ(catalog_totp_set(c, slice_text("eve"), slice_text("bytes"), NULL), ERR_NOT_FOUND);
    EXPECT_EQ(catalog_totp_step(c, ann, 7, &is_taken, NULL), OK);
    EXPECT(is_taken);
    EXPECT_EQ(catalog_totp_step(c, ann, 7, &is_taken, NULL), OK);
    EXPECT(!is_taken);
    EXPECT_EQ(catalog_totp_step(c, ann, 6, &is_taken, NULL), OK);
    EXPECT(!is_taken);
    EXPECT_EQ(catalog_totp_get(c, ann, &out, &step, NULL), OK);
    EXPECT(slice_is(buf_slice(&out), "bytes"));
    EXPECT_EQ(step, 7);
    EXPECT_EQ(trusted_reopen(&t, NULL), OK);
    trusted_sql(&t, "UPDATE users SET totp = x'' WHERE name = 'ann'");
    EXPECT_EQ(catalog_verify(t.access->catalog, NULL), ERR_CORRUPT);
    trusted_drop(&t);
}
