// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

#include <stdio.h>

#define KEY_COLUMNS                                                        \
    "id, name, owner, roles, indices, created_ms, expires_ms, invalidated" \
    ", salt, hash, limits, metadata, used_ms"

static void roles_print(uint32_t roles, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int r = 0; r < ROLE_COUNT && used < size; r++) {
        if (roles >> r & 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                                     role_name((enum role)r));
    }
}

static uint32_t roles_read(const char *text)
{
    uint32_t roles = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        enum role role;
        // A role this program does not know permits nothing.
        if (role_parse(slice_of(text, len), &role, NULL) == OK)
            roles |= (uint32_t)1 << role;
        text += len + (text[len] == ' ');
    }
    return roles;
}

static void blob_read(sqlite3_stmt *statement, int column, uint8_t *out, size_t size)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (bytes && (size_t)sqlite3_column_bytes(statement, column) == size)
        memcpy(out, bytes, size);
}

static struct catalog_key key_read(sqlite3_stmt *statement)
{
    struct catalog_key k = {0};
    char roles[64];
    catalog_text(statement, 0, k.key.id, sizeof k.key.id);
    catalog_text(statement, 1, k.key.name, sizeof k.key.name);
    catalog_text(statement, 2, k.key.owner, sizeof k.key.owner);
    catalog_text(statement, 3, roles, sizeof roles);
    catalog_text(statement, 4, k.indices, sizeof k.indices);
    k.key.roles = roles_read(roles);
    k.key.created_ms = sqlite3_column_int64(statement, 5);
    k.key.expires_ms = sqlite3_column_int64(statement, 6);
    k.key.is_invalidated = sqlite3_column_int64(statement, 7) != 0;
    blob_read(statement, 8, k.salt, sizeof k.salt);
    blob_read(statement, 9, k.hash, sizeof k.hash);
    catalog_text(statement, 10, k.limit, sizeof k.limit);
    catalog_text(statement, 11, k.key.metadata, sizeof k.key.metadata);
    k.key.used_ms = sqlite3_column_int64(statement, 12);
    return k;
}

enum err catalog_key_get(struct catalog *c, struct slice id, struct catalog_key *out,
                         struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "SELECT " KEY_COLUMNS " FROM api_keys WHERE id = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, id);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read an API key", why);
    *out = key_read(statement);
    return OK;
}

enum err catalog_key_add(struct catalog *c, const struct catalog_key *k, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "INSERT INTO api_keys (" KEY_COLUMNS
                                 ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, "
                                 "?11, 0)",
                                 &statement, why);
    if (e != OK)
        return e;
    char roles[64];
    roles_print(k->key.roles, roles, sizeof roles);
    catalog_bind(statement, 1, slice_text(k->key.id));
    catalog_bind(statement, 2, slice_text(k->key.name));
    catalog_bind(statement, 3, slice_text(k->key.owner));
    catalog_bind(statement, 4, slice_text(roles));
    catalog_bind(statement, 5, slice_text(k->indices));
    sqlite3_bind_int64(statement, 6, k->key.created_ms);
    sqlite3_bind_int64(statement, 7, k->key.expires_ms);
    sqlite3_bind_blob(statement, 8, k->salt, sizeof k->salt, SQLITE_TRANSIENT);
    sqlite3_bind_blob(statement, 9, k->hash, sizeof k->hash, SQLITE_TRANSIENT);
    catalog_bind(statement, 10, slice_text(k->limit));
    catalog_bind(statement, 11, slice_text(k->key.metadata[0] ? k->key.metadata : "{}"));
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_key_change(struct catalog *c, const struct catalog_key *k, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "UPDATE api_keys SET roles = ?2, indices = ?3, limits = ?4,"
                                 " metadata = ?5, expires_ms = ?6, mac = x'' WHERE id = ?1",
                                 &statement, why);
    if (e != OK)
        return e;
    char roles[64];
    roles_print(k->key.roles, roles, sizeof roles);
    catalog_bind(statement, 1, slice_text(k->key.id));
    catalog_bind(statement, 2, slice_text(roles));
    catalog_bind(statement, 3, slice_text(k->indices));
    catalog_bind(statement, 4, slice_text(k->limit));
    catalog_bind(statement, 5, slice_text(k->key.metadata[0] ? k->key.metadata : "{}"));
    sqlite3_bind_int64(statement, 6, k->key.expires_ms);
    return catalog_alter(c, &statement, "there is no such API key", why);
}

enum err catalog_key_invalidate(struct catalog *c, struct slice id, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "UPDATE api_keys SET invalidated = 1, mac = x'' WHERE id = ?1",
                                 &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, id);
    return catalog_alter(c, &statement, "there is no such API key", why);
}

enum err catalog_key_used(struct catalog *c, const char *id, int64_t now_ms, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "UPDATE api_keys SET used_ms = ?2 WHERE id = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, slice_text(id));
    sqlite3_bind_int64(statement, 2, now_ms);
    return catalog_finish(c, statement, why);
}

enum err catalog_key_list(struct catalog *c, void (*each)(void *context, const struct api_key *k),
                          void *context, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "SELECT " KEY_COLUMNS " FROM api_keys ORDER BY created_ms, id",
                                 &statement, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        struct catalog_key k = key_read(statement);
        each(context, &k.key);
        wipe(&k, sizeof k);
    }
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "list API keys", why);
}
