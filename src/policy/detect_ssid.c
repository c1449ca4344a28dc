// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// The name of a wireless network, which tells where somebody lives.  It has no form, so the
// column's own name must do (policy_table.c looks at it when the policy is read).
const struct detector detect_ssid = {
    .name = "network name",
    .id = "ssid",
};
