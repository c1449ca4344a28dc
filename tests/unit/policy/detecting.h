// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of detectors: who finds something in a text.

// The detector's name, or "nothing".
const char *detected(const char *text);
