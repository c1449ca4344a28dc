// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_publication.h"

TEST(pg_publication_that_fits_is_left_alone)
{
    struct bench b;
    bench_start(&b, NULL);
    b.spec.may_publish = true;
    struct source *s = bench_connect(&b);
    EXPECT_EQ(pg_publication_ensure(s, &b.sink, &b.why), OK);
    EXPECT(s->facts.publication_mark != 0);
    EXPECT_EQ(fake_postgres_seen(b.pg, "ALTER PUBLICATION"), 0);
    EXPECT_EQ(fake_postgres_seen(b.pg, "CREATE PUBLICATION"), 0);
    bench_stop(&b);
}

#define REFUSES(when, rows, said) \
    EXPECT_REFUSED(pg_publication_ensure, ERR_INVALID, when, rows, said)

TEST(pg_publication_that_differs_is_told_with_the_remedy)
{
    static const char tables[] = "FROM pg_publication p JOIN";
    REFUSES("puballtables OR", "t|t|t", "for all tables");
    REFUSES("puballtables OR", "f|f|t", "every kind of change");
    REFUSES("puballtables OR", "f|t|f", "publish_via_partition_root is off");
    REFUSES(tables, "501|public|other|f|f|id", "it has table other");
    REFUSES(tables, "501|public|t|t|f|id", "row filter");
    REFUSES(tables, "501|public|t|f|t|", "no column list");
    REFUSES(tables, "501|public|t|f|f|secret", "sends column secret");
    REFUSES(tables, "501|public|t|f|f|id", "does not send every wanted column");
    REFUSES(tables, "501|public|t|f|f|id",
            "Run: ALTER PUBLICATION \"tamis_x\" SET TABLE \"public\".\"t\" (\"id\", \"name\")");
}

TEST(pg_publication_is_made_only_when_that_is_allowed)
{
    const struct fake_reply own[] = {
        {.when = "puballtables OR", .rows = ""},
        {.when = "CREATE PUBLICATION", .error = "42501 permission denied for database db"},
        {0}};
    struct bench b;
    bench_start(&b, own);
    // An empty result has one column, which the healthy one of three would not.
    EXPECT_EQ(pg_publication_ensure(bench_connect(&b), &b.sink, &b.why), ERR_INVALID);
    EXPECT_EQ(fake_postgres_seen(b.pg, "CREATE PUBLICATION"), 0);
    b.spec.may_publish = true;
    EXPECT_EQ(pg_publication_ensure(&b.source, &b.sink, &b.why), ERR_DENIED);
    EXPECT_EQ(fake_postgres_seen(b.pg, "CREATE PUBLICATION"), 1);
    expect_words(&b, "permission denied for database db");
    expect_words(&b, "Run: CREATE PUBLICATION");
    bench_stop(&b);
}

TEST(pg_watch_tells_a_change)
{
    struct bench b;
    bench_start(&b, NULL);
    struct source *s = bench_connect(&b);
    const char *const parameters[] = {"tamis_x", "{1}"};
    PGresult *r;
    EXPECT_EQ(pg_query(s->watch, &b.sink, pg_watch_sql, parameters, 2, &r, &b.why), OK);
    EXPECT_EQ(pg_watch_compare(s, r, &b.why), OK);
    s->watched[0] = 'x';
    EXPECT_EQ(pg_watch_compare(s, r, &b.why), ERR_UNAVAILABLE);
    expect_words(&b, "altered");
    PQclear(r);
    bench_stop(&b);
}
