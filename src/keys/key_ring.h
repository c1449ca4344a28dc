// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key ring: the two secrets of an installation, and all keys that come from them.
//
//     keys/master.key   32 random bytes; every pseudonym and row key derives from it
//     keys/sign.key     seed of the Ed25519 key that signs the audit log and manifests
//
// Both are raw bytes, mode 0600.  Losing master.key means copying every source again
// under new pseudonyms; whoever has it can try values against pseudonyms.  Only the
// process mirror derives the keys of treatments.  A ring never changes; any thread may ask.

#include "base/world.h"
#include "keys/crypto.h"

struct key_ring;

// Draws both secrets.  ERR_CONFLICT when either file is there already: a key is never
// written over.
enum err key_ring_make(const struct world *w, struct fault *why);

// ERR_NOT_FOUND: no such file.  ERR_CORRUPT: not of 32 bytes.  ERR_DENIED: others than
// the owner may read or write it.
enum err key_ring_open(const struct world *w, struct key_ring **out, struct fault *why);
void key_ring_close(struct key_ring *ring); // NULL is fine; wipes

// See key_derive(): "pseudonym/device", "row-key/connections".
void key_ring_derive(const struct key_ring *ring, const char *label, uint8_t out[KEY_BYTES]);

// What a signature is for is signed with it, so that one can never be used as another.
enum sign_domain {
    SIGN_AUDIT_HEAD = 1, // audit/head.h
    SIGN_POLICY,         // a version of the policy
    SIGN_FLOOR,          // server/floor_key.h: a secret of serve's, out of a signature
    SIGN_STATEMENT,      // audit/absence.h
    SIGN_CATALOG,        // keys/catalog_key.h: the same, for the seal of catalog.db
    SIGN_DOMAIN_COUNT
};

// Signs the domain's words, a NUL, and the digest.
enum { SIGN_DIGEST_BYTES = 32 };

void key_ring_sign(const struct key_ring *ring, enum sign_domain domain,
                   const uint8_t digest[SIGN_DIGEST_BYTES], uint8_t out[SIGNATURE_BYTES]);
bool sign_verify_of(enum sign_domain domain, const uint8_t public_key[SIGN_PUBLIC_BYTES],
                    const uint8_t digest[SIGN_DIGEST_BYTES],
                    const uint8_t signature[SIGNATURE_BYTES]);
void key_ring_public(const struct key_ring *ring, uint8_t out[SIGN_PUBLIC_BYTES]);
