// SPDX-License-Identifier: Apache-2.0
#pragma once

// Codes of an authenticator: RFC 6238 with SHA-1, 30 seconds and 6 digits, which is what every
// authenticator knows.  SHA-1 is safe there: a code is an HMAC cut to 20 bits.

#include "base/slice.h"

#include <stdint.h>

enum { TOTP_SECRET_BYTES = 20, TOTP_STEP_MS = 30000, TOTP_DIGITS = 6, TOTP_DIGITS_MAX = 9 };

// The code of a step (milliseconds since 1970 / TOTP_STEP_MS), with up to TOTP_DIGITS_MAX digits.
uint32_t totp_code(struct slice secret, uint64_t step, int digits);

// RFC 4648 base32 without padding, as authenticators take secrets.
struct buf;
void base32_print(struct slice bytes, struct buf *out);
