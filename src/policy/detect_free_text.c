// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// Texts that people wrote: nearly all different, of several words; see free_text.h.
const struct detector detect_free_text = {
    .name = "free text",
    .id = "free-text",
};
