// SPDX-License-Identifier: Apache-2.0
// Roles of one's own.
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
    struct buf *words, *body; // what it allows, in words and as it is; NULL: not asked for
};

static void look(void *context, const char *name, const char *body)
{
    struct role_search *s = context;
    if (!slice_is(s->name, name))
        return;
    s->is_there = true;
    if (s->words)
        access_role_words(slice_text(body), s->words);
    if (s->body)
        buf_text(s->body, body);
}

// "from -> ", what there was (`before` may be NULL), and whether it is there.
static enum err begin_words(struct access *a, struct slice name, struct buf *words,
                            struct buf *before, bool *out, struct fault *why)
{
    struct role_search s = {.name = name, .words = words, .body = before};
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_role_list(a->catalog, look, &s, why);
    pthread_mutex_unlock(&a->lock);
    if (!s.is_there)
        buf_text(words, "none");
    buf_text(words, " -> ");
    *out = s.is_there;
    return e;
}

// A role that nobody has gives nothing to anybody.
static enum err loosens(struct access *a, struct slice name, struct slice before, struct slice body,
                        bool *out, struct fault *why)
{
    int64_t users = 0;
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_role_count(a->catalog, name, &users, why);
    pthread_mutex_unlock(&a->lock);
    *out = users > 0 && role_widens(before, body);
    return e;
}

enum err access_role_put(struct access *a, const struct access_by *by, struct slice name,
                         struct slice body, struct access_outcome *out, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    struct buf before AUTO(buf_donep) = buf_init(GRANTS_BYTES);
    bool is_there = false;
    bool is_loose = false;
    int64_t waits = 0;
    enum err e = check_name(name, why);
    if (e == OK)
        e = check_body(body, why);
    if (e == OK)
        e = begin_words(a, name, &words, &before, &is_there, why);
    if (e == OK)
        e = loosens(a, name, buf_slice(&before), body, &is_loose, why);
    if (e != OK)
        return e;
    access_role_words(body, &words);
    const struct access_change change = {"role.put", by, name, is_loose, buf_slice(&words)};
    e = access_settle(a, &change, body, &waits, why);
    if (e == OK)
        *out = (struct access_outcome){.is_new = !is_there, .waits = waits};
    return e;
}

enum err access_role_remove(struct access *a, const struct access_by *by, struct slice name,
                            struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    bool is_there = false;
    enum err e = begin_words(a, name, &words, NULL, &is_there, why);
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
