// SPDX-License-Identifier: Apache-2.0
#include "access/access_private.h"
#include "base/buf.h"

enum { ID_RANDOM_BYTES = 15, SECRET_RANDOM_BYTES = 16 }; // 20 and 22 characters

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

static enum err check_wish(const struct principal *owner, struct slice name, uint32_t roles,
                           const char *indices, struct fault *why)
{
    enum err e = access_name_check(name, "an API key", why);
    if (e != OK)
        return e;
    if (owner->key_id[0])
        return fail(why, ERR_DENIED, "security_exception: an API key cannot make API keys");
    if (roles == 0 || roles & ~owner->roles)
        return fail(why, ERR_DENIED,
                    "security_exception: an API key has at least one role, and none its owner "
                    "has not");
    if (indices && strlen(indices) >= sizeof owner->indices)
        return fail(why, ERR_LIMIT, "the index patterns of an API key are longer than %zu bytes",
                    sizeof owner->indices - 1);
    return OK;
}

// NOLINTNEXTLINE(readability-function-size): what makes a key, one by one.
enum err access_key_add(struct access *a, const struct principal *owner, struct slice name,
                        uint32_t roles, const char *indices, int64_t expires_ms,
                        struct api_key *out, struct fault *why)
{
    enum err e = check_wish(owner, name, roles, indices, why);
    if (e != OK)
        return e;
    struct catalog_key k = {.key = {.roles = roles, .expires_ms = expires_ms}};
    memcpy(k.key.name, name.at, name.len);
    memcpy(k.key.owner, owner->name, sizeof k.key.owner);
    if (indices)
        memcpy(k.indices, indices, strlen(indices));
    random_text(ID_RANDOM_BYTES, k.key.id, sizeof k.key.id);
    random_text(SECRET_RANDOM_BYTES, k.key.secret, sizeof k.key.secret);
    random_bytes(k.salt, sizeof k.salt);
    keyed_hash(k.salt, slice_text(k.key.secret), k.hash, sizeof k.hash);

    pthread_mutex_lock(&a->lock);
    k.key.created_ms = a->now_ms();
    e = catalog_key_add(a->catalog, &k, why);
    pthread_mutex_unlock(&a->lock);
    if (e == OK)
        *out = k.key;
    wipe(&k, sizeof k);
    return e;
}

enum err access_key_invalidate(struct access *a, struct slice id, struct fault *why)
{
    pthread_mutex_lock(&a->lock);
    enum err e = catalog_key_invalidate(a->catalog, id, why);
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
