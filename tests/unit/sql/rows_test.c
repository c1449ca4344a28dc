// SPDX-License-Identifier: Apache-2.0
#include "sql/rows.h"
#include "unit/sql/sql.h"

TEST(rows_keep_what_was_put_in_them)
{
    struct arena *request AUTO(arena_freep) = arena_new(64 << 20);
    struct sql_rows r = rows_of(request, 3);
    for (int i = 0; i < 100; i++) {
        struct cell *row = NULL;
        EXPECT_EQ(rows_add(&r, &row, NULL), OK);
        EXPECT_EQ(row[2].type, SQL_NULL);
        row[1] = cell_i64(SQL_LONG, i);
    }
    EXPECT_EQ(r.count, 100);
    EXPECT_EQ(rows_at(&r, 42)[1].i64, 42);
}

TEST(rows_end_at_their_limit_with_its_name)
{
    struct arena *request AUTO(arena_freep) = arena_new(256 << 20);
    struct sql_rows r = rows_of(request, 1023);
    struct cell *row = NULL;
    struct fault why = {0};
    enum err e = OK;
    while (!e)
        e = rows_add(&r, &row, &why);
    EXPECT_EQ(e, ERR_LIMIT);
    EXPECT_EQ(r.count, SQL_CELLS_MAX / 1024);
    EXPECT(strstr(why.words, "more than 2097152 values") != NULL);
}
