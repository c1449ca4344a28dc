// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/date_private.h"
#include "test.h"

#include <stdlib.h>

static void put_header(struct buf *out, uint32_t changes, uint32_t types, uint32_t name_bytes)
{
    buf_text(out, "TZif2");
    for (int i = 0; i < 15; i++)
        buf_u8(out, 0);
    buf_u32_be(out, 0);
    buf_u32_be(out, 0);
    buf_u32_be(out, 0);
    buf_u32_be(out, changes);
    buf_u32_be(out, types);
    buf_u32_be(out, name_bytes);
}

// Two changes: +1 h at 1000 s, +2 h at 2000 s, then the rule.
static void put_golden(struct buf *out)
{
    static const char old_body[4 + 1 + 6 + 4] = {0};
    put_header(out, 1, 1, 4);
    buf_bytes(out, old_body, sizeof old_body);
    put_header(out, 2, 3, 4);
    buf_u64_be(out, 1000);
    buf_u64_be(out, 2000);
    buf_u8(out, 1);
    buf_u8(out, 2);
    for (uint32_t hour = 0; hour < 3; hour++) {
        buf_u32_be(out, hour * 3600);
        buf_u8(out, 0);
        buf_u8(out, 0);
    }
    buf_bytes(out, "AAA", 4);
    buf_text(out, "\n<+03>-3\n");
}

static enum err decode(struct slice bytes)
{
    struct date_zone *z = NULL;
    enum err e = zone_decode(bytes, &z, NULL);
    if (e == OK)
        zone_free(z);
    return e;
}

TEST(zone_file_decodes)
{
    struct buf file AUTO(buf_donep) = buf_init(4096);
    put_golden(&file);
    struct date_zone *z = NULL;
    EXPECT_EQ(zone_decode(buf_slice(&file), &z, NULL), OK);
    EXPECT_EQ(date_zone_offset_ms(z, 999999), 0);
    EXPECT_EQ(date_zone_offset_ms(z, 1000000), 3600000);
    EXPECT_EQ(date_zone_offset_ms(z, 1999999), 3600000);
    EXPECT_EQ(date_zone_offset_ms(z, 2000000), 3 * 3600000);
    zone_free(z);
}

TEST(zone_file_refuses_every_prefix)
{
    struct buf file AUTO(buf_donep) = buf_init(4096);
    put_golden(&file);
    expect_every_prefix_refused(buf_slice(&file), decode);
}

TEST(zone_file_survives_every_changed_byte)
{
    struct buf file AUTO(buf_donep) = buf_init(4096);
    put_golden(&file);
    for (size_t i = 0; i < file.len; i++) {
        uint8_t kept = file.at[i];
        for (int delta = 1; delta < 256; delta++) {
            file.at[i] = (uint8_t)(kept + delta);
            enum err e = decode(buf_slice(&file));
            EXPECT(e == OK || e == ERR_CORRUPT);
        }
        file.at[i] = kept;
    }
}
