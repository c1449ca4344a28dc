// SPDX-License-Identifier: Apache-2.0
#include "sql/format.h"
#include "unit/sql/sql.h"

#define NAME(text_)                                 \
    {                                               \
        (const uint8_t *)(text_), sizeof(text_) - 1 \
    }

static const struct sql_heading headings[] = {{.name = NAME("kind"), .type = SQL_KEYWORD},
                                              {.name = NAME("n"), .type = SQL_LONG}};

static void expect_text(const char *value, enum sql_format format, const char *want)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    struct buf text AUTO(buf_donep) = buf_init(1 << 16);
    struct sql_rows rows = rows_of(request, 2);
    struct cell *row = NULL;
    EXPECT_EQ(rows_add(&rows, &row, NULL), OK);
    row[0] = value ? cell_text(slice_text(value)) : cell_null();
    row[1] = cell_i64(SQL_LONG, 5);
    const struct sql_output o = {.headings = headings, .rows = &rows, .delimiter = ','};
    format_text(&o, format, &text);
    const char *got = arena_string(request, buf_slice(&text));
    if (strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s\nis not\n%s", got, want);
}

TEST(format_text_csv_quotes_what_needs_it)
{
    expect_text("a", SQL_CSV, "kind,n\r\na,5\r\n");
    expect_text("a,\"b\"\n", SQL_CSV, "kind,n\r\n\"a,\"\"b\"\"\n\",5\r\n");
    expect_text(NULL, SQL_CSV, "kind,n\r\n,5\r\n");
}

TEST(format_text_tsv_keeps_a_row_on_a_line)
{
    expect_text("a\tb\nc", SQL_TSV, "kind\tn\na\\tb\\nc\t5\n");
}

TEST(format_text_table_is_aligned_by_characters)
{
    expect_text("\xc3\xbc", SQL_TXT,
                "     kind      |       n       \n---------------+---------------\n"
                "\xc3\xbc              |5              \n");
    expect_text(NULL, SQL_TXT,
                "     kind      |       n       \n---------------+---------------\n"
                "null           |5              \n");
}
