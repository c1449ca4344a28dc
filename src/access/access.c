// SPDX-License-Identifier: Apache-2.0
#include "access/access.h"

#include "access/access_private.h"
#include "access/credential.h"
#include "base/check.h"
#include "base/world.h"

#include <stdio.h>
#include <stdlib.h>

enum err access_open(const char *directory, bool create, struct access **out, struct fault *why)
{
    enum err e = crypto_start(why);
    if (e != OK)
        return e;
    struct access *a = calloc(1, sizeof *a);
    if (!a)
        return fail(why, ERR_LIMIT, "users and keys: out of memory");
    e = catalog_open(directory, create, &a->catalog, why);
    if (e != OK) {
        free(a);
        return e;
    }
    a->now_ms = now_ms;
    CHECK(pthread_mutex_init(&a->lock, NULL) == 0);
    CHECK(pthread_mutex_init(&a->argon_lock, NULL) == 0);
    CHECK(pthread_cond_init(&a->argon_done, NULL) == 0);
    uint64_t seed;
    random_bytes(&seed, sizeof seed);
    penalties_init(&a->penalties, seed);
    credential_cache_init(&a->cache);
    *out = a;
    return OK;
}

void access_close(struct access *a)
{
    if (!a)
        return;
    catalog_close(a->catalog);
    things_kept_done(&a->things);
    pthread_cond_destroy(&a->argon_done);
    pthread_mutex_destroy(&a->argon_lock);
    pthread_mutex_destroy(&a->lock);
    wipe(a, sizeof *a);
    free(a);
}

void argon_begin(struct access *a)
{
    pthread_mutex_lock(&a->argon_lock);
    while (a->argon_running >= ARGON_AT_ONCE)
        pthread_cond_wait(&a->argon_done, &a->argon_lock);
    a->argon_running++;
    pthread_mutex_unlock(&a->argon_lock);
}

void argon_end(struct access *a)
{
    pthread_mutex_lock(&a->argon_lock);
    a->argon_running--;
    pthread_cond_signal(&a->argon_done);
    pthread_mutex_unlock(&a->argon_lock);
}

void access_changed(struct access *a)
{
    a->generation++;
    credential_cache_drop(&a->cache);
}

// The same words for an unknown user, a wrong password and a dead key.
static enum err refuse(struct fault *why)
{
    return fail(why, ERR_DENIED,
                "security_exception: unable to authenticate with the provided credentials");
}

// With the lock held.
static enum err notice_changes(struct access *a, struct fault *why)
{
    int64_t version = 0;
    enum err e = catalog_version(a->catalog, &version, why);
    if (e == OK)
        e = catalog_verify(a->catalog, why);
    if (e == OK && version != a->catalog_version) {
        a->catalog_version = version;
        access_changed(a);
    }
    return e;
}

