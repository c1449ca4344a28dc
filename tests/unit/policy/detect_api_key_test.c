// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_api_key_finds_its_forms)
{
    static const char *const texts[] = {
        "ghp_1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ", "key AKIAIOSFODNN7EXAMPLE",
        "xoxb-123456789012-abcdefGHIJKL0987", "AIzaSyD4x7Qm0bN2cV8kLpR1tYuWzE5aHfGjKq3"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "API key");
}

TEST(detect_api_key_leaves_what_is_alike)
{
    static const char *const texts[] = {"AKIAXXXXXXXXXXXXXXXX", "ghp_short",
                                        "xAKIAIOSFODNN7EXAMPLE", "npm_"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
