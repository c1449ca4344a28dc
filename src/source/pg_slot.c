// SPDX-License-Identifier: Apache-2.0
#include "source/pg_slot.h"

enum { MAKE_MS_MAX = 60 * 60 * 1000 }; // somebody's open transaction; shown as waiting

// WAIT: a dead session of ours may still hold it, until the server notices.
static enum err drop(struct source *s, const struct source_sink *sink, struct fault *why)
{
    if (!s->facts.has_slot)
        return OK;
    buf_reset(&s->sql);
    buf_text(&s->sql, "DROP_REPLICATION_SLOT ");
    pg_sql_identifier(&s->sql, s->spec->slot);
    buf_text(&s->sql, " WAIT");
    const char *sql;
    enum err e = source_sql(s, &sql, why);
    if (!e)
        e = pg_command(s->replication, sink, sql, PGRES_COMMAND_OK, why);
    if (e && e != ERR_NOT_FOUND)
        return fail_in(why, e, "dropping replication slot \"%s\"", s->spec->slot);
    s->facts.has_slot = false;
    return OK;
}

static enum err create(struct source *s, const struct source_sink *sink, PGresult **out,
                       struct fault *why)
{
    buf_reset(&s->sql);
    buf_text(&s->sql, "CREATE_REPLICATION_SLOT ");
    pg_sql_identifier(&s->sql, s->spec->slot);
    buf_text(&s->sql, " LOGICAL pgoutput (SNAPSHOT 'export')");
    struct pg_question q = {.timeout_ms = MAKE_MS_MAX};
    enum err e = source_sql(s, &q.sql, why);
    if (!e)
        e = pg_ask(s->replication, sink, &q, out, why);
    return e ? fail_in(why, e, "making replication slot \"%s\"", s->spec->slot) : OK;
}

enum err pg_slot_make(struct source *s, const struct source_sink *sink, struct pg_slot_made *out,
                      struct fault *why)
{
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = drop(s, sink, why);
    if (!e)
        e = create(s, sink, &r, why);
    if (e)
        return e;
    if (PQntuples(r) != 1 || PQnfields(r) < 3 || pg_text(r, 0, 2).len >= sizeof out->snapshot)
        return fail(why, ERR_CORRUPT, "the server made a slot and does not say how");
    s->facts.has_slot = true;
    *out = (struct pg_slot_made){0};
    struct slice name = pg_text(r, 0, 2);
    memcpy(out->snapshot, name.at, name.len);
    return pg_lsn_parse(pg_text(r, 0, 1), &out->consistent_lsn, why);
}
