// SPDX-License-Identifier: Apache-2.0
#include "sql/cell.h"
#include "unit/sql/sql.h"

TEST(cell_cast_gives_what_the_type_can_hold)
{
    sql_expect_value("CAST('12' AS INT)", "12");
    sql_expect_value("CAST('12.5' AS LONG)", "13");
    sql_expect_value("CAST(1.4 AS INTEGER)", "1");
    sql_expect_value("CAST('TRUE' AS BOOLEAN)", "true");
    sql_expect_value("CAST(0 AS BOOLEAN)", "false");
    sql_expect_value("CAST(1 AS DOUBLE)", "1.0");
    sql_expect_value("CAST(1.5 AS VARCHAR(10))", "1.5");
    sql_expect_value("CAST('2021-10-28 22:30:00' AS TIMESTAMP)", "2021-10-28T22:30:00.000Z");
    sql_expect_value("CAST('2021-10-28T22:30:00Z' AS DATE)", "2021-10-28");
    sql_expect_value("CAST(NULL AS DATE)", "NULL");
    sql_expect_value("'now-1d/d'::date", "2021-11-29");
}

TEST(cell_cast_refuses_what_has_no_such_form)
{
    sql_expect_refused("SELECT CAST('x' AS INT)",
                       "verification_exception: Found 1 problem\nline 1:8: cannot cast [x] to "
                       "[integer]");
    sql_expect_refused("SELECT CAST(3000000000 AS INT)",
                       "verification_exception: Found 1 problem\nline 1:8: [3000000000] out of "
                       "[integer] range");
    sql_expect_refused("SELECT CAST(TRUE AS DATE)",
                       "verification_exception: Found 1 problem\nline 1:8: cannot cast a [boolean] "
                       "to [date]");
    sql_expect_refused("SELECT CAST('no day' AS DATE)",
                       "verification_exception: Found 1 problem\nline 1:8: cannot cast [no day] to "
                       "[date]");
}

TEST(cell_order_puts_null_first_and_numbers_of_all_kinds_together)
{
    const struct cell null = cell_null();
    const struct cell one = cell_i64(SQL_INTEGER, 1);
    const struct cell more = cell_f64(1.5);
    const struct cell text = cell_text(slice_text("a"));
    EXPECT(cell_compare(&null, &one) < 0);
    EXPECT(cell_compare(&one, &null) > 0);
    EXPECT_EQ(cell_compare(&null, &null), 0);
    EXPECT(cell_compare(&one, &more) < 0);
    EXPECT(cell_compare(&text, &more) > 0);
    EXPECT_EQ(cell_compare(&text, &text), 0);
}

TEST(cell_fits_its_column)
{
    struct cell c = cell_fit(cell_i64(SQL_LONG, 2), SQL_DOUBLE);
    EXPECT_EQ(c.type, SQL_DOUBLE);
    EXPECT(c.f64 > 1.9 && c.f64 < 2.1);
    EXPECT_EQ(cell_fit(cell_i64(SQL_DATE, 2), SQL_DATETIME).type, SQL_DATETIME);
    EXPECT_EQ(cell_fit(cell_null(), SQL_DOUBLE).type, SQL_NULL);
}

TEST(cell_texts_are_counted)
{
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    uint64_t bytes = SQL_TEXTS_BYTES_MAX - 3;
    struct cell_context how = {.arena = request, .text_bytes = &bytes};
    EXPECT(slice_is(cell_keep_text(&how, slice_text("abc")), "abc"));
    EXPECT_EQ(cell_keep_text(&how, slice_text("d")).len, 0);
    EXPECT(bytes > SQL_TEXTS_BYTES_MAX);
}

TEST(cell_types_have_names)
{
    enum sql_type t;
    EXPECT(sql_type_parse(slice_text("Varchar"), &t));
    EXPECT_EQ(t, SQL_KEYWORD);
    EXPECT(!sql_type_parse(slice_text("geo"), &t));
    EXPECT(strcmp(sql_type_name(SQL_DATETIME), "datetime") == 0);
}
