// SPDX-License-Identifier: Apache-2.0
// The seal of catalog.db: who can write the file, and has not the key, changes nothing unnoticed.
//
//     mac of a row     keyed BLAKE2b-256 of the table's name and of each column's name, kind and
//                      bytes, but for those that follow use (`used_ms`, `totp_step`)
//     tag of a table   keyed BLAKE2b-256 of its name, the counter, and the macs of its rows in the
//                      order of their keys
//     seal             the counter, and the tags of all tables, in the order below
//
// A row that was edited or made up has no mac that fits, and is named.  One that was taken away,
// or put back as it once was, fails its table's tag.  The whole file put back as it once was has
// a counter that is too low: keys/catalog.head and the audit log know a higher one.
//
// The key is derived from a signature of keeper's (keys/catalog_key.h).  Serve holds it as long as
// it runs, because it makes users; the seal is a wall against those who can write a file, not
// against a serve that somebody has taken over.
#include "access/catalog_private.h"
#include "base/buf.h"

enum { MAC_BYTES = 32, ROW_BYTES = 1 << 20, MACS_BYTES = 64 << 20, ROW_NAME_BYTES = 160 };

struct sealed_table {
    const char *name;
    const char *keys; // its primary key, as SQL
    int key_columns;  // at the front of each row
    const char *rows, *fresh, *update;
};

#define TABLE_OF_ONE(name_, key_)                                 \
    {                                                             \
        name_, key_, 1, "SELECT * FROM " name_ " ORDER BY " key_, \
            "SELECT * FROM " name_ " WHERE mac = x'' LIMIT 1",    \
            "UPDATE " name_ " SET mac = ?1 WHERE " key_ " = ?2"   \
    }

static const struct sealed_table tables[] = {
    TABLE_OF_ONE("users", "name"),
    {"roles", "user, role", 2, "SELECT * FROM roles ORDER BY user, role",
     "SELECT * FROM roles WHERE mac = x'' LIMIT 1",
     "UPDATE roles SET mac = ?1 WHERE user = ?2 AND role = ?3"},
    TABLE_OF_ONE("own_roles", "name"),
    TABLE_OF_ONE("api_keys", "id"),
    TABLE_OF_ONE("approvals", "id"),
    TABLE_OF_ONE("changes", "id"),
    {"things", "kind, name", 2, "SELECT * FROM things ORDER BY kind, name",
     "SELECT * FROM things WHERE mac = x'' LIMIT 1",
     "UPDATE things SET mac = ?1 WHERE kind = ?2 AND name = ?3"},
};

// A seal of before there were things has a tag less, and tags of another form, so that nobody
// makes one of the other by leaving a tag out.  Its table of things has to be empty.
enum {
    TABLE_COUNT = sizeof tables / sizeof *tables,
    TABLE_COUNT_1 = TABLE_COUNT - 1,
    TAGS_BYTES = TABLE_COUNT * MAC_BYTES
};

struct seal {
    int64_t counter;
    int table_count;
    uint8_t tags[TAGS_BYTES];
};

static bool follows_use(const char *column)
{
    return strcmp(column, "mac") == 0 || strcmp(column, "used_ms") == 0 ||
           strcmp(column, "totp_step") == 0;
}

static struct slice bytes_at(sqlite3_stmt *row, int column)
{
    const void *at = sqlite3_column_blob(row, column);
    return slice_of(at ? at : "", at ? (size_t)sqlite3_column_bytes(row, column) : 0);
}

// Returns the place of the row's own mac.
static int mac_of(const struct catalog *c, const struct sealed_table *t, sqlite3_stmt *row,
                  uint8_t out[MAC_BYTES])
{
    struct buf bytes AUTO(buf_donep) = buf_init(ROW_BYTES);
    int at = 0;
    buf_blob(&bytes, slice_text("tamis catalog row 1"));
    buf_blob(&bytes, slice_text(t->name));
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        const char *name = sqlite3_column_name(row, i);
        if (strcmp(name, "mac") == 0)
            at = i;
        if (follows_use(name))
            continue;
        buf_blob(&bytes, slice_text(name));
        buf_u8(&bytes, (uint8_t)sqlite3_column_type(row, i));
        if (sqlite3_column_type(row, i) == SQLITE_INTEGER)
            buf_u64_le(&bytes, (uint64_t)sqlite3_column_int64(row, i));
        else
            buf_blob(&bytes, bytes_at(row, i));
    }
    // A row too large for the limit was never ours; its mac is that of another.
    buf_u8(&bytes, bytes.over_limit);
    keyed_hash(c->key, buf_slice(&bytes), out, MAC_BYTES);
    return at;
}

