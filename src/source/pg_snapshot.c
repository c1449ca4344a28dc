// SPDX-License-Identifier: Apache-2.0
#include "source/pg_snapshot.h"

#include "base/world.h"
#include "source/pg_copy.h"
#include "source/pg_slot.h"

#include <poll.h>

enum {
    PROGRESS_US = 500 * 1000,
    GIVE_WAY_US = 2 * 1000 * 1000, // how often we look whether somebody waits for us
    SILENCE_MS_MAX = 10 * 60 * 1000,
};

struct copying {
    struct source *s;
    const struct source_sink *sink;
    PGconn *conn;
    struct pg_rows rows;
    uint32_t table;
    uint64_t done; // rows of it
    int64_t told_us, looked_us;
    const char *oids; // of the tables, as an array
};

static const char *table_oids(struct source *s)
{
    uint32_t *oids = ARENA_ARRAY(s->session, uint32_t, s->spec->table_count + 1);
    for (uint32_t i = 0; i < s->spec->table_count; i++)
        oids[i] = s->shapes[i].oid;
    buf_reset(&s->sql);
    pg_sql_oids(&s->sql, oids, s->spec->table_count);
    return arena_string(s->session, buf_slice(&s->sql));
}

// The files of all tables and partitions, as one text that changes when one is rewritten.
static enum err read_files(struct copying *c, PGresult **out, struct fault *why)
{
    static const char sql[] =
        "SELECT coalesce(md5(string_agg(concat_ws(':', c.oid, c.relfilenode), ','"
        " ORDER BY c.oid)), '') FROM pg_class c WHERE c.oid = ANY ($1::oid[]) OR c.oid IN"
        " (SELECT p.relid FROM unnest($1::oid[]) r, LATERAL pg_partition_tree(r) p)";
    return pg_query(c->s->watch, c->sink, sql, &c->oids, 1, out, why);
}

// Our lock is the weakest there is, but an ALTER TABLE that waits for it makes every later
// query of the owner's wait behind itself.  So whoever waits for us goes first, and we
// begin again.
static enum err give_way(struct copying *c, struct fault *why)
{
    static const char sql[] =
        "SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " WHERE NOT l.granted AND l.waitstart < clock_timestamp() - interval '1 second'"
        " AND $1::int = ANY (pg_blocking_pids(l.pid)) LIMIT 1";
    int64_t now = monotonic_us();
    if (now - c->looked_us < GIVE_WAY_US)
        return OK;
    c->looked_us = now;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", PQbackendPID(c->conn));
    const char *const parameters[] = {pid};
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(c->s->watch, c->sink, sql, parameters, 1, &r, why);
    if (!e && PQntuples(r) > 0)
        e = fail(why, ERR_UNAVAILABLE,
                 "somebody waits to alter table %.*s; giving way and beginning again",
                 SLICE_PRINT(pg_text(r, 0, 0)));
    return e;
}

static enum err run(struct copying *c, ExecStatusType want, struct fault *why)
{
    const char *sql;
    enum err e = source_sql(c->s, &sql, why);
    return e ? e : pg_command(c->conn, c->sink, sql, want, why);
}

// Opens the transaction that sees the snapshot and takes its lock on every table; the
// lock of an ordinary read is held until the transaction ends.
static enum err begin(struct copying *c, const char *snapshot, struct fault *why)
{
    struct buf *sql = &c->s->sql;
    buf_reset(sql);
    buf_print(sql,
              "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '%s'; "
              "SET LOCAL lock_timeout = '10s'",
              snapshot);
    enum err e = run(c, PGRES_COMMAND_OK, why);
    for (uint32_t i = 0; !e && i < c->s->spec->table_count; i++) {
        const struct source_table *t = &c->s->spec->tables[i];
        buf_reset(sql);
        buf_text(sql, "SELECT 1 FROM ");
        pg_sql_table(sql, t);
        buf_text(sql, " LIMIT 0");
        e = run(c, PGRES_TUPLES_OK, why);
        if (e)
            e = fail_in(why, e, "table %s", t->name);
    }
    return e;
}

static void tell(struct copying *c)
{
    c->told_us = monotonic_us();
    struct source_progress p = {.table = c->table,
                                .rows_done = c->done,
                                .rows_estimated = c->s->shapes[c->table].rows_estimated,
                                .server_end_lsn = c->s->facts.server_end_lsn};
    c->sink->progress(c->sink->context, &p);
}

static enum err take_row(void *context, const struct pg_field *fields, struct fault *why)
{
    struct copying *c = context;
    c->done++;
    return pg_rows_copied(&c->rows, c->table, &c->s->shapes[c->table], fields, why);
}

