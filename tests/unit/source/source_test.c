// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/source.h"

TEST(source_opens_on_a_healthy_database)
{
    struct bench b;
    bench_start(&b, NULL);
    struct source *s = NULL;
    EXPECT_EQ(source_open(&b.spec, &b.sink, &s, &b.why), OK);
    EXPECT_EQ(source_facts(s)->timeline, 1);
    EXPECT_EQ(source_facts(s)->server_end_lsn, 0x5000);
    EXPECT(!source_facts(s)->has_slot);
    source_close(s);
    source_close(NULL);
    bench_stop(&b);
}

TEST(source_refuses_names_that_would_need_quoting)
{
    struct bench b;
    bench_start(&b, NULL);
    struct source *s = NULL;
    b.spec.slot = "a'b";
    EXPECT_EQ(source_open(&b.spec, &b.sink, &s, &b.why), ERR_INVALID);
    expect_words(&b, "slot \"a'b\"");
    b.spec.slot = "tamis_x";
    b.spec.publication = "";
    EXPECT_EQ(source_open(&b.spec, &b.sink, &s, &b.why), ERR_INVALID);
    bench_stop(&b);
}

TEST(source_statement_over_the_limit_is_an_error)
{
    struct source s = {.sql = buf_init(4)};
    const char *sql;
    buf_text(&s.sql, "abc");
    EXPECT_EQ(source_sql(&s, &sql, NULL), OK);
    EXPECT(strcmp(sql, "abc") == 0);
    buf_text(&s.sql, "defgh");
    EXPECT_EQ(source_sql(&s, &sql, NULL), ERR_LIMIT);
    buf_done(&s.sql);
}
