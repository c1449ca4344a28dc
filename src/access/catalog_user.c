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
    enum err e = catalog_prepare(c, "SELECT name, password_hash FROM users WHERE name = ?1",
                                 &statement, why);
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
    return catalog_finish(c, statement, why);
}

static enum err insert_role(struct catalog *c, const char *user, enum role role, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "INSERT INTO roles VALUES (?1, ?2)", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, slice_text(user));
    catalog_bind(statement, 2, slice_text(role_name(role)));
    return catalog_finish(c, statement, why);
}

enum err catalog_user_add(struct catalog *c, const struct catalog_user *user, int64_t now_ms,
                          struct fault *why)
{
    enum err e = catalog_do(c, "BEGIN IMMEDIATE", why);
    if (e != OK)
        return e;
    e = insert_user(c, user, now_ms, why);
    for (int r = 0; e == OK && r < ROLE_COUNT; r++) {
        if (user->roles >> r & 1)
            e = insert_role(c, user->name, (enum role)r, why);
    }
    if (e == OK)
        e = catalog_do(c, "COMMIT", why);
    if (e != OK)
        (void)catalog_do(c, "ROLLBACK", NULL); // the first failure is the one to tell
    return e;
}

enum err catalog_user_remove(struct catalog *c, struct slice name, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "DELETE FROM users WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    e = catalog_finish(c, statement, why);
    if (e == OK && sqlite3_changes(c->db) == 0)
        return fail(why, ERR_NOT_FOUND, "there is no such user");
    return e;
}

enum err catalog_user_password(struct catalog *c, struct slice name, const char *password_hash,
                               struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "UPDATE users SET password_hash = ?2 WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    catalog_bind(statement, 2, slice_text(password_hash));
    e = catalog_finish(c, statement, why);
    if (e == OK && sqlite3_changes(c->db) == 0)
        return fail(why, ERR_NOT_FOUND, "there is no such user");
    return e;
}

enum err catalog_user_touch(struct catalog *c, struct slice name, int64_t now_ms, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "UPDATE users SET changed_ms = ?2 WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    sqlite3_bind_int64(statement, 2, now_ms);
    return catalog_finish(c, statement, why);
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
