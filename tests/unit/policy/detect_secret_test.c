// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_secret_finds_its_forms)
{
    static const char *const texts[] = {"api_key=8f2Kd91mQzX4", "\"token\": \"Zx81kQp02LmNvR\"",
                                        "PASSWORD: t7Hq2Lw9xZ4b", "secret_key = 8f2Kd91mQzX4"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "named secret");
}

TEST(detect_secret_leaves_what_is_alike)
{
    static const char *const texts[] = {"token: expired_or_invalid", "password=changeme",
                                        "secret=********", "tokens: 12",
                                        "api_key=your-api-key-here"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
