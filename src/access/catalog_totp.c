// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

enum err catalog_hiding_key(const struct catalog *c, uint8_t out[KEY_BYTES], struct fault *why)
{
    if (!c->has_key)
        return fail(why, ERR_UNAVAILABLE, "catalog.db: there is no key for its secrets yet");
    keyed_hash(c->key, slice_text("tamis: secrets of the catalogue, 1"), out, KEY_BYTES);
    return OK;
}

enum err catalog_totp_get(struct catalog *c, struct slice name, struct buf *out, int64_t *out_step,
                          struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "SELECT totp, totp_step FROM users WHERE name = ?1", &row, why);
    if (e != OK)
        return e;
    catalog_bind(row, 1, name);
    int rc = sqlite3_step(row);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read a second factor", why);
    const void *bytes = sqlite3_column_blob(row, 0);
    if (bytes)
        buf_bytes(out, bytes, (size_t)sqlite3_column_bytes(row, 0));
    *out_step = sqlite3_column_int64(row, 1);
    return buf_end(out, why);
}

enum err catalog_totp_set(struct catalog *c, struct slice name, struct slice hidden,
                          struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e =
        catalog_prepare(c, "UPDATE users SET totp = ?2, mac = x'' WHERE name = ?1", &row, why);
    if (e != OK)
        return e;
    catalog_bind(row, 1, name);
    sqlite3_bind_blob(row, 2, hidden.len ? (const void *)hidden.at : "", (int)hidden.len,
                      SQLITE_TRANSIENT);
    return catalog_alter(c, &row, "there is no such user", why);
}

// Not under the seal, as it follows use; one statement, so that of two at once one takes it.
enum err catalog_totp_step(struct catalog *c, struct slice name, int64_t step, bool *out_taken,
                           struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(
        c, "UPDATE users SET totp_step = ?2 WHERE name = ?1 AND totp_step < ?2", &row, why);
    if (e != OK)
        return e;
    catalog_bind(row, 1, name);
    sqlite3_bind_int64(row, 2, step);
    e = catalog_finish(c, row, why);
    *out_taken = e == OK && sqlite3_changes(c->db) == 1;
    return e;
}
