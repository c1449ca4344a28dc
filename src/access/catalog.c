// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// users      name, password_hash (Argon2id, libsodium's text), created_ms
// roles      user, role (a name of role.c)
// api_keys   id, name, owner, salt, hash (BLAKE2b of the secret, keyed with the salt),
//            roles (names, blank-separated), indices (patterns, blank-separated),
//            created_ms, expires_ms (0: never), invalidated (0 or 1)
//
// own_roles  name, body (a role in Elasticsearch's form: grant.h), changed_ms; a user's `role` is a
//            name of these or of role.c
//
// changes    id, at_ms, who (a user; empty: nobody who logged in), via, action, name, words: of
// what
//            protects, made beside the server and not yet in its audit log (change.c)
//
// approvals  what waits for a second person: approval.c
//
// things     kind, name, body (JSON), changed_ms: aliases and the like (thing.h)
//
// seal       one row: counter, tags (a tag for each table; catalog_seal.c).  The column `mac` of
//            the other tables is the row's own; empty in a transaction that has changed the row.
//
// users.changed_ms is when somebody was made an administrator or was given a password.
//
// user_version is the number of the layout: how many of these steps were made.  A key goes
// with its owner.
static const char layout_1[] =
    "CREATE TABLE users (name TEXT PRIMARY KEY NOT NULL, password_hash TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE roles (user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,"
    " role TEXT NOT NULL, PRIMARY KEY (user, role)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE api_keys (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
    " owner TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE, salt BLOB NOT NULL,"
    " hash BLOB NOT NULL, roles TEXT NOT NULL, indices TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " invalidated INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

// What a key may at most (a list as in grant.h; empty: what its owner may), what its owner
// noted of it, and when it was last seen.
static const char layout_2[] =
    "CREATE TABLE own_roles (name TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL,"
    " changed_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "ALTER TABLE api_keys ADD COLUMN limits TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE api_keys ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';"
    "ALTER TABLE api_keys ADD COLUMN used_ms INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 2;";

static const char layout_3[] =
    "CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL,"
    " who TEXT NOT NULL, via TEXT NOT NULL, action TEXT NOT NULL, name TEXT NOT NULL,"
    " words TEXT NOT NULL) STRICT;"
    "ALTER TABLE users ADD COLUMN changed_ms INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 3;";

static const char layout_4[] =
    "ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE users ADD COLUMN totp BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE approvals (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, name TEXT NOT NULL,"
    " words TEXT NOT NULL, body TEXT NOT NULL, basis BLOB NOT NULL, state INTEGER NOT NULL,"
    " decided_ms INTEGER NOT NULL, decided_by TEXT NOT NULL,"
    " mac BLOB NOT NULL DEFAULT x'') STRICT;"
    "ALTER TABLE users ADD COLUMN mac BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE roles ADD COLUMN mac BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE own_roles ADD COLUMN mac BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE api_keys ADD COLUMN mac BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE changes ADD COLUMN mac BLOB NOT NULL DEFAULT x'';"
    "CREATE TABLE seal (id INTEGER PRIMARY KEY CHECK (id = 1), counter INTEGER NOT NULL,"
    " tags BLOB NOT NULL) STRICT;"
    "PRAGMA user_version = 4;";

static const char layout_5[] =
    "CREATE TABLE things (kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,"
    " changed_ms INTEGER NOT NULL, mac BLOB NOT NULL DEFAULT x'',"
    " PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 5;";

static const char *const layouts[] = {layout_1, layout_2, layout_3, layout_4, layout_5};

enum {
    LAYOUT_VERSION = sizeof layouts / sizeof *layouts,
    BUSY_WAIT_MS = 5000,
    CATALOG_PATH_MAX = 4096
};

enum err catalog_fail(struct catalog *c, const char *doing, struct fault *why)
{
    return fail(why, ERR_IO, "catalog.db: %s: %s", doing,
                c->db ? sqlite3_errmsg(c->db) : "out of memory");
}

