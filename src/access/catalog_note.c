// SPDX-License-Identifier: Apache-2.0
#include "access/catalog_private.h"

enum err catalog_note_add(struct catalog *c, const struct access_note *note, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "INSERT INTO changes (at_ms, who, via, action, name, words)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                                 &statement, why);
    if (e != OK)
        return e;
    const struct slice texts[] = {note->who, note->via, note->action, note->name, note->words};
    sqlite3_bind_int64(statement, 1, note->at_ms);
    for (int i = 0; i < 5; i++)
        catalog_bind(statement, i + 2, texts[i]);
    return catalog_alter(c, &statement, NULL, why);
}

static struct slice text_at(sqlite3_stmt *row, int column, struct arena *arena)
{
    const void *text = sqlite3_column_text(row, column);
    return arena_copy(arena, slice_of(text, (size_t)sqlite3_column_bytes(row, column)));
}

enum err catalog_note_get(struct catalog *c, struct arena *arena, struct access_note *out,
                          struct fault *why)
{
    sqlite3_stmt *row AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c,
                                 "SELECT id, at_ms, who, via, action, name, words FROM changes"
                                 " ORDER BY id LIMIT 1",
                                 &row, why);
    if (e != OK)
        return e;
    int rc = sqlite3_step(row);
    if (rc == SQLITE_DONE)
        return ERR_NOT_FOUND;
    if (rc != SQLITE_ROW)
        return catalog_fail(c, "read what was changed", why);
    *out = (struct access_note){.id = sqlite3_column_int64(row, 0),
                                .at_ms = sqlite3_column_int64(row, 1),
                                .who = text_at(row, 2, arena),
                                .via = text_at(row, 3, arena),
                                .action = text_at(row, 4, arena),
                                .name = text_at(row, 5, arena),
                                .words = text_at(row, 6, arena)};
    return OK;
}

enum err catalog_note_drop(struct catalog *c, int64_t id, struct fault *why)
{
    sqlite3_stmt *statement AUTO(catalog_finalizep) = NULL;
    enum err e = catalog_prepare(c, "DELETE FROM changes WHERE id = ?1", &statement, why);
    if (e != OK)
        return e;
    sqlite3_bind_int64(statement, 1, id);
    return catalog_alter(c, &statement, NULL, why);
}
