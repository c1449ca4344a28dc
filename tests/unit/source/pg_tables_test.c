// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_preflight.h"

TEST(pg_tables_learn_shapes)
{
    struct bench b;
    bench_start(&b, NULL);
    struct source *s = bench_connect(&b);
    EXPECT_EQ(pg_preflight_tables(s, &b.sink, &b.why), OK);
    EXPECT_EQ(s->shapes[0].oid, 16385);
    EXPECT_EQ(s->shapes[0].kinds[0], PG_KIND_INT4);
    EXPECT_EQ(s->shapes[0].kinds[1], PG_KIND_TEXT);
    EXPECT(s->shapes[0].rows_estimated == 100);
    EXPECT(!s->shapes[0].is_partitioned);
    bench_stop(&b);
}

#define REFUSES(code, when, rows, said) EXPECT_REFUSED(pg_preflight_tables, code, when, rows, said)

TEST(pg_tables_refuse_what_would_break_or_lie)
{
    static const char table[] = "row_security_active";
    REFUSES(ERR_INVALID, table, "", "no table public.t");
    REFUSES(ERR_INVALID, table, "1|v|p|d|0|f|f", "is not a table");
    REFUSES(ERR_INVALID, table, "1|r|u|d|0|f|f", "unlogged");
    REFUSES(ERR_INVALID, table, "1|r|p|f|0|f|f", "REPLICA IDENTITY FULL");
    REFUSES(ERR_INVALID, table, "1|r|p|n|0|f|f", "REPLICA IDENTITY NOTHING");
    REFUSES(ERR_INVALID, table, "1|r|p|d|0|t|f", "inheritance");
    REFUSES(ERR_INVALID, table, "1|r|p|d|0|f|t", "row-level security");
    REFUSES(ERR_INVALID, "pg_index", "", "no primary key");
    REFUSES(ERR_INVALID, "pg_index", "name", "is not the table's primary key");
    REFUSES(ERR_INVALID, "pg_index", "id\nname", "is not the table's primary key");
}

TEST(pg_tables_name_the_column_and_its_type)
{
    static const char columns[] = "format_type(";
    REFUSES(ERR_INVALID, columns, "id|23|23|b|int4|integer|f|t", "table t has no column name");
    REFUSES(ERR_INVALID, columns, "id|23|23|b|int4|integer|f|t\nname|3802|3802|b|jsonb|jsonb|f|t",
            "table t, column name: type jsonb is not taken");
    REFUSES(ERR_INVALID, columns, "id|23|23|b|int4|integer|f|t\nname|25|25|b|text|text|t|t",
            "is generated");
    REFUSES(ERR_DENIED, columns, "id|23|23|b|int4|integer|f|t\nname|25|25|b|text|text|f|f",
            "GRANT SELECT (name) ON public.t");
}

TEST(pg_tables_look_at_partitions_too)
{
    const struct fake_reply own[] = {{.when = "row_security_active", .rows = "16385|p|p|d|7|f|f"},
                                     {.when = "LIMIT 1", .rows = "t_2024"},
                                     {0}};
    struct bench b;
    bench_start(&b, own);
    EXPECT_EQ(pg_preflight_tables(bench_connect(&b), &b.sink, &b.why), ERR_INVALID);
    expect_words(&b, "partition t_2024");
    bench_stop(&b);
}
