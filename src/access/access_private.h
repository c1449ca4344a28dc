// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of access/ share.

#include "access/access.h"
#include "access/approval.h"
#include "access/catalog.h"
#include "access/credential_cache.h"
#include "access/penalty.h"
#include "access/thing.h"
#include "base/buf.h"

#include <pthread.h>

// An Argon2id takes 256 MiB and most of a second: more at once would let strangers
// take the machine's memory by asking.
enum { ARGON_AT_ONCE = 2 };

// The things of the catalogue as of a generation.
struct things_kept {
    struct arena *arena; // NULL: none was asked for yet
    struct thing *at;
    uint32_t count;
    bool is_filled;
    uint64_t generation;
};

void things_kept_done(struct things_kept *k);

struct access {
    int64_t (*now_ms)(void); // wall clock; a test gives its own

    access_gate gate; // NULL: everything may change
    void *gate_context;

    pthread_mutex_t lock; // of everything below; not held over an Argon2id
    struct catalog *catalog;
    int64_t catalog_version; // what the cache was filled under
    struct access_rule rule; // begin_ms 0: none
    bool has_data;           // something has entered
    uint64_t generation;     // grows with every change of the catalogue that was noticed
    struct credential_cache cache;
    struct things_kept things;
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

// The hash of a password that may be one.  Takes a turn of argon_begin().
enum err access_password_hash(struct access *a, struct slice password,
                              char out[PASSWORD_HASH_BYTES], struct fault *why);

// The names of a user's roles, "none" for nobody and for one without.  Without the lock.
enum err access_role_names(struct access *a, struct slice user, struct buf *out, struct fault *why);

enum { CHANGE_WORDS_BYTES = 64 * 1024 };

// Asks the gate, or keeps a note.  Without the lock.
enum err access_change(struct access *a, const struct access_change *change, struct fault *why);

// The one place that changes users and roles: puts the change on record and does it, or, when it
// loosens and the rule holds, keeps it for a second person (*out_waits).  `body` says how it is
// done, for "user.put" as user_put.c writes it, for "role.put" the role.  Without the lock.
enum err access_settle(struct access *a, const struct access_change *change, struct slice body,
                       int64_t *out_waits, struct fault *why);

// How it is done, with the lock held and within catalog_begin().
enum err access_user_apply(struct access *a, struct slice name, struct slice body,
                           struct fault *why);

// Whether who has the role may more after it; a doubt is a yes.
bool role_widens(struct slice before, struct slice after);

// A name that may be kept: 1 to PRINCIPAL_NAME_BYTES - 1 printable bytes without ':'.
enum err access_name_check(struct slice name, const char *what, struct fault *why);
