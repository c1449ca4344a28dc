// SPDX-License-Identifier: Apache-2.0
#include "policy/tld.h"
#include "test.h"

TEST(tld_knows_the_root_zone_in_either_case)
{
    static const char *const yes[] = {"aaa", "org", "DE", "zw", "xn--p1ai", "museum", "example"};
    static const char *const no[] = {"", "png", "internal", "local", "x", "o g", "org ", "arpa"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        EXPECT(tld_is(slice_text(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        EXPECT(!tld_is(slice_text(no[i])));
    EXPECT(!tld_is(slice_text("abcdefghijklmnopqrstuvwxyz")));
}
