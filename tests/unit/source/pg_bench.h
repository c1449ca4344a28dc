// SPDX-License-Identifier: Apache-2.0
#pragma once

// A healthy database with one table, and a sink that writes rows down, for the tests of
// what talks to PostgreSQL.  A test puts its own replies before the healthy ones.

#include "base/buf.h"
#include "fake_postgres.h"
#include "source/source_private.h"
#include "test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SUM "0123456789abcdef0123456789abcdef"

static const struct fake_reply bench_healthy[] = {
    {.when = "current_setting('wal_level')", .rows = "logical|UTF8|f"},
    {.when = "IDENTIFY_SYSTEM", .rows = "7000000000000000001|1|0/5000|db"},
    {.when = "FROM pg_replication_slots WHERE", .rows = ""},
    {.when = "'max_replication_slots'", .rows = "t|10"},
    {.when = "row_security_active", .rows = "16385|r|p|d|100|f|f"},
    {.when = "format_type(", .rows = "id|23|23|b|int4|integer|f|t\nname|25|25|b|text|text|f|t"},
    {.when = "pg_index", .rows = "id"},
    {.when = "puballtables OR EXISTS", .rows = "f|t|t"},
    {.when = "md5(concat(", .rows = SUM},
    {.when = "FROM pg_publication p JOIN", .rows = "501|public|t|f|f|id\n501|public|t|f|f|name"},
    {.when = "pg_blocking_pids", .rows = ""},
    {.when = "relfilenode", .rows = "files"},
    {.when = "CREATE_REPLICATION_SLOT", .rows = "tamis_x|0/4000|00000003-00000001-1|pgoutput"},
    {.when = "DROP_REPLICATION_SLOT"},
    {.when = "BEGIN ISOLATION LEVEL"},
    {.when = "SELECT 1 FROM", .rows = ""},
};

static const char *const bench_columns[] = {"id", "name"};
static const uint32_t bench_keys[] = {0};
static const struct source_table bench_table = {"public", "t", 2, bench_columns, 1, bench_keys};

struct bench {
    struct fake_postgres *pg;
    struct fake_reply replies[32];
    char conninfo[128];
    struct source_spec spec;
    struct source_sink sink;
    struct buf rows; // what the sink was given, in words
    atomic_bool is_stopping;
    uint64_t durable;
    int idles_left; // the sink stops after so many
    struct source source;
    struct fault why;
};

static inline void bench_value(struct buf *out, const struct raw *v)
{
    if (v->type == RAW_I64)
        buf_print(out, " %d", (int)v->i64);
    else if (v->type == RAW_TEXT)
        buf_print(out, " %.*s", SLICE_PRINT(v->text));
    else
        buf_text(out, v->type == RAW_NULL ? " null" : " same");
}

static inline enum err bench_row(void *context, uint32_t table, enum row_op op,
                                 const struct raw *values, const struct raw *old_key,
                                 struct fault *why)
{
    static const char *const words[] = {"put", "delete", "move", "truncate"};
    struct bench *b = context;
    (void)table, (void)old_key, (void)why;
    buf_text(&b->rows, words[op]);
    for (int i = 0; values && i < 2; i++)
        bench_value(&b->rows, &values[i]);
    buf_text(&b->rows, ";");
    return OK;
}

static inline enum err bench_commit(void *context, uint64_t end_lsn, int64_t commit_time_ms,
                                    struct fault *why)
{
    struct bench *b = context;
    (void)commit_time_ms, (void)why;
    buf_print(&b->rows, "commit %X;", (unsigned)end_lsn);
    b->durable = end_lsn;
    return OK;
}

static inline enum err bench_idle(void *context, struct fault *why)
{
    struct bench *b = context;
    (void)why;
    if (b->idles_left > 0 && --b->idles_left == 0)
        b->is_stopping = true;
    return OK;
}

static inline bool bench_is_full(void *context)
{
    (void)context;
    return false;
}

