// SPDX-License-Identifier: Apache-2.0
// Making and changing a user: what is asked for becomes a body, which is applied at once or after a
// second person agreed.
//
//     {"roles": ["analyst", "eu"], "password_hash": "$argon2id$...", "enabled": true}
//
// What is not there stays as it is.
#include "access/access_private.h"
#include "json/json_writer.h"

#include <stdio.h>

enum { BODY_BYTES = 64 * 1024, PARSE_BYTES = 1 << 20 };

struct role_search {
    struct slice name;
    bool is_there;
};

static void look(void *context, const char *name, const char *body)
{
    (void)body;
    struct role_search *s = context;
    s->is_there = s->is_there || slice_is(s->name, name);
}

// With the lock held.
static enum err check_role(struct access *a, struct slice name, struct fault *why)
{
    enum role built_in;
    struct role_search s = {.name = name};
    if (role_parse(name, &built_in, NULL) == OK)
        return OK;
    enum err e = catalog_role_list(a->catalog, look, &s, why);
    if (e == OK && !s.is_there)
        e = fail(why, ERR_INVALID, "illegal_argument_exception: there is no role [%.*s]",
                 name.len > 64 ? 64 : (int)name.len, (const char *)name.at);
    return e;
}

static enum err check_roles(struct access *a, const struct access_user *user, struct fault *why)
{
    enum err e = user->role_count || user->keeps_roles
                     ? OK
                     : fail(why, ERR_INVALID,
                            "action_request_validation_exception: Validation Failed: 1: a user "
                            "has at least one role;");
    pthread_mutex_lock(&a->lock);
    for (uint32_t i = 0; !user->keeps_roles && i < user->role_count && e == OK; i++)
        e = check_role(a, user->roles[i], why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

// ---- what loosens ----

struct held { // what a user has
    const struct access_user *wish;
    uint32_t known; // of the roles wished for
};

static void count_known(void *context, const char *role)
{
    struct held *h = context;
    for (uint32_t i = 0; i < h->wish->role_count; i++) {
        if (slice_is(h->wish->roles[i], role)) {
            h->known++;
            return;
        }
    }
}

static uint32_t distinct(const struct access_user *user)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < user->role_count; i++) {
        bool again = false;
        for (uint32_t k = 0; k < i && !again; k++)
            again = slice_equal(user->roles[i], user->roles[k]);
        count += !again;
    }
    return count;
}

// Whoever gives another a password can be that other.  An API key does not show that its owner is
// there.
static bool is_own_password(const struct access_by *by, const struct access_user *user)
{
    return by && slice_is(user->name, by->name) && (!by->key_id || !by->key_id[0]);
}

static enum err loosens(struct access *a, const struct access_by *by,
                        const struct access_user *user, const struct catalog_user *known, bool *out,
                        struct fault *why)
{
    struct held h = {.wish = user};
    *out = known->name[0] == '\0' || (user->enables && known->is_disabled) ||
           (user->password.len && !is_own_password(by, user));
    if (*out || user->keeps_roles)
        return OK;
    enum err e = access_user_roles(a, user->name, count_known, &h, why);
    *out = h.known < distinct(user);
    return e;
}

// ---- words and body ----

static enum err print_words(struct access *a, const struct access_user *user, struct buf *out,
                            struct fault *why)
{
    buf_text(out, "roles: ");
    enum err e = access_role_names(a, user->name, out, why);
    for (uint32_t i = 0; !user->keeps_roles && i < user->role_count; i++)
        buf_print(out, "%s%.*s", i ? ", " : " -> ", SLICE_PRINT(user->roles[i]));
    if (user->password.len > 0)
        buf_text(out, "; another password");
    if (user->enables || user->disables)
        buf_text(out, user->enables ? "; enabled" : "; disabled");
    return e;
}

static enum err print_body(struct access *a, const struct access_user *user, struct buf *out,
                           struct fault *why)
{
    char hash[PASSWORD_HASH_BYTES] = "";
    enum err e = user->password.len ? access_password_hash(a, user->password, hash, why) : OK;
    struct json_writer w = json_writer_to(out);
    json_object(&w);
    if (!user->keeps_roles) {
        json_key(&w, "roles");
        json_array(&w);
        for (uint32_t i = 0; i < user->role_count; i++)
            json_string(&w, user->roles[i]);
        json_end(&w);
    }
    if (hash[0]) {
        json_key(&w, "password_hash");
        json_text(&w, hash);
    }
    if (user->enables || user->disables) {
        json_key(&w, "enabled");
        json_truth(&w, user->enables);
    }
    json_end(&w);
    wipe(hash, sizeof hash);
    return e ? e : buf_end(out, why);
}

