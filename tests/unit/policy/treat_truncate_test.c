// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/one_column.h"

#include <stdio.h>

// "" for what is refused.
static bool truncates(const char *options, const char *value, const char *left)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_truncate, options, a);
    struct raw raw = {.type = RAW_TEXT, .text = slice_text(value)};
    enum err e = one_column_put(&o, raw, NULL);
    bool same = e ? *left == '\0' : slice_is(intern_get(&o.column.texts, o.column.codes[0]), left);
    one_column_done(&o);
    return same;
}

TEST(treat_truncate_keeps_the_first_characters)
{
    EXPECT(truncates("{characters: 2}", "10115", "10"));
    EXPECT(truncates("{characters: 2}", "1", "1"));
    EXPECT(truncates("{characters: 2}", "\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80",
                     "\xc3\xb6\xe2\x82\xac"));
    EXPECT(truncates("{characters: 2}",
                     "a\xff"
                     "b",
                     ""));
}

TEST(treat_truncate_never_keeps_a_byte_of_the_rest)
{
    static const char *const ends[] = {"jane@example.org", "203.0.113.9", "\xff\xfe"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[64] = "abc";
        memcpy(text + 3, ends[i], strlen(ends[i]));
        EXPECT(truncates("{characters: 3}", text, "abc"));
    }
}

TEST(treat_truncate_keeps_the_network_of_an_address)
{
    static const char network[] = "{network: 24/48}";
    EXPECT(truncates(network, "203.0.113.77", "203.0.113.0/24"));
    EXPECT(truncates(network, "203.0.113.77/32", "203.0.113.0/24"));
    EXPECT(truncates(network, "10.0.0.0/8", "10.0.0.0/8"));
    EXPECT(truncates(network, "2001:db8:1:2::3", "2001:db8:1::/48"));
    EXPECT(truncates(network, "::ffff:203.0.113.77", "203.0.113.0/24"));
    EXPECT(truncates(network, "::ffff:0:0/96", "0.0.0.0/0"));
    static const char *const no[] = {"", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "::/129", "/24"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        EXPECT(truncates(network, no[i], ""));
}

// Addresses that differ in the bits kept alone are told apart, others are not.
TEST(treat_truncate_tells_addresses_apart_by_their_network_alone)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_truncate, "{network: 20/48}", a);
    for (uint32_t third = 0; third < 256; third++) {
        uint32_t first = 0;
        for (uint32_t last = 0; last < 256; last += 15) {
            char text[32];
            snprintf(text, sizeof text, "198.51.%u.%u", third, last);
            EXPECT_EQ(
                one_column_put(&o, (struct raw){.type = RAW_TEXT, .text = slice_text(text)}, NULL),
                OK);
            first = last ? first : o.column.codes[0];
            EXPECT_EQ(o.column.codes[0], first);
            EXPECT_EQ(o.column.codes[0], third / 16);
        }
    }
    one_column_done(&o);
}

TEST(treat_truncate_is_declared_with_characters_or_a_network)
{
    static const char old[] = "{treat: round, to: 0.5}";
    expect_edit_refused(old, "{treat: truncate}",
                        "26: column load: truncate needs characters: 3, or network: 24/48 for IP "
                        "addresses, and not both");
    expect_edit_refused(old, "{treat: truncate, characters: 65}",
                        "26: column load: characters is a number from 1 to 64");
    expect_edit_refused(old, "{treat: truncate, characters: [1]}",
                        "26: column load: characters is a number from 1 to 64");
    static const char *const networks[] = {"24",     "24/",  "/48",     "32/48",
                                           "24/128", "0/48", "[24, 48]"};
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        char put[64];
        snprintf(put, sizeof put, "{treat: truncate, network: %s}", networks[i]);
        expect_edit_refused(old, put,
                            "26: column load: network is the bits kept of IPv4 and of IPv6: "
                            "24/48");
    }
}