static inline uint64_t bench_durable(void *context)
{
    return ((struct bench *)context)->durable;
}

static inline bool bench_is_stopping(void *context)
{
    return ((struct bench *)context)->is_stopping;
}

static inline void bench_progress(void *context, const struct source_progress *p)
{
    (void)context, (void)p;
}

// `own`: replies that come before the healthy ones, up to one without `when`.
static inline void bench_start(struct bench *b, const struct fake_reply *own)
{
    *b = (struct bench){.rows = buf_init(1 << 16)};
    size_t count = 0;
    for (; own && own->when; own++)
        b->replies[count++] = *own;
    memcpy(b->replies + count, bench_healthy, sizeof bench_healthy);
    count += sizeof bench_healthy / sizeof bench_healthy[0];
    b->pg = fake_postgres_start(b->replies, count);
    snprintf(b->conninfo, sizeof b->conninfo, "host=%s port=5432 dbname=db",
             fake_postgres_directory(b->pg));
    b->spec = (struct source_spec){.name = "x",
                                   .conninfo = b->conninfo,
                                   .replication = {"repl", "a password"},
                                   .copy = {"copy", NULL},
                                   .publication = "tamis_x",
                                   .slot = "tamis_x",
                                   .table_count = 1,
                                   .tables = &bench_table};
    b->sink = (struct source_sink){.context = b,
                                   .row = bench_row,
                                   .commit = bench_commit,
                                   .idle = bench_idle,
                                   .is_full = bench_is_full,
                                   .durable = bench_durable,
                                   .is_stopping = bench_is_stopping,
                                   .progress = bench_progress,
                                   .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}

// A source with its connections and shapes, without any check having run.
static inline struct source *bench_connect(struct bench *b)
{
    static uint32_t type_oids[] = {23, 25};

    static enum pg_kind kinds[] = {PG_KIND_INT4, PG_KIND_TEXT};
    struct source *s = &b->source;
    *s = (struct source){.spec = &b->spec,
                         .session = arena_new(1 << 20),
                         .sql = buf_init(PG_SQL_BYTES_MAX),
                         .watched = SUM};
    s->shapes = ARENA_NEW(s->session, struct pg_shape);
    *s->shapes = (struct pg_shape){
        .table = &bench_table, .oid = 16385, .type_oids = type_oids, .kinds = kinds};
    EXPECT_EQ(pg_connect(&b->spec, true, &b->sink, &s->replication, &b->why), OK);
    EXPECT_EQ(pg_connect(&b->spec, false, &b->sink, &s->watch, &b->why), OK);
    return s;
}

static inline void bench_stop(struct bench *b)
{
    PQfinish(b->source.replication);
    PQfinish(b->source.watch);
    arena_free(b->source.session);
    buf_done(&b->source.sql);
    fake_postgres_stop(b->pg);
    close(b->sink.wake_fd);
    buf_done(&b->rows);
}

static inline void expect_words(const struct bench *b, const char *words)
{
    if (!strstr(b->why.words, words))
        test_fail(__FILE__, __LINE__, "\"%s\" is not in: %s", words, b->why.words);
}

// Runs one step with one reply of its own.
static inline enum err bench_once(const char *when, const char *rows,
                                  enum err (*step)(struct source *, const struct source_sink *,
                                                   struct fault *),
                                  struct fault *out_why)
{
    const struct fake_reply own[] = {{.when = when, .rows = rows}, {0}};
    struct bench b;
    bench_start(&b, own);
    enum err e = step(bench_connect(&b), &b.sink, &b.why);
    *out_why = b.why;
    bench_stop(&b);
    return e;
}

#define EXPECT_REFUSED(step, code, when, rows, said)                                 \
    do {                                                                             \
        struct fault why_ = {0};                                                     \
        EXPECT_EQ(bench_once(when, rows, step, &why_), code);                        \
        if (!strstr(why_.words, said))                                               \
            test_fail(__FILE__, __LINE__, "\"%s\" is not in: %s", said, why_.words); \
    } while (0)