// What would not be done is not put on record.
static enum err check_wish(struct access *a, const struct access_user *user,
                           struct catalog_user *out_known, struct fault *why)
{
    enum err e = check_roles(a, user, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_user_get(a->catalog, user->name, out_known, why);
    pthread_mutex_unlock(&a->lock);
    wipe(out_known->password_hash, sizeof out_known->password_hash);
    if (e != ERR_NOT_FOUND)
        return e;
    e = access_name_check(user->name, "a user", why);
    if (e == OK && user->keeps_roles)
        e = fail(why, ERR_NOT_FOUND, "there is no such user");
    if (e == OK && !user->password.len)
        e = fail(why, ERR_INVALID,
                 "action_request_validation_exception: Validation Failed: 1: a new user has a "
                 "password;");
    return e;
}

enum err access_user_put(struct access *a, const struct access_by *by,
                         const struct access_user *user, struct access_outcome *out,
                         struct fault *why)
{
    struct catalog_user known = {0};
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    struct buf body AUTO(buf_donep) = buf_init(BODY_BYTES);
    bool is_loose = true;
    int64_t waits = 0;
    enum err e = check_wish(a, user, &known, why);
    if (e == OK)
        e = loosens(a, by, user, &known, &is_loose, why);
    if (e == OK)
        e = print_words(a, user, &words, why);
    if (e == OK)
        e = print_body(a, user, &body, why);
    const struct access_change change = {"user.put", by, user->name, is_loose, buf_slice(&words)};
    if (e == OK)
        e = access_settle(a, &change, buf_slice(&body), &waits, why);
    if (body.at)
        wipe(body.at, body.size);
    if (e == OK)
        *out = (struct access_outcome){.is_new = known.name[0] == '\0', .waits = waits};
    return e;
}

// ---- doing it ----

static bool has_admin(const struct json *roles)
{
    for (uint32_t i = 0; i < roles->count; i++)
        if (slice_is(roles->items[i].text, role_name(ROLE_ADMIN)))
            return true;
    return false;
}

// Who becomes an administrator is a second person only a day later.
static enum err set_roles(struct access *a, struct slice name, const struct json *roles,
                          const struct catalog_user *known, struct fault *why)
{
    char unused[GRANTS_BYTES];
    enum err e = catalog_user_roles_clear(a->catalog, name, why);
    for (uint32_t i = 0; i < roles->count && e == OK; i++) {
        e = check_role(a, roles->items[i].text, why);
        if (e == OK)
            e = catalog_user_role_add(a->catalog, name, roles->items[i].text, why);
    }
    if (e == OK)
        e = catalog_user_grants(a->catalog, name, unused, why); // not too long together
    if (e == OK && !(known->roles >> ROLE_ADMIN & 1) && has_admin(roles))
        e = catalog_user_touch(a->catalog, name, a->now_ms(), why);
    return e;
}

static enum err set_password(struct access *a, struct slice name, struct slice hash, bool is_there,
                             struct fault *why)
{
    struct catalog_user user = {0};
    snprintf(user.name, sizeof user.name, "%.*s", SLICE_PRINT(name));
    snprintf(user.password_hash, sizeof user.password_hash, "%.*s", SLICE_PRINT(hash));
    // Without a role there is nothing it may until it is given those that are meant.
    enum err e = is_there ? catalog_user_password(a->catalog, name, user.password_hash, why)
                          : catalog_user_add(a->catalog, &user, a->now_ms(), why);
    wipe(&user, sizeof user);
    if (e == OK && is_there) // whoever gave the password may know it
        e = catalog_user_touch(a->catalog, name, a->now_ms(), why);
    return e;
}

enum err access_user_apply(struct access *a, struct slice name, struct slice body,
                           struct fault *why)
{
    struct arena *arena AUTO(arena_freep) = arena_new(PARSE_BYTES);
    struct catalog_user known = {0};
    const struct json *wish = NULL;
    enum err e = json_parse(body, arena, &wish, why);
    enum err found = e ? e : catalog_user_get(a->catalog, name, &known, why);
    wipe(known.password_hash, sizeof known.password_hash);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    const struct json *hash = json_get(wish, "password_hash");
    const struct json *roles = json_get(wish, "roles");
    const struct json *enabled = json_get(wish, "enabled");
    if (hash)
        e = set_password(a, name, hash->text, found == OK, why);
    if (e == OK && roles)
        e = set_roles(a, name, roles, &known, why);
    if (e == OK && enabled)
        e = catalog_user_enable(a->catalog, name, enabled->truth, why);
    return e;
}

enum err access_user_roles(struct access *a, struct slice name,
                           void (*each)(void *context, const char *role), void *context,
                           struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_user_role_list(a->catalog, name, each, context, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_user_is_disabled(struct access *a, struct slice name, bool *out, struct fault *why)
{
    struct catalog_user known = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_user_get(a->catalog, name, &known, why);
    pthread_mutex_unlock(&a->lock);
    *out = known.is_disabled;
    wipe(&known, sizeof known);
    return e;
}
