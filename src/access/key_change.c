// SPDX-License-Identifier: Apache-2.0
// Changing an API key: it may narrow, and nothing else; in doubt it is refused, as its owner can
// make another one.
#include "access/access_private.h"
#include "access/glob.h"
#include "access/grant.h"
#include "json/json_writer.h"

enum { PARSE_BYTES = 1 << 20, TEXT_BYTES = 64 * 1024 };

static enum err refuse(struct fault *why)
{
    return fail(
        why, ERR_INVALID,
        "illegal_argument_exception: an API key only narrows, and this might widen it; make "
        "another one");
}

static bool pattern_within(const char *before, struct slice pattern)
{
    while (*before) {
        size_t len = strcspn(before, " ");
        // A star of the new pattern has to be met by a star of the old one.
        if (glob_matches(slice_of(before, len), pattern))
            return true;
        before += len + (before[len] == ' ');
    }
    return false;
}

static bool patterns_within(const char *before, const char *after)
{
    if (!before[0])
        return true;
    bool is_some = after[0] != '\0';
    while (*after) {
        size_t len = strcspn(after, " ");
        if (!pattern_within(before, slice_of(after, len)))
            return false;
        after += len + (after[len] == ' ');
    }
    return is_some;
}

static bool print(const struct json *v, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    json_value(&w, v);
    return !out->over_limit;
}

// Each new descriptor is within one of the old ones.
static bool limits_within(const char *before, const char *after)
{
    struct arena *arena AUTO(arena_freep) = arena_new(PARSE_BYTES);
    const struct json *old = NULL;
    const struct json *now = NULL;
    if (json_parse(slice_text(before), arena, &old, NULL) != OK ||
        json_parse(slice_text(after), arena, &now, NULL) != OK)
        return false;
    for (uint32_t i = 0; i < now->count; i++) {
        bool is_within = false;
        for (uint32_t k = 0; k < old->count && !is_within; k++) {
            struct buf one AUTO(buf_donep) = buf_init(TEXT_BYTES);
            struct buf other AUTO(buf_donep) = buf_init(TEXT_BYTES);
            is_within = print(&old->items[k], &one) && print(&now->items[i], &other) &&
                        !role_widens(buf_slice(&one), buf_slice(&other));
        }
        if (!is_within)
            return false;
    }
    return true;
}

// `owner_roles`: what a key that was never narrowed has.
static bool rights_within(const struct catalog_key *old, uint32_t owner_roles,
                          const struct key_change *c)
{
    bool is_bare = !old->limit[0] && !old->indices[0];
    if (c->limit)
        return old->limit[0] ? limits_within(old->limit, c->limit)
                             : is_bare && (owner_roles & ~old->key.roles) == 0;
    return !old->limit[0] && (c->roles & ~old->key.roles) == 0 && c->roles != 0 &&
           patterns_within(old->indices, c->indices ? c->indices : "");
}

static enum err check_limit(const char *limit, struct fault *why)
{
    struct arena *arena AUTO(arena_freep) = arena_new(PARSE_BYTES);
    struct grants unused;
    if (strlen(limit) >= GRANTS_BYTES)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: [role_descriptors] are longer than %d bytes",
                    GRANTS_BYTES - 1);
    return grants_make(0, "", slice_text(limit), arena, &unused, why);
}

static enum err change_rights(struct catalog_key *k, uint32_t owner_roles,
                              const struct key_change *c, struct fault *why)
{
    enum err e = c->limit ? check_limit(c->limit, why) : OK;
    if (e == OK && !rights_within(k, owner_roles, c))
        e = refuse(why);
    if (e != OK)
        return e;
    memset(k->limit, 0, sizeof k->limit);
    if (c->limit) {
        memcpy(k->limit, c->limit, strlen(c->limit));
        return OK;
    }
    k->key.roles = c->roles;
    memset(k->indices, 0, sizeof k->indices);
    if (c->indices)
        memcpy(k->indices, c->indices, strlen(c->indices));
    return OK;
}

static enum err change_rest(struct catalog_key *k, const struct key_change *c, struct fault *why)
{
    if (c->expires_ms && k->key.expires_ms && c->expires_ms > k->key.expires_ms)
        return refuse(why);
    if (c->expires_ms)
        k->key.expires_ms = c->expires_ms;
    if (!c->metadata)
        return OK;
    if (strlen(c->metadata) >= KEY_METADATA_BYTES)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: [metadata] is longer than %d bytes",
                    KEY_METADATA_BYTES - 1);
    memset(k->key.metadata, 0, sizeof k->key.metadata);
    memcpy(k->key.metadata, c->metadata, strlen(c->metadata));
    return OK;
}

