// SPDX-License-Identifier: Apache-2.0
#pragma once

// catalog.db: users, their roles, and API keys, in SQLite.
//
// The tables are drawn in catalog.c.  The file is in WAL mode, so the command line may
// change it beside a running server; catalog_version() tells that somebody did.
// One connection: not for two threads at once (access.c holds a lock around it).
//
// Rows are under a seal (catalog_seal.c): one that was changed, added, taken away or put back by
// hand is found, and named.

#include "access/access.h"
#include "access/approval.h"
#include "keys/crypto.h"

struct catalog;

enum err catalog_open(const char *directory, bool create, struct catalog **out, struct fault *why);
void catalog_close(struct catalog *c); // NULL is fine

// A number that changes whenever another connection has changed the file.
enum err catalog_version(struct catalog *c, int64_t *out, struct fault *why);

// The seal.  `key` is the one that keeper's signature makes (keys/catalog_key.h).  With `first` a
// catalogue that never had a seal gets one; without it that is ERR_CORRUPT.
enum err catalog_trust(struct catalog *c, const uint8_t key[KEY_BYTES], bool first,
                       struct fault *why);
void catalog_expect(struct catalog *c, int64_t counter); // no fewer changes than these
// For who only adds to it: checks and renews the seal if there is one.
void catalog_lend(struct catalog *c, const uint8_t key[KEY_BYTES]);
// OK: every row is as it was sealed.  ERR_CORRUPT names the first that is not.  ERR_UNAVAILABLE:
// there is a seal, and no key yet.
enum err catalog_verify(struct catalog *c, struct fault *why);
// How often the rows under the seal have changed; it never falls.
int64_t catalog_counter(const struct catalog *c);

// Everything between is done or nothing; catalog_end() gives `so_far` or its own failure.  Within
// another pair the inner one is part of the outer one.
enum err catalog_begin(struct catalog *c, struct fault *why);
enum err catalog_end(struct catalog *c, enum err so_far, struct fault *why);

struct catalog_user {
    char name[PRINCIPAL_NAME_BYTES];
    char password_hash[PASSWORD_HASH_BYTES];
    uint32_t roles;
    bool is_disabled;
};

// ERR_NOT_FOUND without words.
enum err catalog_user_get(struct catalog *c, struct slice name, struct catalog_user *out,
                          struct fault *why);
enum err catalog_user_add(struct catalog *c, const struct catalog_user *user, int64_t now_ms,
                          struct fault *why); // ERR_CONFLICT when it is there
enum err catalog_user_remove(struct catalog *c, struct slice name, struct fault *why);
enum err catalog_user_password(struct catalog *c, struct slice name, const char *password_hash,
                               struct fault *why);
enum err catalog_user_enable(struct catalog *c, struct slice name, bool is_enabled,
                             struct fault *why);
enum err catalog_user_list(struct catalog *c,
                           void (*each)(void *context, const char *name, uint32_t roles),
                           void *context, struct fault *why);

// Roles of one's own, and whose they are.  A user's roles include the built-in ones' names.
typedef void (*catalog_role_each)(void *context, const char *name, const char *body);

enum err catalog_role_put(struct catalog *c, struct slice name, struct slice body, int64_t now_ms,
                          struct fault *why);
enum err catalog_role_remove(struct catalog *c, struct slice name,
                             struct fault *why); // from all users too
enum err catalog_role_list(struct catalog *c, catalog_role_each each, void *context,
                           struct fault *why);
enum err catalog_user_grants(struct catalog *c, struct slice user, char out[GRANTS_BYTES],
                             struct fault *why);
enum err catalog_user_role_add(struct catalog *c, struct slice user, struct slice role,
                               struct fault *why);
enum err catalog_user_roles_clear(struct catalog *c, struct slice user, struct fault *why);
enum err catalog_user_role_list(struct catalog *c, struct slice user,
                                void (*each)(void *context, const char *role), void *context,
                                struct fault *why);

