// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "test.h"

TEST(detect_ssid_sees_no_single_text)
{
    EXPECT(!detect_ssid.pattern && detector_of_id(detect_ssid.id) == &detect_ssid);
}