enum err catalog_do(struct catalog *c, const char *sql, struct fault *why)
{
    if (sqlite3_exec(c->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return catalog_fail(c, "change", why);
    return OK;
}

// Nobody else writes from here on, so what is found right now is what the change is made to: a
// row that somebody put there is not sealed along with ours.
enum err catalog_begin(struct catalog *c, struct fault *why)
{
    if (c->depth > 0) {
        c->depth++;
        return OK;
    }
    enum err e = catalog_do(c, "BEGIN IMMEDIATE", why);
    if (e != OK)
        return e;
    c->depth = 1;
    c->has_changed = false;
    e = catalog_verify(c, why);
    return e ? catalog_end(c, e, why) : OK;
}

enum err catalog_end(struct catalog *c, enum err so_far, struct fault *why)
{
    if (--c->depth > 0)
        return so_far;
    int64_t counter = c->counter;
    enum err e = so_far;
    if (e == OK && c->has_changed)
        e = catalog_reseal(c, why);
    if (e == OK)
        e = catalog_do(c, "COMMIT", why);
    if (e == OK)
        return OK;
    c->counter = counter;
    (void)catalog_do(c, "ROLLBACK", NULL); // the first failure is the one to tell
    return e;
}

enum err catalog_prepare(struct catalog *c, const char *sql, sqlite3_stmt **out, struct fault *why)
{
    if (sqlite3_prepare_v2(c->db, sql, -1, out, NULL) != SQLITE_OK)
        return catalog_fail(c, "prepare", why);
    return OK;
}

void catalog_bind(sqlite3_stmt *statement, int at, struct slice text)
{
    const char *bytes = text.len ? (const char *)text.at : "";
    sqlite3_bind_text(statement, at, bytes, (int)text.len, SQLITE_TRANSIENT);
}

void catalog_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

enum err catalog_finish(struct catalog *c, sqlite3_stmt *statement, struct fault *why)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_CONSTRAINT)
        return fail(why, ERR_CONFLICT, "it exists already");
    if (rc != SQLITE_DONE)
        return catalog_fail(c, "write", why);
    return OK;
}

enum err catalog_alter(struct catalog *c, sqlite3_stmt **statement, const char *missing,
                       struct fault *why)
{
    enum err e = catalog_begin(c, why);
    if (e != OK)
        return e;
    e = catalog_finish(c, *statement, why);
    int changed = sqlite3_changes(c->db);
    catalog_finalizep(statement);
    *statement = NULL;
    c->has_changed = true;
    if (e == OK && missing && changed == 0)
        e = fail(why, ERR_NOT_FOUND, "%s", missing);
    return catalog_end(c, e, why);
}

static enum err read_number(struct catalog *c, const char *sql, int64_t *out, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, sql, &statement, why);
    if (e != OK)
        return e;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return catalog_fail(c, "read", why);
    *out = sqlite3_column_int64(statement, 0);
    return OK;
}

static enum err make_layout(struct catalog *c, struct fault *why)
{
    enum err e = catalog_do(c, "BEGIN IMMEDIATE", why);
    if (e != OK)
        return e;
    int64_t version = 0;
    e = read_number(c, "PRAGMA user_version", &version, why);
    bool is_known = version >= 0 && version <= LAYOUT_VERSION;
    for (int64_t i = version; e == OK && is_known && i < LAYOUT_VERSION; i++)
        e = catalog_do(c, layouts[i], why);
    if (e == OK && !is_known)
        e = fail(why, ERR_INVALID, "catalog.db has layout %lld; this program knows %d",
                 (long long)version, LAYOUT_VERSION);
    if (e != OK) {
        (void)catalog_do(c, "ROLLBACK", NULL); // the first failure is the one to tell
        return e;
    }
    return catalog_do(c, "COMMIT", why);
}

// Made by us and not by SQLite, so that it is nobody else's to read; the files SQLite
// puts beside it take its mode.
static enum err make_file(const char *path, struct fault *why)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return fail(why, ERR_IO, "catalog.db: make: %s", strerrordesc_np(errno));
    close(fd);
    return OK;
}

static enum err connect(struct catalog *c, const char *directory, bool create, struct fault *why)
{
    char path[CATALOG_PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/catalog.db", directory);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(why, ERR_LIMIT, "catalog.db: the path is longer than %d", CATALOG_PATH_MAX);
    if (create && make_file(path, why) != OK)
        return ERR_IO;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int rc = sqlite3_open_v2(path, &c->db, flags, NULL);
    if (rc == SQLITE_CANTOPEN && !create)
        return fail(why, ERR_NOT_FOUND, "catalog.db is not there, or cannot be opened");
    if (rc != SQLITE_OK)
        return catalog_fail(c, "open", why);
    sqlite3_busy_timeout(c->db, BUSY_WAIT_MS);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    enum err e = catalog_do(c,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                            "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
                            why);
    return e == OK ? make_layout(c, why) : e;
}

enum err catalog_open(const char *directory, bool create, struct catalog **out, struct fault *why)
{
    struct catalog *c = calloc(1, sizeof *c);
    if (!c)
        return fail(why, ERR_LIMIT, "catalog.db: out of memory");
    c->verified_version = -1;
    enum err e = connect(c, directory, create, why);
    if (e != OK) {
        catalog_close(c);
        return e;
    }
    *out = c;
    return OK;
}

void catalog_close(struct catalog *c)
{
    if (!c)
        return;
    sqlite3_finalize(c->version);
    sqlite3_close(c->db);
    wipe(c, sizeof *c);
    free(c);
}

enum err catalog_version(struct catalog *c, int64_t *out, struct fault *why)
{
    if (!c->version) {
        enum err e = catalog_prepare(c, "PRAGMA data_version", &c->version, why);
        if (e != OK)
            return e;
    }
    int rc = sqlite3_step(c->version);
    int64_t version = rc == SQLITE_ROW ? sqlite3_column_int64(c->version, 0) : 0;
    sqlite3_reset(c->version);
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read its version", why);
    *out = version;
    return OK;
}
