// SPDX-License-Identifier: Apache-2.0
#include "policy/personal.h"
#include "test.h"

TEST(personal_by_name_knows_words_of_a_column)
{
    EXPECT(slice_is(slice_text(personal_by_name("wifi_ssid")), "a network's name"));
    EXPECT(slice_is(slice_text(personal_by_name("lastName")), "a name"));
    EXPECT(slice_is(slice_text(personal_by_name("alexaToken")), "a secret"));
    EXPECT(slice_is(slice_text(personal_by_name("BODY-FAT")), "a measure of a body"));
    EXPECT(personal_by_name("latency_ms") == NULL);
    EXPECT(personal_by_name("filename") == NULL);
    EXPECT(personal_by_name("") == NULL);
}

TEST(personal_by_form_is_the_detector_that_found_most)
{
    struct survey_counts seen = {.distinct = 9};
    uint32_t count = 7;
    EXPECT(personal_by_form(&seen, &count) == NULL);
    EXPECT_EQ(count, 0);
    seen.hits[1] = 2;
    seen.hits[3] = 5;
    EXPECT(personal_by_form(&seen, &count) == detector_at(3));
    EXPECT_EQ(count, 5);
}
