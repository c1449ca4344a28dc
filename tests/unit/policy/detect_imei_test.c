// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/detecting.h"

TEST(detect_imei_finds_its_forms)
{
    static const char *const texts[] = {"490154203237518", "IMEI: 35-209900-176148-1",
                                        "{imei=352099001761481}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "IMEI");
}

TEST(detect_imei_leaves_what_is_alike)
{
    static const char *const texts[] = {"490154203237519", "120154203237510", "1.490154203237518",
                                        "4901542032375180", "35-209900-176148"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_detected(texts[i], "nothing");
}
