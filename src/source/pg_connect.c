// SPDX-License-Identifier: Apache-2.0
#include "source/pg_connect.h"

#include "base/arena.h"
#include "base/num.h"
#include "base/world.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONNECT_MS_MAX = 20 * 1000, WAIT_MS_MAX = 60 * 1000 };

// A role's own settings would change the text form of values, or end a long copy.
static const char options[] =
    "-c statement_timeout=0 -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0 -c "
    "datestyle=ISO "
    "-c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex -c TimeZone=UTC "
    "-c standard_conforming_strings=on -c search_path=pg_catalog";

enum err pg_wait(const struct source_sink *sink, int fd, short events, int timeout_ms,
                 short *out_ready, struct fault *why)
{
    struct pollfd polls[2] = {{.fd = fd, .events = events},
                              {.fd = sink->wake_fd, .events = POLLIN}};
    *out_ready = 0;
    if (!sink->is_stopping(sink->context)) {
        int ready = poll(polls, 2, timeout_ms);
        if (ready < 0 && errno != EINTR)
            return fail(why, ERR_IO, "waiting for the database: %s", strerror(errno));
        if (ready > 0)
            *out_ready = polls[0].revents;
        uint64_t count;
        if (ready > 0 && (polls[1].revents & POLLIN) &&
            read(sink->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
            return fail(why, ERR_IO, "reading an event: %s", strerror(errno));
    }
    if (sink->is_stopping(sink->context))
        return fail(why, ERR_UNAVAILABLE, "stopping");
    return OK;
}

// The server's or libpq's words in one line.
static void one_line(const char *text, char *out, size_t size)
{
    size_t len = 0;
    for (; text && *text && len + 1 < size; text++)
        out[len++] = (char)(*text == '\n' || *text == '\t' ? ' ' : *text);
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = 0;
}

static enum err code_of(const char *state)
{
    if (!state || strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0)
        return ERR_UNAVAILABLE;
    if (strcmp(state, "42501") == 0 || strncmp(state, "28", 2) == 0)
        return ERR_DENIED;
    if (strcmp(state, "55006") == 0 || strncmp(state, "55P", 3) == 0)
        return ERR_CONFLICT;
    if (strcmp(state, "42704") == 0)
        return ERR_NOT_FOUND;
    return ERR_INVALID;
}

enum err pg_fail(struct fault *why, PGconn *conn, const PGresult *result)
{
    char words[300];
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    one_line(primary ? primary : PQerrorMessage(conn), words, sizeof words);
    return fail(why, code_of(state), "%s", words[0] ? words : "the connection ended");
}

// A refused log-in has no SQLSTATE in libpq; the server answering at all is the sign.
static enum err connect_failed(const struct source_spec *spec, bool replication, PGconn *conn,
                               struct fault *why)
{
    char words[300];
    one_line(PQerrorMessage(conn), words, sizeof words);
    bool is_refused = PQserverVersion(conn) > 0 || strstr(words, "FATAL:") != NULL;
    const char *user = replication ? spec->replication.user : spec->copy.user;
    return fail(why, is_refused ? ERR_DENIED : ERR_UNAVAILABLE, "connecting as %s: %s",
                user ? user : "the default user", words);
}

static PGconn *start(const struct source_spec *spec, bool replication)
{
    const struct source_login *login = replication ? &spec->replication : &spec->copy;
    // What comes before dbname gives way to the policy's own words in it, what comes
    // after does not.
    const char *const names[] = {"sslmode",
                                 "target_session_attrs",
                                 "tcp_user_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "fallback_application_name",
                                 "dbname",
                                 "user",
                                 "password",
                                 "options",
                                 "client_encoding",
                                 "replication",
                                 NULL};
    const char *const values[] = {"verify-full",
                                  "primary",
                                  "30000",
                                  "30",
                                  "10",
                                  "tamis",
                                  spec->conninfo,
                                  login->user,
                                  login->password,
                                  options,
                                  "UTF8",
                                  replication ? "database" : NULL,
                                  NULL};
    return PQconnectStartParams(names, values, 1);
}

static enum err finish(const struct source_spec *spec, bool replication,
                       const struct source_sink *sink, PGconn *conn, struct fault *why)
{
    int64_t until_us = monotonic_us() + CONNECT_MS_MAX * INT64_C(1000);
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (!conn || PQstatus(conn) == CONNECTION_BAD)
        status = PGRES_POLLING_FAILED;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        int64_t left_ms = (until_us - monotonic_us()) / 1000;
        if (left_ms <= 0)
            return fail(why, ERR_UNAVAILABLE, "connecting: no answer in %d seconds",
                        CONNECT_MS_MAX / 1000);
        short ready;
        enum err e =
            pg_wait(sink, PQsocket(conn), status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                    (int)left_ms, &ready, why);
        if (e)
            return e;
        if (ready)
            status = PQconnectPoll(conn);
    }
    return status == PGRES_POLLING_OK ? OK : connect_failed(spec, replication, conn, why);
}

// Notices go to standard error by default; we neither print nor trust them.
static void no_notice(void *context, const PGresult *result)
{
    (void)context, (void)result;
}

enum err pg_connect(const struct source_spec *spec, bool replication,
                    const struct source_sink *sink, PGconn **out, struct fault *why)
{
    PGconn *conn = start(spec, replication);
    enum err e = finish(spec, replication, sink, conn, why);
    if (!e && PQsetnonblocking(conn, 1) != 0)
        e = fail(why, ERR_UNAVAILABLE, "connecting: the socket would block");
    if (e) {
        PQfinish(conn);
        return e;
    }
    PQsetNoticeReceiver(conn, no_notice, NULL);
    *out = conn;
    return OK;
}

static enum err flush(PGconn *conn, const struct source_sink *sink, int64_t until_us,
                      struct fault *why)
{
    for (;;) {
        int left = PQflush(conn);
        if (left == 0)
            return OK;
        if (left < 0)
            return pg_fail(why, conn, NULL);
        if (monotonic_us() > until_us)
            return fail(why, ERR_UNAVAILABLE, "the server takes no question");
        short ready;
        enum err e = pg_wait(sink, PQsocket(conn), POLLOUT | POLLIN, 1000, &ready, why);
        if (e)
            return e;
        if ((ready & POLLIN) && !PQconsumeInput(conn))
            return pg_fail(why, conn, NULL);
    }
}

// The next result, NULL when there is none more.
static enum err next_result(PGconn *conn, const struct source_sink *sink, int64_t until_us,
                            PGresult **out, struct fault *why)
{
    while (PQisBusy(conn)) {
        int64_t left_ms = (until_us - monotonic_us()) / 1000;
        if (left_ms <= 0)
            return fail(why, ERR_UNAVAILABLE, "the server gave no answer in time");
        short ready;
        int wait_ms = left_ms > WAIT_MS_MAX ? WAIT_MS_MAX : (int)left_ms;
        enum err e = pg_wait(sink, PQsocket(conn), POLLIN, wait_ms, &ready, why);
        if (e)
            return e;
        if (ready && !PQconsumeInput(conn))
            return pg_fail(why, conn, NULL);
    }
    *out = PQgetResult(conn);
    return OK;
}

static bool is_copy(ExecStatusType status)
{
    return status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || status == PGRES_COPY_IN;
}

// All results until the last, or until a copy begins; of several the first that failed, or
// the last.
static enum err last_result(PGconn *conn, const struct source_sink *sink, int64_t until_us,
                            PGresult **out, struct fault *why)
{
    PGresult *kept = NULL;
    for (;;) {
        PGresult *next = NULL;
        enum err e = next_result(conn, sink, until_us, &next, why);
        if (e) {
            PQclear(kept);
            return e;
        }
        if (!next)
            break;
        if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(next);
            continue;
        }
        PQclear(kept);
        kept = next;
        if (is_copy(PQresultStatus(next)))
            break;
    }
    *out = kept;
    return kept ? OK : fail(why, ERR_UNAVAILABLE, "the server gave no answer");
}

