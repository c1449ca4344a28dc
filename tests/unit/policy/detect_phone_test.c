// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_phone_finds_its_forms)
{
    static const char *const texts[] = {"+49 151 23456789", "call +12125550123 now",
                                        "+1 (212) 555-0123", "tel:+44-20-7946-0958"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "telephone number");
}

TEST(detect_phone_leaves_what_is_alike)
{
    static const char *const texts[] = {
        "+48.858222+2.294500",       "+1234567",        "1e+12345678",   "+0012345678",
        "2026-01-01T00:00:00+02:00", "+1 112 555 0123", "+28 1234567890"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
