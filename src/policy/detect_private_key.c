// SPDX-License-Identifier: Apache-2.0
#include "policy/detector.h"

// The first line of PEM (RFC 7468) or PGP armour: PRIVATE KEY, RSA PRIVATE KEY, OPENSSH
// PRIVATE KEY, ENCRYPTED PRIVATE KEY, PGP PRIVATE KEY BLOCK, ...
const struct detector detect_private_key = {
    .name = "private key",
    .id = "private-key",
    .pattern = "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
};