enum err catalog_admin_count(struct catalog *c, int64_t *out, struct fault *why); // enabled ones
// Since when somebody is an administrator with this password; 0: there is no such user.
enum err catalog_user_since(struct catalog *c, struct slice name, int64_t *out_ms,
                            struct fault *why);
enum err catalog_role_count(struct catalog *c, struct slice role, int64_t *out,
                            struct fault *why); // users who have it

// Somebody became an administrator, or has a password that another may know.
enum err catalog_user_touch(struct catalog *c, struct slice name, int64_t now_ms,
                            struct fault *why);

// Things (thing.h), by the name of their kind.
typedef void (*catalog_thing_each)(void *context, const char *kind, const char *name,
                                   const char *body);

enum err catalog_thing_put(struct catalog *c, const char *kind, struct slice name,
                           struct slice body, int64_t now_ms, struct fault *why);
enum err catalog_thing_remove(struct catalog *c, const char *kind, struct slice name,
                              struct fault *why); // ERR_NOT_FOUND
enum err catalog_thing_list(struct catalog *c, catalog_thing_each each, void *context,
                            struct fault *why); // by kind and name

// A user's second factor (totp.h): what is kept of it is hidden under catalog_hiding_key().  `out`
// stays empty when there is none.  ERR_NOT_FOUND without words: no such user.
enum err catalog_totp_get(struct catalog *c, struct slice name, struct buf *out, int64_t *out_step,
                          struct fault *why);
enum err catalog_totp_set(struct catalog *c, struct slice name, struct slice hidden,
                          struct fault *why); // len 0: none any more
// Codes of this step and of those before it are used up.  *out_taken: by this call, and not by
// another, of whatever process.
enum err catalog_totp_step(struct catalog *c, struct slice name, int64_t step, bool *out_taken,
                           struct fault *why);
enum err catalog_hiding_key(const struct catalog *c, uint8_t out[KEY_BYTES], struct fault *why);

// Changes that wait for the audit log; see access_note in access.h.  `note->id` is not read.
enum err catalog_note_add(struct catalog *c, const struct access_note *note, struct fault *why);
// The oldest, in `arena`; ERR_NOT_FOUND without words when none waits.
enum err catalog_note_get(struct catalog *c, struct arena *arena, struct access_note *out,
                          struct fault *why);
enum err catalog_note_drop(struct catalog *c, int64_t id, struct fault *why);

// What waits for a second person (approval.h); of `p` all but `id` and `lapses_ms` is read.
enum err catalog_approval_add(struct catalog *c, const struct approval *p, int64_t *out_id,
                              struct fault *why);
// Those with APPROVAL_WAITS, lapsed or not, oldest first; texts are good within `each`.
enum err catalog_approval_list(struct catalog *c,
                               void (*each)(void *context, const struct approval *p), void *context,
                               struct fault *why);
enum err catalog_approval_decide(struct catalog *c, int64_t id, enum approval_state state,
                                 const char *who, int64_t now_ms, struct fault *why);

enum { KEY_SALT_BYTES = KEY_BYTES, KEY_HASH_BYTES = 32 };

struct catalog_key {
    struct api_key key; // `secret` is empty
    char indices[sizeof((struct principal *)0)->indices];
    char limit[GRANTS_BYTES];
    uint8_t salt[KEY_SALT_BYTES]; // key of the hash below
    uint8_t hash[KEY_HASH_BYTES]; // of the secret
};

enum err catalog_key_get(struct catalog *c, struct slice id, struct catalog_key *out,
                         struct fault *why); // ERR_NOT_FOUND without words
enum err catalog_key_add(struct catalog *c, const struct catalog_key *key, struct fault *why);
// Rights, metadata and end of `key` as they are there.
enum err catalog_key_change(struct catalog *c, const struct catalog_key *key, struct fault *why);
enum err catalog_key_invalidate(struct catalog *c, struct slice id, struct fault *why);
enum err catalog_key_used(struct catalog *c, const char *id, int64_t now_ms, struct fault *why);
enum err catalog_key_list(struct catalog *c, void (*each)(void *context, const struct api_key *k),
                          void *context, struct fault *why);
