// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a head may come after another: what a witness asks of each that it is given.
//
// Numbers, sizes and times never fall; one number has one head; one size has one root.  Where the
// log has grown, only a consistency proof (merkle.h) tells that it still begins with what it had.
// Pure.

#include "audit/head.h"
#include "audit/merkle.h"

// ERR_CORRUPT says what is wrong, for a person.  `before` NULL: only the signature counts.
enum err follow_head(const struct audit_head *before, const struct audit_head *head,
                     const uint8_t key[SIGN_PUBLIC_BYTES], struct fault *why);

// That the tree of `head` begins with that of `before`, by a proof from the server.
enum err follow_proof(const struct audit_head *before, const struct audit_head *head,
                      const struct merkle_proof *proof, struct fault *why);
