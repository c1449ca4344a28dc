// SPDX-License-Identifier: Apache-2.0

// Open transactions are not streamed (streaming 'off'): the server holds a transaction
// until its commit, spilling a large one to its own disk, and sends only what counts.
// Asking for open ones would begin a large transaction seconds earlier, but its rows
// would have to wait on our side, untreated in memory or treated in a file that an abort
// of a subtransaction must be cut out of.  S, E, c and A are decoded, and refused.
#include "source/pg_stream.h"

#include "base/world.h"
#include "source/pg_frame.h"
#include "source/pg_publication.h"
#include "source/pg_relation.h"

#include <poll.h>

enum {
    STATUS_US = 5 * 1000 * 1000,    // a word from us at least so often: far below
                                    // wal_sender_timeout, 60 s unless set
    CONFIRM_US = 50 * 1000,         // and at most so often when the durable position moves
    MOVE_ON_US = 5 * 1000 * 1000,   // an idle position moves on so often
    WATCH_US = 10 * 1000 * 1000,    // the catalog is looked at so often
    BURST_MESSAGES = 1024,          // taken before looking at anything else
    MESSAGE_ARENA_BYTES = 64 << 20, // the fields of one message, some tens of kB
};

struct stream {
    struct source *s;
    const struct source_sink *sink;
    struct pg_relations *relations;
    struct pg_rows rows;
    struct arena *message;

    bool in_transaction;
    bool is_old;       // the open transaction ended before `from`: counted already
    uint64_t from;     // where we began
    uint64_t handed;   // end of the last transaction given to the sink
    uint64_t idle_lsn; // the server has decoded up to here, and had nothing more for us

    uint64_t confirmed; // last durable position told
    bool owes_reply;
    int64_t told_us, moved_us, watched_us;
    bool is_watching; // a question is under way on the watch connection
    const char *oids; // of the tables, for it
    struct buf status;
};

static enum err on_begin(struct stream *st, const struct pg_begin *begin, struct fault *why)
{
    if (st->in_transaction)
        return fail(why, ERR_CORRUPT, "a transaction begins inside another");
    st->in_transaction = true;
    // final_lsn is where the commit record starts.  `from` is the end of some record, and
    // records do not overlap, so a commit that starts before it also ended by then.
    st->is_old = begin->final_lsn < st->from;
    return OK;
}

static enum err on_commit(struct stream *st, const struct pg_commit *commit, struct fault *why)
{
    if (!st->in_transaction)
        return fail(why, ERR_CORRUPT, "a commit outside of a transaction");
    st->in_transaction = false;
    if (st->is_old)
        return OK;
    if (commit->end_lsn < st->handed)
        return fail(why, ERR_CORRUPT, "a transaction ends before the one sent earlier");
    st->handed = commit->end_lsn;
    st->moved_us = monotonic_us();
    int64_t us = pg_time_us(commit->commit_time_us);
    return st->sink->commit(st->sink->context, commit->end_lsn, us / 1000, why);
}

static enum err on_change(struct stream *st, const struct pg_message *m, struct fault *why)
{
    if (!st->in_transaction)
        return fail(why, ERR_CORRUPT, "a change outside of a transaction");
    const struct pg_relation_map *map;
    enum err e = pg_relations_get(st->relations, m->change.relation, &map, why);
    if (e || st->is_old || map->table < 0)
        return e;
    uint32_t table = (uint32_t)map->table;
    return pg_rows_changed(&st->rows, table, &st->s->shapes[table], map->places, m, why);
}

static enum err on_truncate(struct stream *st, const struct pg_truncate *t, struct fault *why)
{
    if (!st->in_transaction)
        return fail(why, ERR_CORRUPT, "a truncate outside of a transaction");
    for (uint32_t i = 0; i < t->count; i++) {
        const struct pg_relation_map *map;
        enum err e = pg_relations_get(st->relations, t->relations[i], &map, why);
        if (e)
            return e;
        if (st->is_old || map->table < 0)
            continue;
        e = st->sink->row(st->sink->context, (uint32_t)map->table, ROW_TRUNCATE, NULL, NULL, why);
        if (e)
            return e;
    }
    return OK;
}

