// SPDX-License-Identifier: Apache-2.0
// Roles of one's own, and the users who have them.
#include "access/access_private.h"
#include "access/grant.h"
#include "json/json.h"

enum { CHECK_BYTES = 1 << 20 };

static enum err check_name(struct slice name, struct fault *why)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    bool is_good = name.len > 0 && name.len <= 64;
    for (size_t i = 0; is_good && i < name.len; i++)
        is_good = memchr(allowed, name.at[i], sizeof allowed - 1) != NULL;
    enum role built_in;
    if (!is_good)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: the name of a role has 1 to 64 letters, digits, "
                    "'-', '_' and '.'");
    if (role_parse(name, &built_in, NULL) == OK)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: the role [%.*s] is built in and does not change",
                    SLICE_PRINT(name));
    return OK;
}

static enum err check_body(struct slice body, struct fault *why)
{
    if (body.len + 2 >= GRANTS_BYTES)
        return fail(why, ERR_LIMIT, "illegal_argument_exception: a role is longer than %d bytes",
                    GRANTS_BYTES - 3);
    struct arena *arena AUTO(arena_freep) = arena_new(CHECK_BYTES);
    const struct json *role = NULL;
    enum err e = json_parse(body, arena, &role, why);
    return e ? e : grants_check(role, arena, why);
}

struct role_search {
    struct slice name;
    bool is_there;
    struct buf *words; // of what it allows; NULL: not asked for
};

static void look(void *context, const char *name, const char *body)
{
    struct role_search *s = context;
    if (!slice_is(s->name, name))
        return;
    s->is_there = true;
    if (s->words)
        access_role_words(slice_text(body), s->words);
}

// With the lock held.
static enum err has_role(struct access *a, struct slice name, bool *out, struct fault *why)
{
    struct role_search s = {.name = name};
    enum err e = catalog_role_list(a->catalog, look, &s, why);
    *out = s.is_there;
    return e;
}

// "from -> ", and whether it is there.
static enum err begin_words(struct access *a, struct slice name, struct buf *words, bool *out,
                            struct fault *why)
{
    struct role_search s = {.name = name, .words = words};
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_role_list(a->catalog, look, &s, why);
    pthread_mutex_unlock(&a->lock);
    if (!s.is_there)
        buf_text(words, "none");
    buf_text(words, " -> ");
    *out = s.is_there;
    return e;
}

enum err access_role_put(struct access *a, const struct access_by *by, struct slice name,
                         struct slice body, bool *out_is_new, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    bool is_there = false;
    enum err e = check_name(name, why);
    if (e == OK)
        e = check_body(body, why);
    if (e == OK)
        e = begin_words(a, name, &words, &is_there, why);
    if (e != OK)
        return e;
    access_role_words(body, &words);
    e = access_change(a, &(struct access_change){"role.put", by, name, true, buf_slice(&words)},
                      why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = has_role(a, name, &is_there, why);
    if (e == OK)
        e = catalog_role_put(a->catalog, name, body, a->now_ms(), why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    *out_is_new = !is_there;
    return e;
}

enum err access_role_remove(struct access *a, const struct access_by *by, struct slice name,
                            struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    bool is_there = false;
    enum err e = begin_words(a, name, &words, &is_there, why);
    if (e == OK && !is_there)
        return fail(why, ERR_NOT_FOUND, "there is no such role");
    buf_text(&words, "gone, and from all users");
    if (e == OK)
        e = access_change(
            a, &(struct access_change){"role.remove", by, name, false, buf_slice(&words)}, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_role_remove(a->catalog, name, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_role_list(struct access *a,
                          void (*each)(void *context, const char *name, const char *body),
                          void *context, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_role_list(a->catalog, each, context, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

// ---- users ----

// With the lock held.
static enum err check_roles(struct access *a, const struct slice *roles, uint32_t count,
                            struct fault *why)
{
    enum err e = count ? OK
                       : fail(why, ERR_INVALID,
                              "action_request_validation_exception: Validation Failed: 1: a user "
                              "has at least one role;");
    for (uint32_t i = 0; i < count && e == OK; i++) {
        enum role built_in;
        bool is_own = false;
        if (role_parse(roles[i], &built_in, NULL) == OK)
            continue;
        e = has_role(a, roles[i], &is_own, why);
        if (e == OK && !is_own)
            e = fail(why, ERR_INVALID, "illegal_argument_exception: there is no role [%.*s]",
                     roles[i].len > 64 ? 64 : (int)roles[i].len, (const char *)roles[i].at);
    }
    return e;
}

// With the lock held.
static enum err set_roles(struct access *a, struct slice name, const struct slice *roles,
                          uint32_t count, struct fault *why)
{
    enum err e = catalog_user_roles_clear(a->catalog, name, why);
    for (uint32_t i = 0; i < count && e == OK; i++)
        e = catalog_user_role_add(a->catalog, name, roles[i], why);
    char unused[GRANTS_BYTES];
    return e ? e : catalog_user_grants(a->catalog, name, unused, why);
}

static bool has_admin(const struct slice *roles, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (slice_is(roles[i], role_name(ROLE_ADMIN)))
            return true;
    return false;
}

// Who becomes an administrator is a second person of the ratchet only a day later.
static enum err set_in_one(struct access *a, struct slice name, const struct slice *roles,
                           uint32_t count, bool was_admin, struct fault *why)
{
    enum err e = catalog_begin(a->catalog, why);
    if (e != OK)
        return e;
    e = set_roles(a, name, roles, count, why);
    if (e == OK && !was_admin && has_admin(roles, count))
        e = catalog_user_touch(a->catalog, name, a->now_ms(), why);
    return catalog_end(a->catalog, e, why);
}

static enum err put_password(struct access *a, struct slice name, struct slice password,
                             bool is_there, struct fault *why)
{
    if (is_there)
        return password.len ? access_user_password_bare(a, name, password, why) : OK;
    // Without a role there is nothing it may until it is given those that are meant.
    return access_user_add_bare(a, name, password, why);
}

static enum err put_on_record(struct access *a, const struct access_by *by,
                              const struct access_user *user, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    buf_text(&words, "roles: ");
    enum err e = access_role_names(a, user->name, &words, why);
    if (e != OK)
        return e;
    for (uint32_t i = 0; i < user->role_count; i++)
        buf_print(&words, "%s%.*s", i ? ", " : " -> ", SLICE_PRINT(user->roles[i]));
    if (user->password.len > 0)
        buf_text(&words, "; another password");
    const struct access_change change = {"user.put", by, user->name, true, buf_slice(&words)};
    return access_change(a, &change, why);
}

enum err access_user_put(struct access *a, const struct access_by *by,
                         const struct access_user *user, bool *out_is_new, struct fault *why)
{
    struct catalog_user known = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = check_roles(a, user->roles, user->role_count, why);
    enum err found = e ? e : catalog_user_get(a->catalog, user->name, &known, why);
    pthread_mutex_unlock(&a->lock);
    bool was_admin = known.roles >> ROLE_ADMIN & 1;
    wipe(&known, sizeof known);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    e = put_on_record(a, by, user, why);
    if (e == OK)
        e = put_password(a, user->name, user->password, found == OK, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = set_in_one(a, user->name, user->roles, user->role_count, was_admin, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    *out_is_new = found == ERR_NOT_FOUND;
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
