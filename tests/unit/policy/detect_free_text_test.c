// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"
#include "test.h"

TEST(detect_free_text_sees_no_single_text)
{
    EXPECT(!detect_free_text.pattern && detector_of_id(detect_free_text.id) == &detect_free_text);
}