static enum err on_message(struct stream *st, struct slice bytes, struct fault *why)
{
    struct pg_message m;
    arena_reset(st->message);
    enum err e = pg_message_decode(bytes, false, st->message, &m, why);
    if (e)
        return e;
    switch (m.type) {
    case 'B':
        return on_begin(st, &m.begin, why);
    case 'C':
        return on_commit(st, &m.commit, why);
    case 'R':
        return pg_relations_learn(st->relations, &m.relation, why);
    case 'I':
    case 'U':
    case 'D':
        return on_change(st, &m, why);
    case 'T':
        return on_truncate(st, &m.truncate, why);
    case 'Y': // names of types: we know ours by oid
    case 'O': // where a transaction first came from
    case 'M': // anybody's words; not asked for
        return OK;
    default:
        return fail(why, ERR_CORRUPT, "a message of kind %d, which was not asked for", m.type);
    }
}

static void tell(struct stream *st, uint64_t server_end_lsn)
{
    st->s->facts.server_end_lsn = server_end_lsn;
    struct source_progress p = {.server_end_lsn = server_end_lsn, .rows_estimated = -1};
    st->sink->progress(st->sink->context, &p);
}

static enum err on_frame(struct stream *st, struct slice bytes, struct fault *why)
{
    struct pg_frame frame;
    enum err e = pg_frame_decode(bytes, &frame, why);
    if (e)
        return e;
    if (frame.end_lsn > st->s->facts.server_end_lsn)
        tell(st, frame.end_lsn);
    if (frame.kind == 'w')
        return on_message(st, frame.payload, why);
    st->owes_reply = st->owes_reply || frame.wants_reply;
    if (!st->in_transaction && frame.end_lsn > st->idle_lsn)
        st->idle_lsn = frame.end_lsn;
    return OK;
}

// ERR_CONFLICT is kept for a table that is not as it was; of the server's own it is a slot
// that an earlier session of ours still holds.
static enum err not_conflict(enum err e, struct fault *why)
{
    return e == ERR_CONFLICT ? fail_in(why, ERR_UNAVAILABLE, "the server, for now") : e;
}

// Takes what has come, up to a burst.  *out_more: there may be more at once.
static enum err take_burst(struct stream *st, bool *out_more, struct fault *why)
{
    PGconn *conn = st->s->replication;
    *out_more = false;
    for (int i = 0; i < BURST_MESSAGES; i++) {
        if (st->sink->is_full(st->sink->context))
            return OK;
        char *bytes = NULL;
        int len = PQgetCopyData(conn, &bytes, 1);
        if (len == 0)
            return OK;
        if (len < 0) { // the server ended the stream; its last words say why
            PGresult *r AUTO(pg_clearp) = PQgetResult(conn);
            return not_conflict(pg_fail(why, conn, r), why);
        }
        enum err e = on_frame(st, slice_of(bytes, (size_t)len), why);
        PQfreemem(bytes);
        if (e)
            return e;
    }
    *out_more = true;
    return OK;
}

// The server has gone through more log and found nothing of ours in it.
static enum err move_on(struct stream *st, struct fault *why)
{
    int64_t now = monotonic_us();
    if (st->in_transaction || st->idle_lsn <= st->handed || now - st->moved_us < MOVE_ON_US)
        return OK;
    st->moved_us = now;
    st->handed = st->idle_lsn;
    return st->sink->commit(st->sink->context, st->handed, 0, why);
}

static enum err send_status(struct stream *st, struct fault *why)
{
    PGconn *conn = st->s->replication;
    int64_t now = monotonic_us();
    uint64_t durable = st->sink->durable(st->sink->context);
    if (durable < st->confirmed)
        durable = st->confirmed;
    int64_t since = now - st->told_us;
    bool is_due =
        st->owes_reply || since > STATUS_US || (durable > st->confirmed && since > CONFIRM_US);
    if (is_due) {
        buf_reset(&st->status);
        pg_status_encode(durable, now_ms() * 1000 - PG_EPOCH_US, &st->status);
        int sent = PQputCopyData(conn, (const char *)st->status.at, (int)st->status.len);
        if (sent < 0)
            return pg_fail(why, conn, NULL);
        if (sent > 0) {
            st->confirmed = durable;
            st->owes_reply = false;
            st->told_us = now;
        }
    }
    return PQflush(conn) < 0 ? pg_fail(why, conn, NULL) : OK;
}

