// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_mac_finds_its_forms)
{
    static const char *const texts[] = {"2c:aa:8e:12:34:56", "bssid 2C-AA-8E-12-34-56",
                                        "2caa.8e12.3456", "(a4:c1:38:00:00:01)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "MAC address");
}

TEST(detect_mac_leaves_what_is_alike)
{
    static const char *const texts[] = {
        "00:00:00:00:00:00", "01:00:5e:00:00:01", "aa:bb:cc:dd:ee:ff:00:11", "26-11-24-12-30-45",
        "12:30:45",          "2caa8e123456",      "x2c:aa:8e:12:34:56"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
