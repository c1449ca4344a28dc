// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files that read and write catalog.db share.

#include "access/catalog.h"

#include <sqlite3.h>

struct catalog {
    sqlite3 *db;
    sqlite3_stmt *version; // PRAGMA data_version, asked with every request
};

enum err catalog_fail(struct catalog *c, const char *doing, struct fault *why);
enum err catalog_do(struct catalog *c, const char *sql, struct fault *why); // constant SQL only
enum err catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **out, struct fault *why);
void catalog_bind(sqlite3_stmt *statement, int at, struct slice text);
void catalog_text(sqlite3_stmt *statement, int column, char *out, size_t size);
// One step of a statement that gives no rows.  ERR_CONFLICT for a name in use.
enum err catalog_finish(struct catalog *c, sqlite3_stmt *statement, struct fault *why);

static inline void catalog_finalizep(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}
