// SPDX-License-Identifier: Apache-2.0
#pragma once

// Connections to PostgreSQL, and one question at a time over them.
//
// Everything waits in poll() together with the sink's wake descriptor, so that a stop is
// heard at once; name look-up alone is libpq's and blocks.  Words carry the server's
// primary message and never a password; the server's DETAIL, which may quote a row, is
// not taken.  One thread per connection.

#include "source/source.h"

#include <libpq-fe.h>

enum { PG_QUERY_MS_MAX = 30 * 1000 }; // an answer of the catalog; it comes at once or not at all

// `replication`: as a walsender, which also answers SQL.  ERR_DENIED: the server knows
// us and says no; ERR_UNAVAILABLE: not reached.
enum err pg_connect(const struct source_spec *spec, bool replication,
                    const struct source_sink *sink, PGconn **out, struct fault *why);

// Waits until the socket is ready for `events` (POLLIN, POLLOUT), or the sink wakes us,
// or the time is over: *out_ready says which events came, 0 for the other two.
// ERR_UNAVAILABLE once the sink is stopping.  The wake descriptor is emptied.
enum err pg_wait(const struct source_sink *sink, int fd, short events, int timeout_ms,
                 short *out_ready, struct fault *why);

// Sends one statement (with text parameters when there are any) and gives the result of
// the last.  ERR_DENIED for insufficient privilege, ERR_CONFLICT for an object in use,
// ERR_NOT_FOUND for one that is not there, ERR_UNAVAILABLE when the connection broke, else
// ERR_INVALID.
enum err pg_query(PGconn *conn, const struct source_sink *sink, const char *sql,
                  const char *const *parameters, int parameter_count, PGresult **out,
                  struct fault *why);

// With another time than PG_QUERY_MS_MAX.
struct pg_question {
    const char *sql;
    const char *const *parameters;
    int parameter_count;
    int timeout_ms;
};
enum err pg_ask(PGconn *conn, const struct source_sink *sink, const struct pg_question *q,
                PGresult **out, struct fault *why);

// Sends without asking for the answer; PGRES_COPY_OUT or _BOTH must then have come.
enum err pg_command(PGconn *conn, const struct source_sink *sink, const char *sql,
                    ExecStatusType want, struct fault *why);

// The next result's own error, or the connection's, as words.
enum err pg_fail(struct fault *why, PGconn *conn, const PGresult *result);

// Columns of a result.  The slice is good until PQclear().
struct slice pg_text(const PGresult *r, int row, int column);
bool pg_true(const PGresult *r, int row, int column);
uint32_t pg_oid(const PGresult *r, int row, int column); // 0 for NULL

static inline void pg_clearp(PGresult **r)
{
    PQclear(*r);
}
