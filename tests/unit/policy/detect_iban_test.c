// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_iban_finds_its_forms)
{
    static const char *const texts[] = {"DE89370400440532013000", "GB82 WEST 1234 5698 7654 32",
                                        "to FR1420041010050500013M02606 today"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "bank account");
}

TEST(detect_iban_leaves_what_is_alike)
{
    static const char *const texts[] = {"DE88370400440532013000", "ZZ89370400440532013000",
                                        "DE893704004405320130001", "AB12",
                                        "XDE89370400440532013000"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
