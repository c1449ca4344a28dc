// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of access/ share.

#include "access/access.h"
#include "access/catalog.h"
#include "access/credential_cache.h"
#include "access/penalty.h"
#include "base/buf.h"

#include <pthread.h>

// An Argon2id takes 256 MiB and most of a second: more at once would let strangers
// take the machine's memory by asking.
enum { ARGON_AT_ONCE = 2 };

struct access {
    int64_t (*now_ms)(void); // wall clock; a test gives its own

    access_gate gate; // NULL: everything may change
    void *gate_context;

    pthread_mutex_t lock; // of everything below; not held over an Argon2id
    struct catalog *catalog;
    int64_t catalog_version; // what the cache was filled under
    uint64_t generation;     // grows with every change of the catalogue that was noticed
    struct credential_cache cache;
    struct penalties penalties;
    char dummy_hash[PASSWORD_HASH_BYTES]; // checked for users there are not; made on first need

    pthread_mutex_t argon_lock; // of argon_running
    pthread_cond_t argon_done;
    int argon_running;
};

// Takes and gives back a turn to compute an Argon2id.
void argon_begin(struct access *a);
void argon_end(struct access *a);

// After an own write: what was cached may no longer be so.  With the lock held.
void access_changed(struct access *a);

// A user without a role.
enum err access_user_add_bare(struct access *a, struct slice name, struct slice password,
                              struct fault *why);

enum err access_user_password_bare(struct access *a, struct slice name, struct slice password,
                                   struct fault *why);

// The names of a user's roles, "none" for nobody and for one without.  Without the lock.
enum err access_role_names(struct access *a, struct slice user, struct buf *out, struct fault *why);

enum { CHANGE_WORDS_BYTES = 64 * 1024 };

// Asks the gate, or keeps a note.  Without the lock.
enum err access_change(struct access *a, const struct access_change *change, struct fault *why);

// A name that may be kept: 1 to PRINCIPAL_NAME_BYTES - 1 printable bytes without ':'.
enum err access_name_check(struct slice name, const char *what, struct fault *why);
