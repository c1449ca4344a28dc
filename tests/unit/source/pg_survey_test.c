// SPDX-License-Identifier: Apache-2.0
#include "pg_bench.h"
#include "source/pg_survey.h"

static const struct fake_reply survey_replies[] = {
    {.when = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
    {.when = "relispartition", .rows = "16385|public|t|1000000\n16386|s|empty|-1"},
    {.when = "conkey",
     .rows = "id|bigint|20|b|int8|f|t|t|\\N\nu_id|uuid|2950|b|uuid|f|t|f|users\n"
             "doc|jsonb|3802|b|jsonb|f|t|f|\\N\nhid|text|25|b|text|f|f|f|\\N\n"
             "gen|kind|77|e|kind|t|t|f|\\N"},
    {.when = "TABLESAMPLE", .rows = "1|aa|x\n2|\\N|y"},
    {.when = "LIMIT 10000", .rows = ""},
    {0}};

static void judge_value(void *context, struct survey_column *c, const struct slice *text)
{
    if (text)
        buf_print(context, "%s=%.*s ", c->name, SLICE_PRINT(*text));
    else
        buf_print(context, "%s=- ", c->name);
}

static void judge_end(void *context)
{
    buf_text(context, "| ");
}

TEST(survey_reads_the_catalog_and_hands_over_each_column)
{
    struct bench b;
    struct survey s;
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct buf seen AUTO(buf_donep) = buf_init(1 << 16);
    const struct survey_judge judge = {&seen, judge_value, judge_end};
    bench_start(&b, survey_replies);
    EXPECT_EQ(pg_survey(&b.spec, &b.sink, &judge, arena, &s, &b.why), OK);
    EXPECT_EQ(s.table_count, 2);
    const struct survey_table *t = &s.tables[0];
    EXPECT_EQ(t->column_count, 5);
    EXPECT_EQ(t->key_count, 1);
    EXPECT(t->columns[0].is_key && t->columns[0].kind == SURVEY_LONG);
    EXPECT(strcmp(t->columns[1].refers_to, "users") == 0 && t->columns[1].kind == SURVEY_UUID);
    EXPECT_EQ(t->columns[2].kind, SURVEY_NOT_TAKEN);
    EXPECT(!t->columns[3].is_readable && !t->columns[3].refers_to);
    EXPECT(t->columns[4].is_generated && t->columns[4].kind == SURVEY_ENUM);
    EXPECT(strcmp(s.tables[1].schema_name, "s") == 0);
    buf_u8(&seen, 0);
    EXPECT(strcmp((char *)seen.at, "id=1 id=2 | u_id=aa u_id=- | gen=x gen=y | | | | ") == 0);
    EXPECT_EQ(fake_postgres_seen(b.pg, "\"doc\""), 0);
    EXPECT_EQ(fake_postgres_seen(b.pg, "\"hid\""), 0);
    bench_stop(&b);
}

TEST(survey_that_the_server_refuses_names_the_table)
{
    struct fake_reply refused[6];
    struct bench b;
    struct survey s;
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    const struct survey_judge judge = {NULL, judge_value, judge_end};
    memcpy(refused, survey_replies, sizeof survey_replies);
    refused[3] = (struct fake_reply){.when = "TABLESAMPLE", .error = "42501 permission denied"};
    bench_start(&b, refused);
    EXPECT_EQ(pg_survey(&b.spec, &b.sink, &judge, arena, &s, &b.why), ERR_DENIED);
    expect_words(&b, "table t: permission denied");
    bench_stop(&b);
}
