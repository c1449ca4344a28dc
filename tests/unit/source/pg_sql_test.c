// SPDX-License-Identifier: Apache-2.0
#include "source/pg_sql.h"
#include "test.h"

static const char *const columns[] = {"id", "a\"b"};
static const uint32_t keys[] = {0};
static const struct source_table tables[] = {
    {"public", "devices", 2, columns, 1, keys},
    {"My Schema", "t\"; DROP TABLE x; --", 1, columns, 1, keys},
};
static const struct source_spec spec = {
    .publication = "tamis_fleet", .slot = "tamis_fleet", .table_count = 2, .tables = tables};

TEST(pg_sql_quotes_every_name)
{
    struct buf b = buf_init(1000);
    pg_sql_table(&b, &tables[1]);
    EXPECT(slice_is(buf_slice(&b), "\"My Schema\".\"t\"\"; DROP TABLE x; --\""));
    buf_done(&b);
}

TEST(pg_sql_copies_named_columns_and_no_others)
{
    struct buf b = buf_init(1000);
    pg_sql_copy(&b, &tables[0], true);
    EXPECT(slice_is(buf_slice(&b), "COPY (SELECT \"id\", \"a\"\"b\" FROM ONLY "
                                   "\"public\".\"devices\") TO STDOUT (FORMAT binary)"));
    buf_reset(&b);
    pg_sql_copy(&b, &tables[0], false);
    EXPECT(slice_is(buf_slice(&b), "COPY (SELECT \"id\", \"a\"\"b\" FROM "
                                   "\"public\".\"devices\") TO STDOUT (FORMAT binary)"));
    buf_done(&b);
}

TEST(pg_sql_publication_lists_columns)
{
    struct buf b = buf_init(1000);
    pg_sql_publication(&b, &spec, false);
    EXPECT(
        slice_starts(buf_slice(&b), slice_text("CREATE PUBLICATION \"tamis_fleet\" FOR TABLE "
                                               "\"public\".\"devices\" (\"id\", \"a\"\"b\"), ")));
    buf_u8(&b, 0);
    EXPECT(strstr((const char *)b.at, "publish_via_partition_root = true") != NULL);
    buf_reset(&b);
    pg_sql_publication(&b, &spec, true);
    buf_u8(&b, 0);
    EXPECT(strstr((const char *)b.at, " SET TABLE \"public\".\"devices\" (\"id\"") != NULL);
    EXPECT(strstr((const char *)b.at, "; ALTER PUBLICATION \"tamis_fleet\" SET (") != NULL);
    buf_done(&b);
}

TEST(pg_sql_oids_are_an_array)
{
    const uint32_t oids[] = {1, 4294967295u};
    struct buf b = buf_init(100);
    pg_sql_oids(&b, oids, 2);
    EXPECT(slice_is(buf_slice(&b), "{1,4294967295}"));
    buf_done(&b);
}

TEST(pg_lsn_round_trips)
{
    static const uint64_t lsns[] = {0, 0x16b3748, 0x1600000000, UINT64_MAX};
    for (size_t i = 0; i < sizeof lsns / sizeof lsns[0]; i++) {
        struct buf b = buf_init(100);
        uint64_t got;
        pg_lsn_print(&b, lsns[i]);
        EXPECT_EQ(pg_lsn_parse(buf_slice(&b), &got, NULL), OK);
        EXPECT_EQ(got, lsns[i]);
        buf_done(&b);
    }
    static const char *const wrong[] = {"", "/", "1/", "/1", "1", "1/2/3", "g/1", "123456789/0"};
    uint64_t out;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EXPECT_EQ(pg_lsn_parse(slice_text(wrong[i]), &out, NULL), ERR_CORRUPT);
}