// Asks the catalog, without waiting, whether anything we rely on has changed; the stream
// alone does not tell when a table leaves the publication.
static enum err watch(struct stream *st, struct fault *why)
{
    PGconn *conn = st->s->watch;
    int64_t now = monotonic_us();
    if (!st->is_watching) {
        if (now - st->watched_us < WATCH_US)
            return OK;
        const char *const parameters[] = {st->s->spec->publication, st->oids};
        st->watched_us = now;
        st->is_watching = true;
        if (!PQsendQueryParams(conn, pg_watch_sql, 2, NULL, parameters, NULL, NULL, 0))
            return pg_fail(why, conn, NULL);
    }
    if (PQflush(conn) < 0 || !PQconsumeInput(conn))
        return pg_fail(why, conn, NULL);
    if (PQisBusy(conn))
        return now - st->watched_us < PG_QUERY_MS_MAX * INT64_C(1000)
                   ? OK
                   : fail(why, ERR_UNAVAILABLE, "the catalog gave no answer");
    PGresult *r AUTO(pg_clearp) = PQgetResult(conn);
    if (!r) {
        st->is_watching = false;
        return OK;
    }
    return pg_watch_compare(st->s, r, why);
}

// Until the socket has more, or the sink has news; not so long that a word is late.
static enum err wait(struct stream *st, struct fault *why)
{
    PGconn *conn = st->s->replication;
    bool is_full = st->sink->is_full(st->sink->context);
    short events = (short)((is_full ? 0 : POLLIN) | (PQflush(conn) > 0 ? POLLOUT : 0));
    short ready;
    int wait_ms = st->is_watching ? 20 : 500;
    enum err e = pg_wait(st->sink, PQsocket(conn), events, wait_ms, &ready, why);
    if (e)
        return e;
    // 0 here is the only sign of a connection that broke; PQgetCopyData() does not say.
    if ((ready & POLLIN) && !PQconsumeInput(conn))
        return pg_fail(why, conn, NULL);
    if ((ready & (POLLHUP | POLLERR)) && !(ready & POLLIN))
        return fail(why, ERR_UNAVAILABLE, "the connection to the database broke");
    return OK;
}

static enum err follow(struct stream *st, struct fault *why)
{
    for (;;) {
        bool has_more = false;
        enum err e = take_burst(st, &has_more, why);
        if (!e)
            e = move_on(st, why);
        if (!e && !has_more)
            e = st->sink->idle(st->sink->context, why);
        if (!e)
            e = send_status(st, why);
        if (!e)
            e = watch(st, why);
        if (!e && !has_more)
            e = wait(st, why);
        if (e)
            return e;
        if (st->sink->is_stopping(st->sink->context))
            return fail(why, ERR_UNAVAILABLE, "stopping");
    }
}

static enum err start(struct stream *st, struct fault *why)
{
    struct source *s = st->s;
    buf_reset(&s->sql);
    buf_text(&s->sql, "START_REPLICATION SLOT ");
    pg_sql_identifier(&s->sql, s->spec->slot);
    buf_text(&s->sql, " LOGICAL ");
    pg_lsn_print(&s->sql, st->from);
    // The list of names is itself a quoted literal: quotes inside are doubled twice over.
    // Ours are checked to have no quote when a source is opened.
    buf_print(&s->sql,
              " (proto_version '2', publication_names '\"%s\"', binary 'true', "
              "streaming 'off', messages 'false')",
              s->spec->publication);
    const char *sql;
    enum err e = source_sql(s, &sql, why);
    if (!e)
        e = pg_command(s->replication, st->sink, sql, PGRES_COPY_BOTH, why);
    return not_conflict(e, why);
}

static const char *table_oids(struct source *s)
{
    uint32_t *oids = ARENA_ARRAY(s->session, uint32_t, s->spec->table_count + 1);
    for (uint32_t i = 0; i < s->spec->table_count; i++)
        oids[i] = s->shapes[i].oid;
    buf_reset(&s->sql);
    pg_sql_oids(&s->sql, oids, s->spec->table_count);
    return arena_string(s->session, buf_slice(&s->sql));
}

enum err pg_stream_run(struct source *s, uint64_t from, const struct source_sink *sink,
                       struct fault *why)
{
    int64_t now = monotonic_us();
    struct stream st = {
        .s = s,
        .sink = sink,
        .relations = pg_relations_new(s->shapes, s->spec->table_count),
        .message = arena_new(MESSAGE_ARENA_BYTES),
        .from = from,
        .handed = from,
        .told_us = now,
        .moved_us = now,
        .watched_us = now,
        .oids = table_oids(s),
        .status = buf_init(64),
    };
    pg_rows_init(&st.rows, sink);
    enum err e = start(&st, why);
    if (!e)
        e = follow(&st, why);
    pg_rows_done(&st.rows);
    buf_done(&st.status);
    arena_free(st.message);
    pg_relations_free(st.relations);
    return e;
}
