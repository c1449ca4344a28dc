// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "base/limits.h"

enum { PASSWORD_BYTES_MAX = 512 };

enum err access_name_check(struct slice name, const char *what, struct fault *why)
{
    if (name.len == 0 || name.len > LIMIT_NAME_BYTES)
        return fail(why, ERR_INVALID, "the name of %s has 1 to %d bytes", what, LIMIT_NAME_BYTES);
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] < ' ' || name.at[i] == 0x7f || name.at[i] == ':')
            return fail(why, ERR_INVALID,
                        "the name of %s may hold neither ':' nor control characters", what);
    }
    return OK;
}

// Length is what keeps a password; these are long enough and tried first all the same.
static const char *const commonest[] = {
    "123456789012",   "1234567890123",  "12345678901234",   "123456123456",
    "111111111111",   "000000000000",   "passwordpassword", "password1234",
    "password12345",  "password123456", "qwertyuiopas",     "qwertyuiop12",
    "qwertyqwerty",   "qwerty123456",   "1q2w3e4r5t6y",     "abcdefghijkl",
    "abcd12345678",   "iloveyou1234",   "administrator",    "adminadmin12",
    "administrator1", "letmeinletmein", "welcome12345",     "changemechangeme",
    "changeme1234",   "elasticsearch",  "opensearch123",    "correcthorsebatterystaple"};

static bool is_common(struct slice password)
{
    for (size_t i = 0; i < sizeof commonest / sizeof *commonest; i++)
        if (password.len == strlen(commonest[i]) &&
            strncasecmp((const char *)password.at, commonest[i], password.len) == 0)
            return true;
    return false;
}

static bool is_one_byte(struct slice password)
{
    for (size_t i = 1; i < password.len; i++)
        if (password.at[i] != password.at[0])
            return false;
    return true;
}

static enum err password_check(struct slice password, struct fault *why)
{
    if (password.len < PASSWORD_BYTES_MIN || password.len > PASSWORD_BYTES_MAX)
        return fail(why, ERR_INVALID, "a password has %d to %d bytes", PASSWORD_BYTES_MIN,
                    PASSWORD_BYTES_MAX);
    if (is_common(password) || is_one_byte(password))
        return fail(why, ERR_INVALID,
                    "this password is among the first that are tried; take another");
    return OK;
}

static enum err hash_in_turn(struct access *a, struct slice password, char out[PASSWORD_HASH_BYTES],
                             struct fault *why)
{
    argon_begin(a);
    enum err e = password_hash(password, out, why);
    argon_end(a);
    return e;
}

static enum err add_user(struct access *a, struct slice name, struct slice password, uint32_t roles,
                         struct fault *why)
{
    enum err e = access_name_check(name, "a user", why);
    if (e == OK)
        e = password_check(password, why);
    if (e != OK)
        return e;
    struct catalog_user user = {.roles = roles};
    memcpy(user.name, name.at, name.len);
    e = hash_in_turn(a, password, user.password_hash, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_user_add(a->catalog, &user, a->now_ms(), why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e == ERR_CONFLICT ? fail(why, e, "there is a user of this name already") : e;
}

// Does the catalogue have it?  ERR_NOT_FOUND without words.
static enum err find_user(struct access *a, struct slice name, struct fault *why)
{
    struct catalog_user user = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_user_get(a->catalog, name, &user, why);
    pthread_mutex_unlock(&a->lock);
    wipe(&user, sizeof user);
    return e;
}

// What would not be done is not put on record.
static enum err check_new(struct access *a, struct slice name, struct slice password,
                          struct fault *why)
{
    enum err e = access_name_check(name, "a user", why);
    if (e == OK)
        e = password_check(password, why);
    if (e != OK)
        return e;
    e = find_user(a, name, why);
    if (e == OK)
        return fail(why, ERR_CONFLICT, "there is a user of this name already");
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err access_user_add(struct access *a, struct slice name, struct slice password, uint32_t roles,
                         struct fault *why)
{
    if (roles == 0 || roles >> ROLE_COUNT)
        return fail(why, ERR_INVALID,
                    "a user has at least one of the roles admin, writer, analyst, metrics, "
                    "auditor and investigator");
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    buf_text(&words, "roles: none -> ");
    const char *between = "";
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (roles >> r & 1) {
            buf_print(&words, "%s%s", between, role_name((enum role)r));
            between = ", ";
        }
    }
    enum err e = check_new(a, name, password, why);
    if (e == OK)
        e = access_change(
            a, &(struct access_change){"user.add", NULL, name, true, buf_slice(&words)}, why);
    return e ? e : add_user(a, name, password, roles, why);
}

enum err access_user_remove(struct access *a, struct slice name, struct fault *why)
{
    return access_user_drop(a, NULL, name, why);
}

enum err access_user_drop(struct access *a, const struct access_by *by, struct slice name,
                          struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    enum err e = find_user(a, name, why);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "there is no such user");
    buf_text(&words, "roles: ");
    if (e == OK)
        e = access_role_names(a, name, &words, why);
    buf_text(&words, " -> gone, and the keys");
    if (e == OK)
        e = access_change(
            a, &(struct access_change){"user.remove", by, name, false, buf_slice(&words)}, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_user_remove(a->catalog, name, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_password_hash(struct access *a, struct slice password,
                              char out[PASSWORD_HASH_BYTES], struct fault *why)
{
    enum err e = password_check(password, why);
    return e ? e : hash_in_turn(a, password, out, why);
}

// Whoever gave the password may know it.
static enum err set_password(struct access *a, struct slice name, const char *hash,
                             struct fault *why)
{
    enum err e = catalog_begin(a->catalog, why);
    if (e != OK)
        return e;
    e = catalog_user_password(a->catalog, name, hash, why);
    if (e == OK)
        e = catalog_user_touch(a->catalog, name, a->now_ms(), why);
    return catalog_end(a->catalog, e, why);
}

enum err access_user_password(struct access *a, struct slice name, struct slice password,
                              struct fault *why)
{
    char hash[PASSWORD_HASH_BYTES] = "";
    enum err e = find_user(a, name, why);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "there is no such user");
    if (e == OK)
        e = access_password_hash(a, password, hash, why);
    const struct access_change change = {"user.password", NULL, name, false,
                                         slice_text("another password")};
    if (e == OK)
        e = access_change(a, &change, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = set_password(a, name, hash, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    wipe(hash, sizeof hash);
    return e;
}

enum err access_user_list(struct access *a,
                          void (*each)(void *context, const char *name, uint32_t roles),
                          void *context, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_user_list(a->catalog, each, context, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_admin_count(struct access *a, int64_t *out, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_admin_count(a->catalog, out, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}
