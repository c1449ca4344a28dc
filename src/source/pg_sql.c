// SPDX-License-Identifier: Apache-2.0
#include "source/pg_sql.h"

#define PUBLISH "publish = 'insert, update, delete, truncate', publish_via_partition_root = true"

void pg_sql_identifier(struct buf *out, const char *name)
{
    buf_u8(out, '"');
    for (; *name; name++) {
        if (*name == '"')
            buf_u8(out, '"');
        buf_u8(out, (uint8_t)*name);
    }
    buf_u8(out, '"');
}

void pg_sql_table(struct buf *out, const struct source_table *t)
{
    pg_sql_identifier(out, t->schema_name);
    buf_text(out, ".");
    pg_sql_identifier(out, t->name);
}

static void columns(struct buf *out, const struct source_table *t)
{
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (i > 0)
            buf_text(out, ", ");
        pg_sql_identifier(out, t->columns[i]);
    }
}

void pg_sql_copy(struct buf *out, const struct source_table *t, bool only)
{
    buf_text(out, "COPY (SELECT ");
    columns(out, t);
    buf_text(out, only ? " FROM ONLY " : " FROM ");
    pg_sql_table(out, t);
    buf_text(out, ") TO STDOUT (FORMAT binary)");
}

static void tables(struct buf *out, const struct source_spec *spec)
{
    for (uint32_t i = 0; i < spec->table_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        pg_sql_table(out, &spec->tables[i]);
        buf_text(out, " (");
        columns(out, &spec->tables[i]);
        buf_text(out, ")");
    }
}

void pg_sql_publication(struct buf *out, const struct source_spec *spec, bool exists)
{
    buf_text(out, exists ? "ALTER PUBLICATION " : "CREATE PUBLICATION ");
    pg_sql_identifier(out, spec->publication);
    buf_text(out, exists ? " SET TABLE " : " FOR TABLE ");
    tables(out, spec);
    if (exists) {
        buf_text(out, "; ALTER PUBLICATION ");
        pg_sql_identifier(out, spec->publication);
        buf_text(out, " SET (" PUBLISH ")");
    } else {
        buf_text(out, " WITH (" PUBLISH ")");
    }
}

void pg_sql_oids(struct buf *out, const uint32_t *oids, uint32_t count)
{
    buf_text(out, "{");
    for (uint32_t i = 0; i < count; i++)
        buf_print(out, "%s%u", i > 0 ? "," : "", oids[i]);
    buf_text(out, "}");
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// One to eight hexadecimal digits at the start of *text, which moves past them.
static bool half(struct slice *text, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;
    while (digits < text->len && digits < 8 && hex_digit(text->at[digits]) >= 0)
        value = value << 4 | (uint64_t)hex_digit(text->at[digits++]);
    *text = slice_of(text->at + digits, text->len - digits);
    *out = value;
    return digits > 0;
}

enum err pg_lsn_parse(struct slice text, uint64_t *out, struct fault *why)
{
    uint64_t high = 0;
    uint64_t low = 0;
    bool good = half(&text, &high) && text.len > 0 && text.at[0] == '/';
    if (good) {
        text = slice_from(text, 1);
        good = half(&text, &low) && text.len == 0;
    }
    if (!good)
        return fail(why, ERR_CORRUPT, "the server sent a log position that is none");
    *out = high << 32 | low;
    return OK;
}

void pg_lsn_print(struct buf *out, uint64_t lsn)
{
    buf_print(out, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
}
