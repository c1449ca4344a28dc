// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

#include <stdio.h>

enum err catalog_role_put(struct catalog *c, struct slice name, struct slice body, int64_t now_ms,
                          struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c,
                        "INSERT INTO own_roles (name, body, changed_ms) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT (name) DO UPDATE SET body = ?2,"
                        " changed_ms = ?3, mac = x''",
                        &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    catalog_bind(statement, 2, body);
    sqlite3_bind_int64(statement, 3, now_ms);
    return catalog_alter(c, &statement, NULL, why);
}

static enum err delete_role(struct catalog *c, struct slice name, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "DELETE FROM own_roles WHERE name = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    return catalog_alter(c, &statement, "there is no such role", why);
}

// Users keep its name, which permits nothing then.  A role that is made anew under the name
// would be theirs, so it is taken from them as well.
static enum err take_from_users(struct catalog *c, struct slice name, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "DELETE FROM roles WHERE role = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, name);
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_role_remove(struct catalog *c, struct slice name, struct fault *why)
{
    enum err e = catalog_begin(c, why);
    if (e != OK)
        return e;
    e = delete_role(c, name, why);
    if (e == OK)
        e = take_from_users(c, name, why);
    return catalog_end(c, e, why);
}

enum err catalog_role_list(struct catalog *c, catalog_role_each each, void *context,
                           struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "SELECT name, body FROM own_roles ORDER BY name", &statement, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement))
        each(context, (const char *)sqlite3_column_text(statement, 0),
             (const char *)sqlite3_column_text(statement, 1));
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "list roles", why);
}

// The bodies of a user's roles of our own, as one list.
enum err catalog_user_grants(struct catalog *c, struct slice user, char out[GRANTS_BYTES],
                             struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "SELECT body FROM own_roles JOIN roles ON own_roles.name = "
                                 "roles.role WHERE roles.user = ?1 ORDER BY name",
                                 &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, user);
    size_t used = 0;
    out[0] = '\0';
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        int len = snprintf(out + used, GRANTS_BYTES - used, "%c%s", used ? ',' : '[',
                           (const char *)sqlite3_column_text(statement, 0));
        used += len < 0 ? GRANTS_BYTES : (size_t)len;
        if (used + 1 >= GRANTS_BYTES)
            return fail(why, ERR_LIMIT, "the roles of one user are longer than %d bytes together",
                        GRANTS_BYTES - 2);
    }
    if (used)
        memcpy(out + used, "]", 2);
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "read roles", why);
}

enum err catalog_user_role_add(struct catalog *c, struct slice user, struct slice role,
                               struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "INSERT OR IGNORE INTO roles (user, role) VALUES (?1, ?2)",
                                 &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, user);
    catalog_bind(statement, 2, role);
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_user_roles_clear(struct catalog *c, struct slice user, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "DELETE FROM roles WHERE user = ?1", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, user);
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_user_role_list(struct catalog *c, struct slice user,
                                void (*each)(void *context, const char *role), void *context,
                                struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "SELECT role FROM roles WHERE user = ?1 ORDER BY role", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, user);
    int rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement))
        each(context, (const char *)sqlite3_column_text(statement, 0));
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "list roles of a user", why);
}
