// SPDX-License-Identifier: Apache-2.0
#pragma once

// The certificate authority of one installation, and the server's certificate.
//
//     tls/ca.crt  tls/ca.key          ECDSA P-256, ten years, signs nothing but server.crt
//     tls/server.crt  tls/server.key  ECDSA P-256, two years
//
// The server's names are localhost, 127.0.0.1, ::1 and those given.  Clients trust
// ca.crt.  ca.key is not needed to run and may be taken away.

#include "base/err.h"
#include "base/world.h"

enum { CERTIFICATE_NAMES_MAX = 8 };

// `names`: host names or numeric addresses, `count` of them; `w` is DIR.
enum err certificate_make(const struct world *w, const char *const *names, size_t count,
                          struct fault *why);
