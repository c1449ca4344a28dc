// SPDX-License-Identifier: Apache-2.0
#pragma once

// What mirror needs of keeper: treatment keys, asked once at the start, and the sources'
// passwords, asked at the start and again whenever one was missing or refused, so that
// putting a password file right needs no restart.  All of it is in locked memory and
// wiped when freed.
//
// The main thread asks; the sources' threads take copies of their passwords.

#include "guard/link.h"
#include "policy/sieve.h"
#include "source/source.h"

struct mirror_keys;

// Main thread.  ERR_DENIED: keeper refused a key, and says why.  A password that is not to
// be had is no error here: mirror_keys_logins() tells it.
enum err mirror_keys_ask(struct link *keeper, const struct policy *policy, struct mirror_keys **out,
                         struct fault *why);
void mirror_keys_free(struct mirror_keys *k); // NULL is fine

// Main thread, now and then: asks again for the passwords that are wanted.
void mirror_keys_ask_again(struct mirror_keys *k, struct link *keeper);

struct sieve_keys mirror_keys_sieve(const struct mirror_keys *k);

// The two logins of a source, with copies of its passwords.
struct mirror_logins {
    struct source_login replication, copy;
    struct secret *replication_password, *copy_password;
};

// Any thread.  ERR_UNAVAILABLE: a password is missing, with keeper's words; it is wanted
// from now on.
enum err mirror_keys_logins(struct mirror_keys *k, uint32_t source, struct mirror_logins *out,
                            struct fault *why);
void mirror_logins_done(struct mirror_logins *l);

// Any thread: the database refused this source's logins, so ask for the passwords anew.
void mirror_keys_doubt(struct mirror_keys *k, uint32_t source);
