// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

#include <stdio.h>

static enum err roles_get(struct catalog *c, struct slice name, uint32_t *out, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "SELECT role FROM roles WHERE user = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    uint32_t roles = 0;
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        char text[32];
        catalog_text(statement, 0, text, sizeof text);
        enum role role;
        // A role this program does not know permits nothing.
        if (role_parse(slice_text(text), &role, NULL) == OK)
            roles |= (uint32_t)1 << role;
    }
    if (rc != SQLITE_DONE)
        return catalog_fail(c, "read roles", why);
    *out = roles;
    return OK;
}

enum err catalog_user_get(struct catalog *c, struct slice name, struct catalog_user *out,
                          struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(
        c, "SELECT name, password_hash, disabled FROM users WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read a user", why);
    struct catalog_user user = {0};
    catalog_text(statement, 0, user.name, sizeof user.name);
    catalog_text(statement, 1, user.password_hash, sizeof user.password_hash);
    user.is_disabled = sqlite3_column_int64(statement, 2) != 0;
    e = roles_get(c, name, &user.roles, why);
    if (e == OK)
        *out = user;
    return e;
}

static enum err insert_user(struct catalog *c, const struct catalog_user *user, int64_t now_ms,
                            struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(
        c, "INSERT INTO users (name, password_hash, created_ms) VALUES (?1, ?2, ?3)", &statement,
        why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, slice_text(user->name));
    catalog_bind(statement, 2, slice_text(user->password_hash));
    sqlite3_bind_int64(statement, 3, now_ms);
    return catalog_alter(c, &statement, NULL, why);
}

static enum err insert_role(struct catalog *c, const char *user, enum role role, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "INSERT INTO roles (user, role) VALUES (?1, ?2)", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, slice_text(user));
    catalog_bind(statement, 2, slice_text(role_name(role)));
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_user_add(struct catalog *c, const struct catalog_user *user, int64_t now_ms,
                          struct fault *why)
{
    enum err e = catalog_begin(c, why);
    if (e != OK)
        return e;
    e = insert_user(c, user, now_ms, why);
    for (int r = 0; e == OK && r < ROLE_COUNT; r++) {
        if (user->roles >> r & 1)
            e = insert_role(c, user->name, (enum role)r, why);
    }
    return catalog_end(c, e, why);
}

enum err catalog_user_remove(struct catalog *c, struct slice name, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "DELETE FROM users WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    return catalog_alter(c, &statement, "there is no such user", why);
}

enum err catalog_user_password(struct catalog *c, struct slice name, const char *password_hash,
                               struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(
        c, "UPDATE users SET password_hash = ?2, mac = x'' WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    catalog_bind(statement, 2, slice_text(password_hash));
    return catalog_alter(c, &statement, "there is no such user", why);
}

enum err catalog_user_touch(struct catalog *c, struct slice name, int64_t now_ms, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "UPDATE users SET changed_ms = ?2, mac = x'' WHERE name = ?1",
                                 &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    sqlite3_bind_int64(statement, 2, now_ms);
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_user_enable(struct catalog *c, struct slice name, bool is_enabled,
                             struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "UPDATE users SET disabled = ?2, mac = x'' WHERE name = ?1",
                                 &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    sqlite3_bind_int64(statement, 2, !is_enabled);
    return catalog_alter(c, &statement, "there is no such user", why);
}

enum err catalog_user_list(struct catalog *c,
                           void (*each)(void *context, const char *name, uint32_t roles),
                           void *context, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "SELECT name FROM users ORDER BY name", &statement, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        char name[PRINCIPAL_NAME_BYTES];
        catalog_text(statement, 0, name, sizeof name);
        uint32_t roles = 0;
        e = roles_get(c, slice_text(name), &roles, why);
        if (e != OK)
            return e;
        each(context, name, roles);
    }
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "list users", why);
}

static enum err read_count(struct catalog *c, const char *sql, struct slice text, int64_t *out,
                           struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, sql, &row, why);
    if (e != OK)
        return e;
    if (text.at)
        catalog_bind(row, 1, text);
    int rc = sqlite3_step(row);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return catalog_fail(c, "read users", why);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    return OK;
}

enum err catalog_admin_count(struct catalog *c, int64_t *out, struct fault *why)
{
    return read_count(c,
                      "SELECT count(*) FROM roles JOIN users ON name = user"
                      " WHERE role = 'admin' AND disabled = 0",
                      slice_of(NULL, 0), out, why);
}

enum err catalog_user_since(struct catalog *c, struct slice name, int64_t *out_ms,
                            struct fault *why)
{
    return read_count(c, "SELECT max(created_ms, changed_ms) FROM users WHERE name = ?1", name,
                      out_ms, why);
}

enum err catalog_role_count(struct catalog *c, struct slice role, int64_t *out, struct fault *why)
{
    return read_count(c, "SELECT count(*) FROM roles WHERE role = ?1", role, out, why);
}
