// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may ask: users, roles, API keys, and the slowing of guesses.
//
// Lives in one SQLite file, catalog.db, which the command line may change beside a
// running server.  Passwords are kept as Argon2id, API keys as keyed BLAKE2b of a
// random 128-bit secret.  There is no anonymous principal and no role that could make
// one: every principal comes out of access_check().
// Any thread may call; checks of a credential seen lately cost no Argon2id (a keyed
// hash of it is kept in memory for a minute).

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum role {
    ROLE_ADMIN,
    ROLE_WRITER,
    ROLE_ANALYST,
    ROLE_METRICS,
    ROLE_AUDITOR,
    ROLE_INVESTIGATOR,
    ROLE_COUNT
};

const char *role_name(enum role r);
enum err role_parse(struct slice name, enum role *out, struct fault *why); // words list the roles

struct access;

// `directory` holds catalog.db; made when `create` and it is not there.
enum err access_open(const char *directory, bool create, struct access **out, struct fault *why);
void access_close(struct access *a);

// The key of catalog.db's seal, as keeper gave it.  Until then nobody is let in where there is a
// seal.  `counter`: how often the catalogue had changed when this start looked at it.
// ERR_CORRUPT: it is not as it was sealed; nobody is let in until it is.
enum err access_trust(struct access *a, const uint8_t key[32], int64_t counter, struct fault *why);
// ERR_CORRUPT with the row, for the log: what access_check() tells strangers has no name in it.
enum err access_verify(struct access *a, struct fault *why);
int64_t access_counter(struct access *a); // of changes under the seal

enum { ROLES_MAX = 8, PRINCIPAL_NAME_BYTES = 256, GRANTS_BYTES = 4096 };

struct principal {
    char name[PRINCIPAL_NAME_BYTES]; // the user, or the owner of the API key
    char key_id[32];                 // of the API key; empty for a user
    char key_name[PRINCIPAL_NAME_BYTES];
    uint32_t roles;     // bit per enum role
    char indices[1024]; // patterns of an API key narrowed to some, blank-separated; empty: all
    char grants[GRANTS_BYTES]; // of roles of one's own: a list as in grant.h; empty: none
    char limit[GRANTS_BYTES];  // of an API key: all that it may of these; empty: no limit
};

// `authorization` is the header's value (Basic, ApiKey; len 0 when absent), `address` the
// caller's, for slowing.  ERR_DENIED with words as Elasticsearch's; the same words and
// time for an unknown user and a wrong password.  ERR_LIMIT: too many failures from this
// address; *out_wait_s says for how long to hold off.
enum err access_check(struct access *a, struct slice authorization, struct slice address,
                      struct principal *out, uint32_t *out_wait_s, struct fault *why);

// Somebody at `address` spoke neither TLS nor HTTP (penalty.h).
void access_malformed(struct access *a, struct slice address);
struct penalty_stats;
void access_penalties(struct access *a, struct penalty_stats *out);

// Every change of users, roles and keys passes here before it is in force: serve puts it in the
// audit log.  Where nobody listens, as on the command line, it is kept in the catalogue until
// serve takes it from there.
struct access_by { // who changes; NULL: whoever may run the command line here
    const char *name, *key_id;
    struct slice address; // where from; len 0: this machine
};

struct access_change {
    const char *action; // "role.put", "role.remove", "user.put", "key.add", "key.end", ...
    const struct access_by *by;
    struct slice name;  // of what is changed
    bool loosens;       // somebody may more after it
    struct slice words; // from what to what, without a secret and without a value of a row
};

// Anything but OK, with words: the change does not happen.
typedef enum err (*access_gate)(void *context, const struct access_change *change,
                                struct fault *why);
void access_on_change(struct access *a, access_gate gate, void *context); // before any thread

// A change that was made beside the server: by the command line, or an entry of the ratchet.
struct access_note {
    int64_t id, at_ms;
    struct slice who; // a user who logged in for it; len 0: whoever may run the command line
    struct slice via; // "command line of user 0", "policy.yml"
    struct slice action, name, words; // as above
};

// Gives each change that waits, oldest first, and forgets it when `take` said OK.  One that was
// taken just before a crash is given again.
typedef enum err (*access_take)(void *context, const struct access_note *note, struct fault *why);
enum err access_notes_take(struct access *a, access_take take, void *context, struct fault *why);