static void name_row(const struct sealed_table *t, sqlite3_stmt *row, char out[ROW_NAME_BYTES])
{
    struct buf text AUTO(buf_donep) = buf_init(ROW_NAME_BYTES - 1);
    for (int i = 0; i < t->key_columns; i++)
        buf_print(&text, "%s%.60s", i ? " " : "", (const char *)sqlite3_column_text(row, i));
    memcpy(out, text.at ? (const void *)text.at : "", text.len);
    out[text.len] = '\0';
}

// Adds the macs of all rows, each found right.
static enum err check_rows(struct catalog *c, const struct sealed_table *t, struct buf *macs,
                           struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, t->rows, &row, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(row);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(row)) {
        uint8_t mac[MAC_BYTES];
        struct slice own = bytes_at(row, mac_of(c, t, row, mac));
        char name[ROW_NAME_BYTES];
        name_row(t, row, name);
        if (own.len != MAC_BYTES || !equal_in_constant_time(own.at, mac, MAC_BYTES))
            return fail(why, ERR_CORRUPT,
                        "catalog.db: the row '%s' of %s is not as it was sealed; somebody changed "
                        "it, or put it there, by hand",
                        name, t->name);
        buf_bytes(macs, mac, MAC_BYTES);
    }
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "read its rows", why);
}

static enum err tag_of(struct catalog *c, const struct sealed_table *t, const struct seal *seal,
                       uint8_t out[MAC_BYTES], struct fault *why)
{
    struct buf macs AUTO(buf_donep) = buf_init(MACS_BYTES);
    bool is_first = seal->table_count == TABLE_COUNT_1;
    buf_blob(&macs, slice_text(is_first ? "tamis catalog table 1" : "tamis catalog table 2"));
    buf_blob(&macs, slice_text(t->name));
    buf_u64_le(&macs, (uint64_t)seal->counter);
    enum err e = check_rows(c, t, &macs, why);
    if (e == OK)
        e = buf_end(&macs, why);
    if (e == OK)
        keyed_hash(c->key, buf_slice(&macs), out, MAC_BYTES);
    return e;
}

// ERR_NOT_FOUND without words: it never had one, or somebody took it away.
static enum err read_seal(struct catalog *c, struct seal *out, struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "SELECT counter, tags FROM seal", &row, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(row);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read its seal", why);
    struct slice tags = bytes_at(row, 1);
    if (tags.len != TAGS_BYTES && tags.len != (size_t)TABLE_COUNT_1 * MAC_BYTES)
        return fail(why, ERR_CORRUPT, "catalog.db: its seal is not of %d bytes", TAGS_BYTES);
    *out = (struct seal){.counter = sqlite3_column_int64(row, 0),
                         .table_count = (int)(tags.len / MAC_BYTES)};
    memcpy(out->tags, tags.at, tags.len);
    return OK;
}

static enum err check_unsealed(struct catalog *c, const struct sealed_table *t, struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, t->rows, &row, why);
    if (e == OK && sqlite3_step(row) != SQLITE_DONE)
        return fail(why, ERR_CORRUPT,
                    "catalog.db: a row of %s was put there by hand, before it was under the seal",
                    t->name);
    return e;
}

static enum err check_tables(struct catalog *c, const struct seal *seal, struct fault *why)
{
    for (int i = seal->table_count; i < TABLE_COUNT; i++) {
        enum err e = check_unsealed(c, &tables[i], why);
        if (e != OK)
            return e;
    }
    for (int i = 0; i < seal->table_count; i++) {
        uint8_t tag[MAC_BYTES];
        enum err e = tag_of(c, &tables[i], seal, tag, why);
        if (e != OK)
            return e;
        if (!equal_in_constant_time(tag, seal->tags + (size_t)i * MAC_BYTES, MAC_BYTES))
            return fail(why, ERR_CORRUPT,
                        "catalog.db: a row of %s is missing, or one was put back as it once was",
                        tables[i].name);
    }
    return OK;
}

