// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

enum err catalog_thing_put(struct catalog *c, const char *kind, struct slice name,
                           struct slice body, int64_t now_ms, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "INSERT INTO things (kind, name, body, changed_ms)"
                                 " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, name) DO UPDATE SET"
                                 " body = ?3, changed_ms = ?4, mac = x''",
                                 &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, slice_text(kind));
    catalog_bind(statement, 2, name);
    catalog_bind(statement, 3, body);
    sqlite3_bind_int64(statement, 4, now_ms);
    return catalog_alter(c, &statement, NULL, why);
}

enum err catalog_thing_remove(struct catalog *c, const char *kind, struct slice name,
                              struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "DELETE FROM things WHERE kind = ?1 AND name = ?2", &statement, why);
    if (e != OK)
        return e;
    catalog_bind(statement, 1, slice_text(kind));
    catalog_bind(statement, 2, name);
    return catalog_alter(c, &statement, "there is no such thing", why);
}

enum err catalog_thing_list(struct catalog *c, catalog_thing_each each, void *context,
                            struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "SELECT kind, name, body FROM things ORDER BY kind, name", &row, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(row);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(row))
        each(context, (const char *)sqlite3_column_text(row, 0),
             (const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2));
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "list things", why);
}
