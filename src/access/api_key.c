// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "access/grant.h"
#include "base/buf.h"

enum {
    ID_RANDOM_BYTES = 15,
    SECRET_RANDOM_BYTES = 16,
    LIMIT_BYTES = 1 << 20
}; // 20 and 22 characters

static void random_text(size_t random_len, char *out, size_t size)
{
    uint8_t bytes[SECRET_RANDOM_BYTES];
    random_bytes(bytes, random_len);
    struct buf text __attribute__((cleanup(buf_donep))) = buf_init(size - 1);
    base64url_print(slice_of(bytes, random_len), &text);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    wipe(bytes, sizeof bytes);
    wipe(text.at, text.len);
}

static enum err check_limit(const char *limit, struct fault *why)
{
    if (!limit)
        return OK;
    if (strlen(limit) >= GRANTS_BYTES)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: [role_descriptors] are longer than %d bytes",
                    GRANTS_BYTES - 1);
    struct arena *arena AUTO(arena_freep) = arena_new(LIMIT_BYTES);
    struct grants unused;
    return grants_make(0, "", slice_text(limit), arena, &unused, why);
}

static enum err check_wish(const struct principal *owner, struct slice name, uint32_t roles,
                           const char *indices, struct fault *why)
{
    enum err e = access_name_check(name, "an API key", why);
    if (e != OK)
        return e;
    if (owner->key_id[0])
        return fail(why, ERR_DENIED, "security_exception: an API key cannot make API keys");
    if ((roles == 0 && owner->grants[0] == '\0') || roles & ~owner->roles)
        return fail(why, ERR_DENIED,
                    "security_exception: an API key has at least one role, and none its owner "
                    "has not");
    if (indices && strlen(indices) >= sizeof owner->indices)
        return fail(why, ERR_LIMIT, "the index patterns of an API key are longer than %zu bytes",
                    sizeof owner->indices - 1);
    return OK;
}

static struct catalog_key key_of(const struct principal *owner, const struct key_wish *wish)
{
    struct catalog_key k = {.key = {.roles = wish->roles, .expires_ms = wish->expires_ms}};
    memcpy(k.key.name, wish->name.at, wish->name.len);
    memcpy(k.key.owner, owner->name, sizeof k.key.owner);
    if (wish->indices)
        memcpy(k.indices, wish->indices, strlen(wish->indices));
    if (wish->limit)
        memcpy(k.limit, wish->limit, strlen(wish->limit));
    if (wish->metadata)
        memcpy(k.key.metadata, wish->metadata, strlen(wish->metadata));
    random_text(ID_RANDOM_BYTES, k.key.id, sizeof k.key.id);
    random_text(SECRET_RANDOM_BYTES, k.key.secret, sizeof k.key.secret);
    random_bytes(k.salt, sizeof k.salt);
    keyed_hash(k.salt, slice_text(k.key.secret), k.hash, sizeof k.hash);
    return k;
}

// A key can only narrow.
static enum err record_key(struct access *a, const struct principal *owner,
                           const struct key_wish *wish, const char *id, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    const struct access_by by = {owner->name, owner->key_id, wish->address};
    buf_print(&words, "none -> [%s] with ", id);
    const char *between = "";
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (wish->roles >> r & 1) {
            buf_print(&words, "%s%s", between, role_name((enum role)r));
            between = ", ";
        }
    }
    buf_print(&words, "%s%s", wish->roles ? "" : "the owner's own roles",
              wish->limit || wish->indices ? ", narrowed" : "");
    const struct access_change change = {"key.add", &by, wish->name, false, buf_slice(&words)};
    return access_change(a, &change, why);
}

enum err access_key_make(struct access *a, const struct principal *owner,
                         const struct key_wish *wish, struct api_key *out, struct fault *why)
{
    enum err e = check_wish(owner, wish->name, wish->roles, wish->indices, why);
    if (e == OK)
        e = check_limit(wish->limit, why);
    if (e == OK && wish->metadata && strlen(wish->metadata) >= KEY_METADATA_BYTES)
        e = fail(why, ERR_LIMIT, "illegal_argument_exception: [metadata] is longer than %d bytes",
                 KEY_METADATA_BYTES - 1);
    if (e != OK)
        return e;
    struct catalog_key k = key_of(owner, wish);
    e = record_key(a, owner, wish, k.key.id, why);
    if (e != OK) {
        wipe(&k, sizeof k);
        return e;
    }
    pthread_mutex_lock(&a->lock);
    k.key.created_ms = a->now_ms();
    e = catalog_key_add(a->catalog, &k, why);
    pthread_mutex_unlock(&a->lock);
    if (e == OK)
        *out = k.key;
    wipe(&k, sizeof k);
    return e;
}

// NOLINTNEXTLINE(readability-function-size): what makes a key, one by one.
enum err access_key_add(struct access *a, const struct principal *owner, struct slice name,
                        uint32_t roles, const char *indices, int64_t expires_ms,
                        struct api_key *out, struct fault *why)
{
    const struct key_wish wish = {
        .name = name, .roles = roles, .indices = indices, .expires_ms = expires_ms};
    return access_key_make(a, owner, &wish, out, why);
}

enum err access_key_invalidate(struct access *a, const struct access_by *by, struct slice id,
                               struct fault *why)
{
    struct catalog_key k = {0};
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_key_get(a->catalog, id, &k, why);
    pthread_mutex_unlock(&a->lock);
    buf_print(&words, "%s of %s: %s -> ended", k.key.name, k.key.owner,
              k.key.is_invalidated ? "ended" : "in force");
    wipe(&k, sizeof k);
    if (e == ERR_NOT_FOUND)
        return fail(why, e, "there is no such API key");
    if (e == OK)
        e = access_change(a, &(struct access_change){"key.end", by, id, false, buf_slice(&words)},
                          why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_key_invalidate(a->catalog, id, why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}

enum err access_key_list(struct access *a, void (*each)(void *context, const struct api_key *k),
                         void *context, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_key_list(a->catalog, each, context, why);
    pthread_mutex_unlock(&a->lock);
    return e;
}