static enum err verify_within(struct catalog *c, struct fault *why)
{
    struct seal seal = {0};
    enum err e = read_seal(c, &seal, why);
    if (e == ERR_NOT_FOUND && c->must_be_sealed)
        return fail(why, ERR_CORRUPT, "catalog.db: its seal was taken away");
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == OK && !c->has_key)
        return fail(why, ERR_UNAVAILABLE,
                    "users cannot be checked yet: keeper has not given the key of catalog.db");
    if (e == OK && seal.counter < c->counter)
        e = fail(why, ERR_CORRUPT,
                 "catalog.db was changed %lld times, and there were %lld: an older one was put in "
                 "its place",
                 (long long)seal.counter, (long long)c->counter);
    if (e == OK)
        e = check_tables(c, &seal, why);
    if (e == OK)
        c->counter = seal.counter;
    return e;
}

enum err catalog_verify(struct catalog *c, struct fault *why)
{
    int64_t version = 0;
    enum err e = catalog_version(c, &version, why);
    if (e != OK || version == c->verified_version)
        return e;
    bool is_own = c->depth == 0; // all rows of one moment
    if (is_own)
        e = catalog_do(c, "BEGIN", why);
    if (e == OK)
        e = verify_within(c, why);
    if (is_own)
        (void)catalog_do(c, "COMMIT", NULL); // of reading only
    if (e == OK)
        c->verified_version = version;
    return e;
}

// ---- sealing ----

// The next row that was changed; ERR_NOT_FOUND without words when there is none.
static enum err seal_one(struct catalog *c, const struct sealed_table *t, struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    sqlite3_stmt *update AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, t->fresh, &row, why);
    if (e == OK)
        e = catalog_prepare(c, t->update, &update, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(row);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read a changed row", why);
    uint8_t mac[MAC_BYTES];
    (void)mac_of(c, t, row, mac); // where its own stands is for who checks it
    sqlite3_bind_blob(update, 1, mac, sizeof mac, SQLITE_TRANSIENT);
    for (int i = 0; i < t->key_columns; i++)
        sqlite3_bind_value(update, i + 2, sqlite3_column_value(row, i));
    catalog_finalizep(&row);
    row = NULL;
    return catalog_finish(c, update, why);
}

static enum err write_seal(struct catalog *c, const struct seal *seal, struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "INSERT OR REPLACE INTO seal VALUES (1, ?1, ?2)", &row, why);
    if (e != OK)
        return e;
    sqlite3_bind_int64(row, 1, seal->counter);
    sqlite3_bind_blob(row, 2, seal->tags, TAGS_BYTES, SQLITE_TRANSIENT);
    return catalog_finish(c, row, why);
}

static enum err seal_all(struct catalog *c, struct fault *why)
{
    struct seal seal = {.counter = c->counter + 1, .table_count = TABLE_COUNT};
    enum err e = OK;
    for (int i = 0; e == OK && i < TABLE_COUNT; i++) {
        while (e == OK)
            e = seal_one(c, &tables[i], why);
        if (e == ERR_NOT_FOUND)
            e = tag_of(c, &tables[i], &seal, seal.tags + (size_t)i * MAC_BYTES, why);
    }
    if (e == OK)
        e = write_seal(c, &seal, why);
    if (e == OK)
        c->counter = seal.counter;
    return e;
}

enum err catalog_reseal(struct catalog *c, struct fault *why)
{
    struct seal seal = {0};
    enum err e = read_seal(c, &seal, why);
    if (e == ERR_NOT_FOUND)
        return OK; // verified: it never had one
    return e ? e : seal_all(c, why);
}

static enum err seal_first(struct catalog *c, struct fault *why)
{
    struct seal seal = {0};
    enum err e = catalog_begin(c, why);
    if (e != OK)
        return e;
    e = read_seal(c, &seal, why);
    if (e == ERR_NOT_FOUND)
        e = seal_all(c, why);
    return catalog_end(c, e, why);
}

void catalog_lend(struct catalog *c, const uint8_t key[KEY_BYTES])
{
    memcpy(c->key, key, KEY_BYTES);
    c->has_key = true;
    c->verified_version = -1;
}

enum err catalog_trust(struct catalog *c, const uint8_t key[KEY_BYTES], bool first,
                       struct fault *why)
{
    catalog_lend(c, key);
    enum err e = first ? seal_first(c, why) : OK;
    c->must_be_sealed = true;
    return e ? e : catalog_verify(c, why);
}

void catalog_expect(struct catalog *c, int64_t counter)
{
    if (counter > c->counter)
        c->counter = counter;
}

int64_t catalog_counter(const struct catalog *c)
{
    return c->counter;
}
