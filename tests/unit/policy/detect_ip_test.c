// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_ip_finds_its_forms)
{
    static const char *const texts[] = {"203.0.113.7",      "to 10.0.0.5:443", "[2001:db8::1]",
                                        "::ffff:192.0.2.1", "fe80::1:2",       "192.168.1.0/24"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "IP address");
}

TEST(detect_ip_leaves_what_is_alike)
{
    static const char *const texts[] = {"127.0.0.1", "0.0.0.0",   "v1.2.3.4",  "1.2.3.4-beta",
                                        "1.2.3",     "256.1.1.1", "1.2.3.4.5", "::1",
                                        "12:34:56",  "abc::def",  "224.0.0.1", "01.2.3.4"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
