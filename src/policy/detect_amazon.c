// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// Tokens of Login with Amazon: access (Atza), refresh (Atzr) and the first-party pair
// (Atna, Atnr).  Whole ones have at least 350 characters; a cut one is a leak as well, so
// the prefix and a few characters of the token's alphabet do.  And the name that Amazon gives
// a customer towards an application.
const struct detector detect_amazon = {
    .name = "amazon token",
    .id = "amazon-token",
    .pattern = "(?:At(?:za|zr|na|nr)(?:\\||%7[Cc])[A-Za-z0-9_+/=-]{16}|"
               "amzn1\\.account\\.[A-Z0-9]{16})",
};