// Users.  A password has at least 12 characters.
enum err access_user_add(struct access *a, struct slice name, struct slice password, uint32_t roles,
                         struct fault *why); // ERR_CONFLICT when it exists
enum err access_user_remove(struct access *a, struct slice name, struct fault *why);
enum err access_user_password(struct access *a, struct slice name, struct slice password,
                              struct fault *why);
enum err access_user_list(struct access *a,
                          void (*each)(void *context, const char *name, uint32_t roles),
                          void *context, struct fault *why);
enum err access_admin_count(struct access *a, int64_t *out, struct fault *why); // enabled ones
enum err access_user_is_disabled(struct access *a, struct slice name, bool *out,
                                 struct fault *why); // ERR_NOT_FOUND

// Roles of one's own, in Elasticsearch's form (grant.h).  ERR_INVALID says what is wrong in it.
struct access_outcome {
    bool is_new;   // it was made, not changed
    int64_t waits; // number of the approval it waits for (approval.h); 0: it is done
};

enum err access_role_put(struct access *a, const struct access_by *by, struct slice name,
                         struct slice body, struct access_outcome *out, struct fault *why);
enum err access_role_remove(struct access *a, const struct access_by *by, struct slice name,
                            struct fault *why);
enum err access_role_list(struct access *a,
                          void (*each)(void *context, const char *name, const char *body),
                          void *context, struct fault *why);
// What a role of one's own allows, as words: names of indices and privileges, whether all fields
// and all rows; never what a query asks for.
void access_role_words(struct slice body, struct buf *out);

struct access_user {
    struct slice name;
    struct slice password;     // len 0: the one there is stays
    const struct slice *roles; // names, built-in or one's own
    uint32_t role_count;
    bool keeps_roles;       // `roles` is not read; those that there are stay
    bool enables, disables; // neither: as it is
};

// Makes or changes a user.
enum err access_user_put(struct access *a, const struct access_by *by,
                         const struct access_user *user, struct access_outcome *out,
                         struct fault *why);
enum err access_user_drop(struct access *a, const struct access_by *by, struct slice name,
                          struct fault *why); // access_user_remove() by somebody
enum err access_user_roles(struct access *a, struct slice name,
                           void (*each)(void *context, const char *role), void *context,
                           struct fault *why);

enum { KEY_METADATA_BYTES = 1024 };

struct api_key {
    char id[32];
    char secret[48]; // shown once
    char name[PRINCIPAL_NAME_BYTES];
    char owner[PRINCIPAL_NAME_BYTES];
    int64_t created_ms, expires_ms; // expires 0: never
    int64_t used_ms;                // last seen, to a minute; 0: never
    uint32_t roles;
    bool is_invalidated;
    char metadata[KEY_METADATA_BYTES]; // JSON, as its owner gave it
};

struct key_wish { // what a new key is to be
    struct slice name;
    uint32_t roles;      // of the built-in ones
    const char *indices; // as in struct principal; NULL: all
    const char *limit;   // a list as in grant.h, instead of both; NULL: none
    const char *metadata;
    int64_t expires_ms;
    struct slice address; // where it was asked for
};

// A key may have no role its owner has not; with a limit it may what both allow.
enum err access_key_make(struct access *a, const struct principal *owner,
                         const struct key_wish *wish, struct api_key *out, struct fault *why);
enum err access_key_add(struct access *a, const struct principal *owner, struct slice name,
                        uint32_t roles, const char *indices, int64_t expires_ms,
                        struct api_key *out, struct fault *why);

struct key_change {      // of a key that is there
    bool changes_rights; // `roles`, `indices` and `limit` are read, as in struct key_wish
    uint32_t roles;
    const char *indices, *limit;
    const char *metadata; // NULL: stays
    int64_t expires_ms;   // 0: stays
};

// By its owner with a password.  ERR_INVALID when the key might do more or longer afterwards, in
// doubt too.  *out_changed false: it was so already.
enum err access_key_change(struct access *a, const struct access_by *by, struct slice id,
                           const struct key_change *change, bool *out_changed, struct fault *why);
enum err access_key_invalidate(struct access *a, const struct access_by *by, struct slice id,
                               struct fault *why);
enum err access_key_list(struct access *a, void (*each)(void *context, const struct api_key *k),
                         void *context, struct fault *why); // without secrets

// A password of 24 characters (140 bits) for a new user.
enum { PASSWORD_MADE_BYTES = 25 };

void access_password_make(char out[PASSWORD_MADE_BYTES]);
