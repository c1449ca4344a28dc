// SPDX-License-Identifier: Apache-2.0
#pragma once

// A PostgreSQL that says what a test tells it to: protocol 3.0 over a unix socket in a
// directory of its own, enough for libpq's log-in, plain and parametrised queries, COPY
// out and streaming replication.  No SQL is understood: the first reply whose `when` is
// found in the text answers it.
//
//     struct fake_postgres *pg = fake_postgres_start(replies, count);
//     ... connect with "host=%s" fake_postgres_directory(pg) ...
//     fake_postgres_stop(pg);

#include "base/slice.h"

struct fake_reply {
    const char *when;    // part of the SQL
    const char *rows;    // "a|b\nc|\\N": rows by lines, columns by bars, \N is NULL; "" is a
                         // result of one column without rows; NULL is no result but "done"
    const char *error;   // "42501 permission denied": instead
    struct slice copy;   // COPY data, sent in two pieces cut in the middle
    struct slice stream; // replication: frames one after another, each behind its u32 length
};

struct fake_postgres;

struct fake_postgres *fake_postgres_start(const struct fake_reply *replies, size_t count);
void fake_postgres_stop(struct fake_postgres *pg);
const char *fake_postgres_directory(const struct fake_postgres *pg);
// How many statements held this text.
int fake_postgres_seen(struct fake_postgres *pg, const char *text);
// The flush position of the last status a client sent.
uint64_t fake_postgres_confirmed(struct fake_postgres *pg);
