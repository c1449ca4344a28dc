// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

#define COLUMNS "id, at_ms, due_ms, who, action, name, words, body, basis, state"

enum err catalog_approval_add(struct catalog *c, const struct approval *p, int64_t *out_id,
                              struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "INSERT INTO approvals (at_ms, due_ms, state, who, action, name,"
                                 " words, body, basis, decided_ms, decided_by)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, '')",
                                 &row, why);
    if (e != OK)
        return e;
    const int64_t numbers[] = {p->at_ms, p->due_ms, p->state};
    const struct slice texts[] = {slice_text(p->who), slice_text(p->action), slice_text(p->name),
                                  p->words, p->body};
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int64(row, i + 1, numbers[i]);
    for (int i = 0; i < 5; i++)
        catalog_bind(row, i + 4, texts[i]);
    sqlite3_bind_blob(row, 9, p->basis, sizeof p->basis, SQLITE_TRANSIENT);
    e = catalog_alter(c, &row, NULL, why);
    if (e == OK)
        *out_id = sqlite3_last_insert_rowid(c->db);
    return e;
}

static struct slice text_at(sqlite3_stmt *row, int column)
{
    const void *text = sqlite3_column_text(row, column);
    return slice_of(text, (size_t)sqlite3_column_bytes(row, column));
}

static struct approval read_row(sqlite3_stmt *row)
{
    struct approval p = {.id = sqlite3_column_int64(row, 0),
                         .at_ms = sqlite3_column_int64(row, 1),
                         .due_ms = sqlite3_column_int64(row, 2),
                         .words = text_at(row, 6),
                         .body = text_at(row, 7),
                         .state = (enum approval_state)sqlite3_column_int(row, 9)};
    catalog_text(row, 3, p.who, sizeof p.who);
    catalog_text(row, 4, p.action, sizeof p.action);
    catalog_text(row, 5, p.name, sizeof p.name);
    const void *basis = sqlite3_column_blob(row, 8);
    if (basis && sqlite3_column_bytes(row, 8) == sizeof p.basis)
        memcpy(p.basis, basis, sizeof p.basis);
    return p;
}

enum err catalog_approval_list(struct catalog *c,
                               void (*each)(void *context, const struct approval *p), void *context,
                               struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "SELECT " COLUMNS " FROM approvals WHERE state = 0 ORDER BY id",
                                 &row, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(row);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(row)) {
        const struct approval p = read_row(row);
        each(context, &p);
    }
    return rc == SQLITE_DONE ? OK : catalog_fail(c, "list approvals", why);
}

// The body may hold the hash of a password, which is of no use afterwards.
enum err catalog_approval_decide(struct catalog *c, int64_t id, enum approval_state state,
                                 const char *who, int64_t now_ms, struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "UPDATE approvals SET state = ?2, decided_by = ?3,"
                                 " decided_ms = ?4, body = '', mac = x'' WHERE id = ?1",
                                 &row, why);
    if (e != OK)
        return e;
    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_int64(row, 2, state);
    catalog_bind(row, 3, slice_text(who));
    sqlite3_bind_int64(row, 4, now_ms);
    return catalog_alter(c, &row, "there is no such approval", why);
}
