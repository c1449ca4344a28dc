// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files that read and write catalog.db share.

#include "access/catalog.h"

#include <sqlite3.h>

struct catalog {
    sqlite3 *db;
    sqlite3_stmt *version; // PRAGMA data_version, asked with every request
    // See catalog_seal.c.
    uint8_t key[KEY_BYTES];
    bool has_key;
    bool must_be_sealed;      // a missing seal is not that of a catalogue which never had one
    bool has_changed;         // in the transaction under way
    int depth;                // of catalog_begin()
    int64_t verified_version; // of the file as it was found right; -1: never
    int64_t counter;          // of the seal that was seen last
};

enum err catalog_fail(struct catalog *c, const char *doing, struct fault *why);
enum err catalog_do(struct catalog *c, const char *sql, struct fault *why); // constant SQL only
enum err catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **out, struct fault *why);
void catalog_bind(sqlite3_stmt *statement, int at, struct slice text);
void catalog_text(sqlite3_stmt *statement, int column, char *out, size_t size);
// One step of a statement that gives no rows.  ERR_CONFLICT for a name in use.
enum err catalog_finish(struct catalog *c, sqlite3_stmt *statement, struct fault *why);
// The same for what changes rows under the seal, in a transaction of its own or the one under
// way.  Gives the statement back: one still open would keep a transaction from its end.  When no
// row was changed, ERR_NOT_FOUND with the words of `missing`; NULL: that is right as well.
enum err catalog_alter(struct catalog *c, sqlite3_stmt **statement, const char *missing,
                       struct fault *why);

// Within a transaction that holds off every other writer.
enum err catalog_reseal(struct catalog *c, struct fault *why);

static inline void catalog_finalizep(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}
