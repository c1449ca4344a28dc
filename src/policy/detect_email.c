// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// One character before the @ is enough: what stands before it does not matter once it
// is one.  %40 is the @ of a URL's parameters.  The last label is of letters, so that
// "package@1.2.3" is none.
const struct detector detect_email = {
    .name = "e-mail address",
    .pattern = "[^\\s@](?:@|%40)(?:[a-z0-9][a-z0-9-]*\\.)+[a-z]{2}",
    .caseless = true,
};
