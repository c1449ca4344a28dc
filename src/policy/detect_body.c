// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// Two measures of a body in one row; see body_watch.h.
const struct detector detect_body = {
    .name = "body measures",
    .id = "body",
};
