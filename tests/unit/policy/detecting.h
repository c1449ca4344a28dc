// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the tests of detectors: who finds something in a text.

// The detector's name, or "nothing".
const char *detected(const char *text);

// Fails with the text unless it is what is found.
void expect_detected(const char *text, const char *name);
