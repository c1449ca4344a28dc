// SPDX-License-Identifier: Apache-2.0
#include "source/pg_preflight.h"

#include "base/num.h"

enum { VERSION_MIN = 150000 }; // column lists of publications

static enum err check_version(struct source *s, struct fault *why)
{
    int version = PQserverVersion(s->replication);
    if (version < VERSION_MIN)
        return fail(why, ERR_INVALID,
                    "PostgreSQL %d is too old: column lists, which keep unwanted values inside "
                    "the database, came with 15",
                    version / 10000);
    return OK;
}

static enum err check_settings(struct source *s, const struct source_sink *sink, struct fault *why)
{
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink,
                          "SELECT current_setting('wal_level'), current_setting("
                          "'server_encoding'), pg_is_in_recovery()",
                          NULL, 0, &r, why);
    if (e)
        return e;
    if (!slice_is(pg_text(r, 0, 0), "logical"))
        return fail(why, ERR_INVALID,
                    "wal_level is %.*s: set wal_level = logical in postgresql.conf and restart "
                    "the server",
                    SLICE_PRINT(pg_text(r, 0, 0)));
    if (slice_is(pg_text(r, 0, 1), "SQL_ASCII"))
        return fail(why, ERR_INVALID,
                    "the database's encoding is SQL_ASCII, so nobody knows what its text means");
    if (pg_true(r, 0, 2))
        return fail(why, ERR_INVALID, "the server is a standby: connect to the primary");
    return OK;
}

static enum err read_system(struct source *s, const struct source_sink *sink, struct fault *why)
{
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->replication, sink, "IDENTIFY_SYSTEM", NULL, 0, &r, why);
    if (e)
        return e;
    if (PQntuples(r) != 1 || PQnfields(r) < 3 || parse_u64(pg_text(r, 0, 0), &s->facts.system_id))
        return fail(why, ERR_CORRUPT, "the server does not say who it is");
    s->facts.timeline = pg_oid(r, 0, 1);
    return pg_lsn_parse(pg_text(r, 0, 2), &s->facts.server_end_lsn, why);
}

// The history file's last line is "parent <tab> switch point <tab> reason".
static enum err parse_history(struct slice text, uint64_t *out, struct fault *why)
{
    struct slice found = {0};
    while (text.len > 0) {
        const uint8_t *newline = memchr(text.at, '\n', text.len);
        size_t len = newline ? (size_t)(newline - text.at) : text.len;
        struct slice line = slice_of(text.at, len);
        text = slice_from(text, len + 1);
        const uint8_t *tab = len > 0 && line.at[0] != '#' ? memchr(line.at, '\t', len) : NULL;
        if (!tab)
            continue;
        found = slice_from(line, (size_t)(tab + 1 - line.at));
        const uint8_t *end = found.len ? memchr(found.at, '\t', found.len) : NULL;
        if (end)
            found.len = (size_t)(end - found.at);
    }
    return pg_lsn_parse(found, out, why);
}

// Without a history that can be read the switch stays at 0, before everything: whoever
// was on another timeline then copies anew.
static enum err read_timeline(struct source *s, const struct source_sink *sink, struct fault *why)
{
    if (s->facts.timeline <= 1)
        return OK;
    char sql[64];
    snprintf(sql, sizeof sql, "TIMELINE_HISTORY %u", s->facts.timeline);
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->replication, sink, sql, NULL, 0, &r, why);
    if (e == ERR_UNAVAILABLE)
        return e;
    if (!e && PQntuples(r) == 1 && PQnfields(r) >= 2)
        (void)parse_history(pg_text(r, 0, 1), &s->facts.timeline_switch_lsn, NULL);
    return OK;
}

static enum err read_slot(struct source *s, const struct source_sink *sink, struct fault *why)
{
    static const char sql[] = "SELECT coalesce(confirmed_flush_lsn::text, '0/0'),"
                              " coalesce(wal_status = 'lost', false),"
                              " plugin = 'pgoutput' AND database = current_database()"
                              " FROM pg_replication_slots WHERE slot_name = $1";
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, &s->spec->slot, 1, &r, why);
    if (e)
        return e;
    if (PQntuples(r) == 0)
        return OK;
    if (!pg_true(r, 0, 2))
        return fail(why, ERR_INVALID,
                    "replication slot \"%s\" belongs to something else: drop it, or rename the "
                    "source",
                    s->spec->slot);
    s->facts.has_slot = true;
    s->facts.slot_is_lost = pg_true(r, 0, 1);
    return pg_lsn_parse(pg_text(r, 0, 0), &s->facts.confirmed_flush_lsn, why);
}

static enum err check_free_slot(struct source *s, const struct source_sink *sink, struct fault *why)
{
    static const char sql[] = "SELECT count(*) < current_setting('max_replication_slots')::int,"
                              " current_setting('max_replication_slots')"
                              " FROM pg_replication_slots";
    if (s->facts.has_slot)
        return OK;
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, NULL, 0, &r, why);
    if (!e && !pg_true(r, 0, 0))
        e = fail(why, ERR_INVALID,
                 "all %.*s replication slots are taken: raise max_replication_slots and restart "
                 "the server",
                 SLICE_PRINT(pg_text(r, 0, 1)));
    return e;
}

enum err pg_preflight_server(struct source *s, const struct source_sink *sink, struct fault *why)
{
    enum err e = check_version(s, why);
    if (!e)
        e = check_settings(s, sink, why);
    if (!e)
        e = read_system(s, sink, why);
    if (!e)
        e = read_timeline(s, sink, why);
    if (!e)
        e = read_slot(s, sink, why);
    if (!e)
        e = check_free_slot(s, sink, why);
    return e;
}