enum err access_trust(struct access *a, const uint8_t key[32], int64_t counter, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    catalog_expect(a->catalog, counter);
    enum err e = catalog_trust(a->catalog, key, false, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_verify(struct access *a, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = notice_changes(a, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

int64_t access_counter(struct access *a)
{
    pthread_mutex_lock(&a->lock);
    int64_t counter = catalog_counter(a->catalog);
    pthread_mutex_unlock(&a->lock);
    return counter;
}

// With the lock held.  ERR_LIMIT while the address must hold off.
static enum err check_penalty(struct access *a, struct slice address, uint32_t *out_wait_s,
                              struct fault *why)
{
    int64_t wait_ms = penalty_wait_ms(&a->penalties, PENALTY_GUESSES, address, a->now_ms());
    if (wait_ms == 0)
        return OK;
    *out_wait_s = (uint32_t)((wait_ms + 999) / 1000);
    a->penalties.refused++;
    return fail(why, ERR_LIMIT,
                "too many failed authentications from this address; hold off for %u s",
                *out_wait_s);
}

// The dummy is made on the first password check of all, whoever it is for, so that its
// cost does not tell an unknown user either.  Within a turn of argon_begin().
static enum err make_dummy(struct access *a, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    bool made = a->dummy_hash[0] != '\0';
    pthread_mutex_unlock(&a->lock);
    if (made)
        return OK;
    char password[PASSWORD_MADE_BYTES];
    char hash[PASSWORD_HASH_BYTES] = "";
    access_password_make(password);
    enum err e = password_hash(slice_text(password), hash, why);
    wipe(password, sizeof password);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    memcpy(a->dummy_hash, hash, sizeof hash);
    pthread_mutex_unlock(&a->lock);
    return OK;
}

// Finds the user under the lock; an unknown one gets the dummy's hash.
static enum err find_user(struct access *a, struct slice name, struct catalog_user *out,
                          uint64_t *out_generation, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_user_get(a->catalog, name, out, why);
    if (e == ERR_NOT_FOUND)
        memcpy(out->password_hash, a->dummy_hash, sizeof out->password_hash);
    *out_generation = a->generation;
    pthread_mutex_unlock(&a->lock);
    return e;
}

static void remember(struct access *a, struct slice authorization, uint64_t generation,
                     const struct principal *who)
{
    pthread_mutex_lock(&a->lock);
    // A change while the hash was computed may have been about this very user.
    if (notice_changes(a, NULL) == OK && a->generation == generation)
        credential_cache_add(&a->cache, authorization, a->now_ms(), who);
    pthread_mutex_unlock(&a->lock);
}

// Within a turn of argon_begin().
static enum err check_password(struct access *a, struct slice authorization,
                               const struct credential *c, struct principal *out, struct fault *why)
{
    enum err e = make_dummy(a, why);
    if (e != OK)
        return e;
    struct catalog_user user = {0};
    uint64_t generation = 0;
    e = find_user(a, c->name, &user, &generation, why);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool matches = password_matches(user.password_hash, c->secret);
    wipe(user.password_hash, sizeof user.password_hash);
    if (e == ERR_NOT_FOUND || !matches || user.is_disabled)
        return refuse(why);

    struct principal who = {.roles = user.roles};
    memcpy(who.name, user.name, sizeof who.name);
    pthread_mutex_lock(&a->lock);
    e = catalog_user_grants(a->catalog, slice_text(user.name), who.grants, why);
    pthread_mutex_unlock(&a->lock);
    if (e != OK)
        return e;
    remember(a, authorization, generation, &who);
    *out = who;
    return OK;
}

enum { USED_EVERY_MS = 60000 };

// Once a minute is enough, as each is a write.
static enum err note_use(struct access *a, const struct catalog_key *k, struct fault *why)
{
    int64_t now = a->now_ms();
    if (now - k->key.used_ms < USED_EVERY_MS)
        return OK;
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_key_used(a->catalog, k->key.id, now, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

// A key acts with the roles it was given and its owner still has.
static enum err check_key(struct access *a, const struct credential *c, struct principal *out,
                          struct fault *why)
{
    struct catalog_key k = {0};
    struct catalog_user owner = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = notice_changes(a, why);
    if (e == OK)
        e = catalog_key_get(a->catalog, c->name, &k, why);
    if (e == OK)
        e = catalog_user_get(a->catalog, slice_text(k.key.owner), &owner, why);
    char grants[GRANTS_BYTES] = "";
    if (e == OK)
        e = catalog_user_grants(a->catalog, slice_text(k.key.owner), grants, why);
    int64_t now = a->now_ms();
    pthread_mutex_unlock(&a->lock);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    uint8_t hash[KEY_HASH_BYTES];
    keyed_hash(k.salt, c->secret, hash, sizeof hash);
    bool matches = equal_in_constant_time(hash, k.hash, sizeof hash);
    bool is_over =
        k.key.is_invalidated || owner.is_disabled || (k.key.expires_ms && k.key.expires_ms <= now);
    if (e == ERR_NOT_FOUND || !matches || is_over)
        return refuse(why);

    struct principal who = {.roles = k.key.roles & owner.roles};
    memcpy(who.name, k.key.owner, sizeof who.name);
    memcpy(who.key_id, k.key.id, sizeof who.key_id);
    memcpy(who.key_name, k.key.name, sizeof who.key_name);
    memcpy(who.indices, k.indices, sizeof who.indices);
    memcpy(who.limit, k.limit, sizeof who.limit);
    // Index patterns bound the built-in roles; of the owner's own ones such a key has none.
    if (who.limit[0])
        who.roles = owner.roles;
    if (who.indices[0] == '\0')
        memcpy(who.grants, grants, sizeof who.grants);
    *out = who;
    return note_use(a, &k, why);
}

struct attempt {
    struct slice authorization, address;
    const struct credential *credential;
};

// What costs no Argon2id.  OK with *out_done when it was enough.  The penalty comes
// before the cache, or the cache would answer guesses at full speed.
static enum err check_quickly(struct access *a, const struct attempt *t, struct principal *out,
                              bool *out_done, uint32_t *out_wait_s, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = notice_changes(a, why);
    if (e == OK)
        e = check_penalty(a, t->address, out_wait_s, why);
    if (e == OK)
        *out_done = credential_cache_find(&a->cache, t->authorization, a->now_ms(), out);
    pthread_mutex_unlock(&a->lock);
    return e;
}

static void punish(struct access *a, struct slice address)
{
    pthread_mutex_lock(&a->lock);
    penalty_add(&a->penalties, PENALTY_CREDENTIAL, address, a->now_ms());
    pthread_mutex_unlock(&a->lock);
}

// Asks the penalty and the cache again once it is this request's turn: of many that
// waited together, the first may have filled the one or the other.
static enum err check_basic(struct access *a, const struct attempt *t, struct principal *out,
                            uint32_t *out_wait_s, struct fault *why)
{
    bool done = false;
    enum err e = check_quickly(a, t, out, &done, out_wait_s, why);
    if (e != OK || done)
        return e;
    argon_begin(a);
    e = check_quickly(a, t, out, &done, out_wait_s, why);
    if (e == OK && !done) {
        e = check_password(a, t->authorization, t->credential, out, why);
        if (e == ERR_DENIED)
            punish(a, t->address);
    }
    argon_end(a);
    return e;
}

// A right key is let in from a slowed address as well: nobody guesses 128 bits, and a
// neighbour's wrong password should not stop a dashboard.
static enum err check_api_key(struct access *a, const struct attempt *t, struct principal *out,
                              uint32_t *out_wait_s, struct fault *why)
{
    enum err e = check_key(a, t->credential, out, why);
    if (e != ERR_DENIED)
        return e;
    pthread_mutex_lock(&a->lock);
    enum err slowed = check_penalty(a, t->address, out_wait_s, why);
    pthread_mutex_unlock(&a->lock);
    if (slowed != OK)
        return slowed;
    punish(a, t->address);
    return e;
}

// Asking without a credential is how many clients begin, and guesses nothing: it weighs little,
// and holds off only more of the same.
static enum err hold_off_silent(struct access *a, struct slice address, enum err denied,
                                uint32_t *out_wait_s, struct fault *why)
{
    if (penalty_is_own(address))
        return denied;
    pthread_mutex_lock(&a->lock);
    int64_t wait_ms = penalty_wait_ms(&a->penalties, PENALTY_NOISE, address, a->now_ms());
    if (wait_ms == 0)
        penalty_add(&a->penalties, PENALTY_SILENT, address, a->now_ms());
    else
        a->penalties.refused++;
    pthread_mutex_unlock(&a->lock);
    if (wait_ms == 0)
        return denied;
    *out_wait_s = (uint32_t)((wait_ms + 999) / 1000);
    return fail(why, ERR_LIMIT,
                "too many requests without a credential from this address; hold off for %u s, or "
                "show one",
                *out_wait_s);
}

void access_malformed(struct access *a, struct slice address)
{
    if (penalty_is_own(address))
        return;
    pthread_mutex_lock(&a->lock);
    penalty_add(&a->penalties, PENALTY_MALFORMED, address, a->now_ms());
    pthread_mutex_unlock(&a->lock);
}

void access_penalties(struct access *a, struct penalty_stats *out)
{
    pthread_mutex_lock(&a->lock);
    penalties_stats(&a->penalties, a->now_ms(), out);
    pthread_mutex_unlock(&a->lock);
}

// The words name a row, which is nobody's business who has not logged in; serve logs them.
static enum err tell_stranger(struct fault *why)
{
    return fail(why, ERR_UNAVAILABLE,
                "catalog.db is not as it was sealed, so nobody can be let in; the server's log "
                "says which row");
}

enum err access_check(struct access *a, struct slice authorization, struct slice address,
                      struct principal *out, uint32_t *out_wait_s, struct fault *why)
{
    *out_wait_s = 0;
    struct credential c;
    enum err e = credential_parse(authorization, &c, why);
    if (e != OK) {
        if (authorization.len)
            punish(a, address);
        else
            e = hold_off_silent(a, address, e, out_wait_s, why);
        credential_wipe(&c);
        return e;
    }
    const struct attempt attempt = {authorization, address, &c};
    if (c.kind == CREDENTIAL_API_KEY)
        e = check_api_key(a, &attempt, out, out_wait_s, why);
    else
        e = check_basic(a, &attempt, out, out_wait_s, why);
    credential_wipe(&c);
    return e == ERR_CORRUPT ? tell_stranger(why) : e;
}
