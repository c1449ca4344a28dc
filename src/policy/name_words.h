// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of a column's name: "wifi_ssid", "wifiSsid" and "WIFI-SSID" are wifi and ssid.

#include "base/slice.h"

// Whether one of the name's words is `word` (lower case), or two that follow each other
// make it ("body_fat" holds "bodyfat").
bool name_has_word(const char *name, const char *word);
