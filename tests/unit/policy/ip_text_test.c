// SPDX-License-Identifier: Apache-2.0
#include "policy/ip_text.h"
#include "test.h"

static bool masked_is(const char *from, uint32_t bits, const char *to)
{
    uint8_t bytes[16];
    bool is_v6 = strchr(from, ':') != NULL;
    EXPECT(is_v6 ? ip_v6_parse(slice_text(from), bytes) : ip_v4_parse(slice_text(from), bytes));
    ip_mask(bytes, is_v6 ? 16 : 4, bits);
    struct buf text = buf_init(64);
    if (is_v6)
        ip_v6_print(bytes, &text);
    else
        ip_v4_print(bytes, &text);
    bool same = slice_is(buf_slice(&text), to);
    buf_done(&text);
    return same;
}

TEST(ip_text_masks_to_a_network)
{
    EXPECT(masked_is("203.0.113.77", 24, "203.0.113.0"));
    EXPECT(masked_is("203.0.113.77", 25, "203.0.113.0"));
    EXPECT(masked_is("203.0.113.200", 25, "203.0.113.128"));
    EXPECT(masked_is("203.0.113.77", 0, "0.0.0.0"));
    EXPECT(masked_is("203.0.113.77", 32, "203.0.113.77"));
    EXPECT(masked_is("2001:DB8:1:2::3", 48, "2001:db8:1::"));
}

TEST(ip_text_refuses_what_is_no_address)
{
    static const char *const no[] = {"",         "1.2.3",    "1.2.3.4.5", "1.2.3.256",
                                     "01.2.3.4", " 1.2.3.4", "a"};
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        EXPECT(!ip_v4_parse(slice_text(no[i]), bytes) && !ip_v6_parse(slice_text(no[i]), bytes));
    EXPECT(!ip_v4_parse(slice_of("1.2.3.4\0x", 9), bytes));
}
