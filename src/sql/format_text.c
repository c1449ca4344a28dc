// SPDX-License-Identifier: Apache-2.0
#include "sql/format.h"

enum { CELL_BYTES_MAX = 1 << 20, WIDTH_MIN = 15 };

static struct slice heading_name(const struct sql_heading *h)
{
    return h->alias.len ? h->alias : h->name;
}

// ---- CSV and TSV ----

static bool needs_quotes(struct slice text, uint8_t delimiter)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c == delimiter || c == '"' || c == '\n' || c == '\r')
            return true;
    }
    return false;
}

static void add_csv(struct slice text, uint8_t delimiter, struct buf *out)
{
    if (!needs_quotes(text, delimiter)) {
        buf_slice_add(out, text);
        return;
    }
    buf_u8(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buf_u8(out, '"');
        buf_u8(out, text.at[i]);
    }
    buf_u8(out, '"');
}

static void add_tsv(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (c == '\t')
            buf_text(out, "\\t");
        else if (c == '\n')
            buf_text(out, "\\n");
        else
            buf_u8(out, c);
    }
}

static void add_field(const struct sql_output *o, enum sql_format format, uint32_t column,
                      struct slice text, struct buf *out)
{
    uint8_t between = format == SQL_CSV ? o->delimiter : '\t';
    if (column)
        buf_u8(out, between);
    if (format == SQL_CSV)
        add_csv(text, between, out);
    else
        add_tsv(text, out);
    if (column + 1 == o->rows->width)
        buf_text(out, format == SQL_CSV ? "\r\n" : "\n");
}

static void add_separated(const struct sql_output *o, enum sql_format format, struct buf *out)
{
    struct buf text AUTO(buf_donep) = buf_init(CELL_BYTES_MAX);
    for (uint32_t c = 0; c < o->rows->width && !o->is_continued; c++)
        add_field(o, format, c, heading_name(&o->headings[c]), out);
    for (uint32_t r = 0; r < o->rows->count; r++) {
        for (uint32_t c = 0; c < o->rows->width; c++) {
            buf_reset(&text);
            cell_print(&rows_at(o->rows, r)[c], o->zone, &text);
            add_field(o, format, c, buf_slice(&text), out);
        }
    }
}

// ---- a table ----

static size_t characters(struct slice s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += (s.at[i] & 0xc0) != 0x80;
    return count;
}

static void add_blanks(size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_u8(out, ' ');
}

static size_t width_of(const struct sql_output *o, uint32_t column, struct buf *text)
{
    size_t width = characters(heading_name(&o->headings[column]));
    width = width > WIDTH_MIN ? width : WIDTH_MIN;
    for (uint32_t r = 0; r < o->rows->count; r++) {
        buf_reset(text);
        cell_print(&rows_at(o->rows, r)[column], o->zone, text);
        size_t chars = characters(buf_slice(text));
        width = chars > width ? chars : width;
    }
    return width;
}

static void add_heading(const struct sql_output *o, const size_t *widths, struct buf *out)
{
    for (uint32_t c = 0; c < o->rows->width; c++) {
        struct slice name = heading_name(&o->headings[c]);
        size_t blanks = widths[c] - characters(name);
        if (c)
            buf_u8(out, '|');
        add_blanks(blanks / 2, out);
        buf_slice_add(out, name);
        add_blanks(blanks - blanks / 2, out);
    }
    buf_u8(out, '\n');
    for (uint32_t c = 0; c < o->rows->width; c++) {
        if (c)
            buf_u8(out, '+');
        for (size_t i = 0; i < widths[c]; i++)
            buf_u8(out, '-');
    }
    buf_u8(out, '\n');
}

static void add_table(const struct sql_output *o, struct buf *out)
{
    struct buf text AUTO(buf_donep) = buf_init(CELL_BYTES_MAX);
    size_t *widths = ARENA_ARRAY(o->rows->request, size_t, o->rows->width + 1);
    for (uint32_t c = 0; c < o->rows->width; c++)
        widths[c] = width_of(o, c, &text);
    if (!o->is_continued)
        add_heading(o, widths, out);
    for (uint32_t r = 0; r < o->rows->count; r++) {
        for (uint32_t c = 0; c < o->rows->width; c++) {
            const struct cell *cell = &rows_at(o->rows, r)[c];
            buf_reset(&text);
            if (cell->type == SQL_NULL)
                buf_text(&text, "null");
            cell_print(cell, o->zone, &text);
            if (c)
                buf_u8(out, '|');
            buf_slice_add(out, buf_slice(&text));
            add_blanks(widths[c] - characters(buf_slice(&text)), out);
        }
        buf_u8(out, '\n');
    }
}

void format_text(const struct sql_output *o, enum sql_format format, struct buf *out)
{
    if (format == SQL_TXT)
        add_table(o, out);
    else
        add_separated(o, format, out);
}
