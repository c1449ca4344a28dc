// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "test.h"

TEST(detect_body_sees_no_single_text)
{
    EXPECT(!detect_body.pattern && detector_of_id(detect_body.id) == &detect_body);
}
