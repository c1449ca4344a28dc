// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_connect.h"

TEST(pg_connect_says_who_could_not_and_never_a_password)
{
    struct bench b;
    bench_start(&b, NULL);
    PGconn *conn;
    b.spec.conninfo = "host=/nowhere/at/all";
    EXPECT_EQ(pg_connect(&b.spec, true, &b.sink, &conn, &b.why), ERR_UNAVAILABLE);
    expect_words(&b, "connecting as repl: ");
    EXPECT(strstr(b.why.words, "a password") == NULL);
    b.spec.conninfo = "nonsense";
    EXPECT_EQ(pg_connect(&b.spec, true, &b.sink, &conn, &b.why), ERR_UNAVAILABLE);
    bench_stop(&b);
}

TEST(pg_connect_hears_a_stop)
{
    struct bench b;
    bench_start(&b, NULL);
    PGconn *conn;
    b.is_stopping = true;
    EXPECT_EQ(pg_connect(&b.spec, true, &b.sink, &conn, &b.why), ERR_UNAVAILABLE);
    EXPECT(strcmp(b.why.words, "stopping") == 0);
    bench_stop(&b);
}

static enum err asked(struct bench *b, const char *sql)
{
    PGresult *r = NULL;
    enum err e = pg_query(b->source.watch, &b->sink, sql, NULL, 0, &r, &b->why);
    PQclear(r);
    return e;
}

TEST(pg_query_tells_apart_what_the_server_refuses)
{
    const struct fake_reply own[] = {{.when = "denied", .error = "42501 permission denied"},
                                     {.when = "in use", .error = "55006 object is in use"},
                                     {.when = "not there", .error = "42704 does not exist"},
                                     {.when = "shutdown", .error = "57P01 going down"},
                                     {.when = "rows", .rows = "a|\\N\nt|7"},
                                     {0}};
    struct bench b;
    bench_start(&b, own);
    struct source *s = bench_connect(&b);
    EXPECT_EQ(asked(&b, "denied"), ERR_DENIED);
    EXPECT_EQ(asked(&b, "in use"), ERR_CONFLICT);
    EXPECT_EQ(asked(&b, "not there"), ERR_NOT_FOUND);
    EXPECT_EQ(asked(&b, "shutdown"), ERR_UNAVAILABLE);
    EXPECT_EQ(asked(&b, "nonsense"), ERR_INVALID);
    PGresult *r;
    EXPECT_EQ(pg_query(s->watch, &b.sink, "rows", NULL, 0, &r, &b.why), OK);
    EXPECT(slice_is(pg_text(r, 0, 0), "a"));
    EXPECT_EQ(pg_oid(r, 0, 1), 0);
    EXPECT(pg_true(r, 1, 0));
    EXPECT_EQ(pg_oid(r, 1, 1), 7);
    PQclear(r);
    EXPECT_EQ(pg_command(s->watch, &b.sink, "rows", PGRES_COMMAND_OK, &b.why), ERR_CORRUPT);
    bench_stop(&b);
}
