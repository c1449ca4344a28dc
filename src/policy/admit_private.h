// SPDX-License-Identifier: Apache-2.0
#pragma once

// The maker of `struct admitted`, for sieve_cut() alone.

#include "policy/admit.h"

// Encodes `c` and keeps both in the arena; what `c` points to must live there too.
// ERR_LIMIT when the encoded form is over LIMIT_CHANGESET_BYTES.
enum err admitted_make(const struct changeset *c, const struct schema *s, struct arena *batch,
                       const struct admitted **out, struct fault *why);
