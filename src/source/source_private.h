// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files that talk to the server share: one open source.

#include "source/pg_connect.h"
#include "source/pg_shape.h"
#include "source/pg_sql.h"

struct source {
    const struct source_spec *spec;
    struct source_facts facts;
    struct arena *session;   // shapes
    struct pg_shape *shapes; // one per table of the spec
    PGconn *replication;     // role with REPLICATION
    PGconn *watch;           // role with SELECT: the catalog
    struct buf sql;          // scratch for one statement, NUL-terminated by sql_text()
    char watched[33];        // pg_watch: the catalog's fingerprint when last found right
};

enum { PG_SQL_BYTES_MAX = 4 << 20 }; // a publication of LIMIT_TABLES with LIMIT_COLUMNS each

// The statement built in s->sql as a C string; ERR_LIMIT when it was too long.
enum err source_sql(struct source *s, const char **out, struct fault *why);
