// SPDX-License-Identifier: Apache-2.0
#pragma once

// A second factor: codes of an authenticator (keys/totp.h) for the changes that a user makes.
//
//     users.totp   locked (keys/crypto.h) under a key of the catalogue's, bound to the name:
//                  form u8 = 1 | since u64 | secret 20 | count u8 | count hashes of 16 bytes
//
// Whoever has one needs a code for each change of what protects, over HTTP and at the command line,
// with an API key too.  A code is good for its half minute and the ones before and after it, and
// once: the last step that was used is kept.  Recovery codes are good once each, for who has lost
// the authenticator.  Wrong codes are slowed by user and by address, as wrong passwords are.
//
// It is made at the command line, and once made a second person is needed to take it away: it
// loosens (approval.h).

#include "access/access.h"

enum { TOTP_RECOVERY_CODES = 8, TOTP_RECOVERY_BYTES = 24, TOTP_URI_BYTES = 2048 };

struct totp_new {             // shown once; the caller wipes it
    char uri[TOTP_URI_BYTES]; // otpauth://totp/...
    char recovery[TOTP_RECOVERY_CODES][TOTP_RECOVERY_BYTES];
};

// ERR_CONFLICT: there is one.  ERR_NOT_FOUND: no such user.
enum err access_totp_enrol(struct access *a, const struct access_by *by, struct slice name,
                           struct totp_new *out, struct fault *why);
// ERR_NOT_FOUND: no such user, or there is none to take away.
enum err access_totp_remove(struct access *a, const struct access_by *by, struct slice name,
                            struct access_outcome *out, struct fault *why);

struct totp_state {
    bool is_there;
    int64_t since_ms;
    uint32_t recovery_codes; // left
};

enum err access_totp_state(struct access *a, struct slice name, struct totp_state *out,
                           struct fault *why);

// OK for who has none.  ERR_DENIED: a code is missing, wrong or was used.  ERR_LIMIT: too many
// wrong ones; *out_wait_s says for how long to hold off.  `name` was let in just now.
enum err access_totp_check(struct access *a, struct slice name, struct slice code,
                           struct slice address, uint32_t *out_wait_s, struct fault *why);
