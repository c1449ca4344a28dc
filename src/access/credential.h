// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Authorization header's value, taken apart.  Bytes from strangers, before anybody
// is known: pure, bounded, no memory of its own.

#include "base/err.h"
#include "base/slice.h"

enum credential_kind { CREDENTIAL_BASIC, CREDENTIAL_API_KEY };

enum { CREDENTIAL_BYTES_MAX = 1024 }; // decoded: name or id, ':', secret

struct credential {
    enum credential_kind kind;
    uint8_t bytes[CREDENTIAL_BYTES_MAX];
    struct slice name;   // user, or id of the API key; of `bytes`
    struct slice secret; // password, or the key's secret; of `bytes`
};

// "Basic base64(user:password)" (RFC 7617) or "ApiKey base64(id:secret)"; the scheme in
// any case.  `out` holds a password afterwards: credential_wipe() it.  It must not be
// copied, as its slices point into it.  ERR_DENIED for everything else.
enum err credential_parse(struct slice authorization, struct credential *out, struct fault *why);
void credential_wipe(struct credential *c);
