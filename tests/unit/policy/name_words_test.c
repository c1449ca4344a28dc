// SPDX-License-Identifier: Apache-2.0
#include "policy/name_words.h"
#include "test.h"

TEST(name_words_are_found_in_any_spelling)
{
    EXPECT(name_has_word("ssid", "ssid"));
    EXPECT(name_has_word("wifi_ssid", "ssid"));
    EXPECT(name_has_word("wifiSsid", "ssid"));
    EXPECT(name_has_word("WIFI-SSID", "ssid"));
    EXPECT(name_has_word("body_fat_pct", "bodyfat"));
    EXPECT(name_has_word("bodyFat", "bodyfat"));
    EXPECT(name_has_word("height2", "height"));
}

TEST(name_words_are_whole_words)
{
    EXPECT(!name_has_word("assidu", "ssid"));
    EXPECT(!name_has_word("bssid", "ssid"));
    EXPECT(!name_has_word("sextant", "sex"));
    EXPECT(!name_has_word("", "sex"));
    EXPECT(!name_has_word("heigh", "height"));
}
