// SPDX-License-Identifier: Apache-2.0
#pragma once

// What mirror needs of keeper, asked once at the start: treatment keys and the sources'
// passwords.  All of it is in locked memory and wiped when freed.  Main thread.

#include "guard/link.h"
#include "policy/sieve.h"
#include "source/source.h"

struct mirror_keys;

// ERR_DENIED: keeper refused, and says why.
enum err mirror_keys_ask(struct link *keeper, const struct policy *policy, struct mirror_keys **out,
                         struct fault *why);
void mirror_keys_free(struct mirror_keys *k); // NULL is fine

struct sieve_keys mirror_keys_sieve(const struct mirror_keys *k);
struct source_login mirror_keys_replication(const struct mirror_keys *k, uint32_t source);
struct source_login mirror_keys_copy(const struct mirror_keys *k, uint32_t source);
