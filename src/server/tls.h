// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a connection is made with: the server's certificate and its key, and, where clients have to
// show a certificate as well, who has to have signed it.
//
// A set never changes.  Each connection holds the one it began with, so another set is for the
// connections that come after it, and the last connection of the old one takes it along.
//
// A client without a certificate that one of `clients` has signed is refused within the handshake,
// before it could send a request.  That is on top of the credential that every request needs.
// Any thread may call.

#include "base/err.h"
#include "base/slice.h"

struct tls;

enum { TLS_PEM_BYTES = 64 << 10, TLS_PRINT_BYTES = 65 };

struct tls_pem { // texts
    struct slice key, cert;
    struct slice clients; // certificates of authorities; len 0: clients show none
};

struct tls_facts {
    int64_t from_ms, until_ms;   // the certificate is good
    char print[TLS_PRINT_BYTES]; // SHA-256 of it, as browsers and `openssl x509` show it
    uint32_t clients;            // authorities; 0: clients show no certificate
};

// ERR_INVALID says which of the three is wrong, and that key and certificate belong to each other
// not.  That it has ended is for the caller to judge.
enum err tls_new(const struct tls_pem *pem, struct tls **out, struct fault *why);
struct tls *tls_ref(struct tls *t);
void tls_unref(struct tls *t); // NULL is fine
const struct tls_facts *tls_facts(const struct tls *t);

// Before the handshake of a server's session (gnutls_session_t), which must end before the set.
void tls_begin(const struct tls *t, void *session);