// With the lock held.
static enum err load(struct access *a, const struct access_by *by, struct slice id,
                     struct catalog_key *out, uint32_t *out_roles, struct fault *why)
{
    struct catalog_user owner = {0};
    enum err e = catalog_key_get(a->catalog, id, out, why);
    // Whose it is is nobody else's business.
    if (e == ERR_NOT_FOUND || (e == OK && strcmp(out->key.owner, by->name) != 0))
        return fail(why, ERR_NOT_FOUND,
                    "resource_not_found_exception: no API key owned by requesting user found for "
                    "ID [%.*s]",
                    id.len > 64 ? 64 : (int)id.len, (const char *)id.at);
    if (e == OK)
        e = catalog_user_get(a->catalog, slice_text(by->name), &owner, why);
    *out_roles = owner.roles;
    wipe(&owner, sizeof owner);
    if (e == OK &&
        (out->key.is_invalidated || (out->key.expires_ms && out->key.expires_ms <= a->now_ms())))
        e = fail(why, ERR_INVALID,
                 "illegal_argument_exception: cannot update API key [%.32s]: it has ended",
                 out->key.id);
    return e;
}

static enum err change(const struct key_change *c, struct catalog_key *k, uint32_t owner_roles,
                       struct fault *why)
{
    enum err e = c->changes_rights ? change_rights(k, owner_roles, c, why) : OK;
    return e ? e : change_rest(k, c, why);
}

static enum err record(struct access *a, const struct access_by *by, const struct catalog_key *k,
                       const struct key_change *c, struct fault *why)
{
    struct buf words AUTO(buf_donep) = buf_init(CHANGE_WORDS_BYTES);
    buf_print(&words, "%s: ", k->key.name);
    buf_text(&words, c->changes_rights ? "narrowed" : "the same rights");
    if (c->expires_ms)
        buf_text(&words, ", an earlier end");
    if (c->metadata)
        buf_text(&words, ", other metadata");
    const struct access_change made = {"key.change", by, slice_text(k->key.id), false,
                                       buf_slice(&words)};
    return access_change(a, &made, why);
}

static bool is_same(const struct catalog_key *a, const struct catalog_key *b)
{
    return a->key.roles == b->key.roles && a->key.expires_ms == b->key.expires_ms &&
           strcmp(a->limit, b->limit) == 0 && strcmp(a->indices, b->indices) == 0 &&
           strcmp(a->key.metadata, b->key.metadata) == 0;
}

// Within catalog_begin(), with the lock held: judged again, as another may have narrowed it more
// while it was put on record.
static enum err change_again(struct access *a, const struct access_by *by, struct slice id,
                             const struct key_change *c, struct fault *why)
{
    struct catalog_key k = {0};
    uint32_t owner_roles = 0;
    enum err e = load(a, by, id, &k, &owner_roles, why);
    if (e == OK)
        e = change(c, &k, owner_roles, why);
    if (e == OK)
        e = catalog_key_change(a->catalog, &k, why);
    wipe(&k, sizeof k);
    return e;
}

enum err access_key_change(struct access *a, const struct access_by *by, struct slice id,
                           const struct key_change *c, bool *out_changed, struct fault *why)
{
    struct catalog_key k = {0};
    uint32_t owner_roles = 0;
    *out_changed = false;
    if (by->key_id && by->key_id[0])
        return fail(why, ERR_DENIED,
                    "security_exception: an API key changes no API key; its owner does");
    pthread_mutex_lock(&a->lock);
    enum err e = load(a, by, id, &k, &owner_roles, why);
    pthread_mutex_unlock(&a->lock);
    struct catalog_key wanted = k;
    if (e == OK)
        e = change(c, &wanted, owner_roles, why);
    *out_changed = e == OK && !is_same(&k, &wanted);
    wipe(&k, sizeof k);
    if (*out_changed)
        e = record(a, by, &wanted, c, why);
    wipe(&wanted, sizeof wanted);
    if (e != OK || !*out_changed)
        return e;
    pthread_mutex_lock(&a->lock);
    e = catalog_begin(a->catalog, why);
    if (e == OK)
        e = catalog_end(a->catalog, change_again(a, by, id, c, why), why);
    access_changed(a);
    pthread_mutex_unlock(&a->lock);
    return e;
}