enum err pg_ask(PGconn *conn, const struct source_sink *sink, const struct pg_question *q,
                PGresult **out, struct fault *why)
{
    int64_t until_us = monotonic_us() + q->timeout_ms * INT64_C(1000);
    int sent = q->parameter_count > 0 ? PQsendQueryParams(conn, q->sql, q->parameter_count, NULL,
                                                          q->parameters, NULL, NULL, 0)
                                      : PQsendQuery(conn, q->sql);
    if (!sent)
        return pg_fail(why, conn, NULL);
    PGresult *result = NULL;
    enum err e = flush(conn, sink, until_us, why);
    if (!e)
        e = last_result(conn, sink, until_us, &result, why);
    if (e)
        return e;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        e = pg_fail(why, conn, result);
        PQclear(result);
        return e;
    }
    *out = result;
    return OK;
}

// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
enum err pg_query(PGconn *conn, const struct source_sink *sink, const char *sql,
                  const char *const *parameters, int parameter_count, PGresult **out,
                  struct fault *why)
{
    struct pg_question q = {.sql = sql,
                            .parameters = parameters,
                            .parameter_count = parameter_count,
                            .timeout_ms = PG_QUERY_MS_MAX};
    return pg_ask(conn, sink, &q, out, why);
}

enum err pg_command(PGconn *conn, const struct source_sink *sink, const char *sql,
                    ExecStatusType want, struct fault *why)
{
    PGresult *result AUTO(pg_clearp) = NULL;
    enum err e = pg_query(conn, sink, sql, NULL, 0, &result, why);
    if (!e && PQresultStatus(result) != want)
        e = fail(why, ERR_CORRUPT, "the server answered with %s, not %s",
                 PQresStatus(PQresultStatus(result)), PQresStatus(want));
    return e;
}

struct slice pg_text(const PGresult *r, int row, int column)
{
    return slice_of(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
}

bool pg_true(const PGresult *r, int row, int column)
{
    return slice_is(pg_text(r, row, column), "t");
}

uint32_t pg_oid(const PGresult *r, int row, int column)
{
    uint64_t value = 0;
    if (parse_u64(pg_text(r, row, column), &value) || value > UINT32_MAX)
        return 0;
    return (uint32_t)value;
}
