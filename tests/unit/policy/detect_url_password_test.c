// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_url_password_finds_its_forms)
{
    static const char *const texts[] = {"postgres://app:s3cret@db:5432/x",
                                        "https://:token123@host/"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "password in an address");
}

TEST(detect_url_password_leaves_what_is_alike)
{
    static const char *const texts[] = {"postgres://app:****@db/x", "https://host:443/a@b",
                                        "redis://host:6379", "https://u:@h"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