static enum err wait_for_room(struct copying *c, struct fault *why)
{
    while (c->sink->is_full(c->sink->context)) {
        short ready;
        enum err e = pg_wait(c->sink, -1, 0, 1000, &ready, why);
        if (!e)
            e = give_way(c, why);
        if (e)
            return e;
    }
    return OK;
}

static enum err wait_for_data(struct copying *c, struct fault *why)
{
    short ready;
    int64_t until_us = monotonic_us() + SILENCE_MS_MAX * INT64_C(1000);
    do {
        enum err e = pg_wait(c->sink, PQsocket(c->conn), POLLIN, 1000, &ready, why);
        if (!e)
            e = give_way(c, why);
        if (e)
            return e;
        if (monotonic_us() > until_us)
            return fail(why, ERR_UNAVAILABLE, "the server sent nothing for %d minutes",
                        SILENCE_MS_MAX / 60000);
    } while (!ready);
    return PQconsumeInput(c->conn) ? OK : pg_fail(why, c->conn, NULL);
}

// Feeds pieces until the server says the copy is over.
static enum err receive(struct copying *c, struct pg_copy *copy, struct fault *why)
{
    for (;;) {
        char *bytes = NULL;
        int len = PQgetCopyData(c->conn, &bytes, 1);
        if (len == -1)
            return OK;
        if (len == -2)
            return pg_fail(why, c->conn, NULL);
        enum err e = OK;
        if (len == 0) {
            e = wait_for_data(c, why);
        } else {
            e = pg_copy_feed(copy, slice_of(bytes, (size_t)len), why);
            PQfreemem(bytes);
            if (!e && c->sink->is_full(c->sink->context))
                e = wait_for_room(c, why);
        }
        if (e)
            return e;
        if (c->done % 1024 != 0)
            continue;
        if (monotonic_us() - c->told_us > PROGRESS_US)
            tell(c);
        e = give_way(c, why);
        if (e)
            return e;
    }
}

// What the server says after the last piece: that it was the last, or why it stopped.
static enum err conclude(struct copying *c, struct fault *why)
{
    enum err e = OK;
    PGresult *r;
    while ((r = PQgetResult(c->conn))) {
        if (!e && PQresultStatus(r) != PGRES_COMMAND_OK)
            e = pg_fail(why, c->conn, r);
        PQclear(r);
    }
    return e;
}

static enum err copy_table(struct copying *c, uint32_t table, struct fault *why)
{
    const struct pg_shape *shape = &c->s->shapes[table];
    c->table = table;
    c->done = 0;
    tell(c);
    buf_reset(&c->s->sql);
    pg_sql_copy(&c->s->sql, shape->table, !shape->is_partitioned);
    struct pg_copy *copy = pg_copy_new(shape->table->column_count, take_row, c);
    enum err e = run(c, PGRES_COPY_OUT, why);
    if (!e)
        e = receive(c, copy, why);
    if (!e)
        e = conclude(c, why);
    if (!e)
        e = pg_copy_end(copy, why);
    pg_copy_free(copy);
    if (e)
        return fail_in(why, e, "copying table %s", shape->table->name);
    tell(c);
    return OK;
}

static enum err copy_all(struct copying *c, const char *snapshot, const PGresult *files_before,
                         struct fault *why)
{
    PGresult *files AUTO(pg_clearp) = NULL;
    enum err e = begin(c, snapshot, why);
    if (!e)
        e = read_files(c, &files, why);
    if (!e && !slice_equal(pg_text(files, 0, 0), pg_text(files_before, 0, 0)))
        e = fail(why, ERR_UNAVAILABLE,
                 "a table was truncated or rewritten just as its copy began; beginning again");
    for (uint32_t i = 0; !e && i < c->s->spec->table_count; i++)
        e = copy_table(c, i, why);
    return e;
}

enum err pg_snapshot_copy(struct source *s, const struct source_sink *sink, uint64_t *out_lsn,
                          struct fault *why)
{
    struct copying c = {.s = s, .sink = sink, .oids = table_oids(s)};
    PGresult *files AUTO(pg_clearp) = NULL;
    struct pg_slot_made slot;
    enum err e = read_files(&c, &files, why);
    if (!e)
        e = pg_slot_make(s, sink, &slot, why);
    if (!e)
        e = pg_connect(s->spec, false, sink, &c.conn, why);
    if (e)
        return e;
    pg_rows_init(&c.rows, sink);
    e = copy_all(&c, slot.snapshot, files, why);
    pg_rows_done(&c.rows);
    PQfinish(c.conn); // ends its transaction: it has only read
    if (!e)
        *out_lsn = slot.consistent_lsn;
    return e;
}
