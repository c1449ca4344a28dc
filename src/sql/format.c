// SPDX-License-Identifier: Apache-2.0
#include "sql/format.h"

#include <strings.h>

bool sql_format_parse(struct slice name, bool is_opensearch, enum sql_format *out)
{
    static const struct {
        const char *name;
        enum sql_format format;
    } formats[] = {{"json", SQL_JSON}, {"jdbc", SQL_JDBC}, {"csv", SQL_CSV},
                   {"tsv", SQL_TSV},   {"txt", SQL_TXT},   {"raw", SQL_TSV}};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (name.len == strlen(formats[i].name) &&
            strncasecmp((const char *)name.at, formats[i].name, name.len) == 0) {
            *out = formats[i].format;
            if (is_opensearch && *out == SQL_JSON)
                *out = SQL_JDBC;
            return is_opensearch || (*out != SQL_JDBC && !slice_is(name, "raw"));
        }
    }
    return false;
}

static struct slice shown_name(const struct sql_heading *h)
{
    return h->alias.len ? h->alias : h->name;
}

static void write_cell(const struct cell *c, const struct sql_output *o, struct json_writer *w)
{
    switch (c->type) {
    case SQL_NULL:
    case SQL_TYPE_COUNT:
        json_null(w);
        return;
    case SQL_BOOLEAN:
        json_truth(w, c->i64 != 0);
        return;
    case SQL_INTEGER:
    case SQL_LONG:
        json_int(w, c->i64);
        return;
    case SQL_DOUBLE:
        json_double(w, c->f64);
        return;
    case SQL_KEYWORD:
        json_string(w, c->text);
        return;
    case SQL_DATE:
    case SQL_DATETIME:
    case SQL_MONTHS:
    case SQL_SPAN:
        break;
    }
    struct buf text AUTO(buf_donep) = buf_init(128);
    cell_print(c, o->zone, &text);
    json_string(w, buf_slice(&text));
}

static void write_rows(const struct sql_output *o, const char *key, struct json_writer *w)
{
    json_key(w, key);
    json_array(w);
    for (uint32_t r = 0; r < o->rows->count; r++) {
        json_array(w);
        for (uint32_t c = 0; c < o->rows->width; c++)
            write_cell(&rows_at(o->rows, r)[c], o, w);
        json_end(w);
    }
    json_end(w);
}

static void write_columns(const struct sql_output *o, struct json_writer *w)
{
    json_key(w, "values");
    json_array(w);
    for (uint32_t c = 0; c < o->rows->width; c++) {
        json_array(w);
        for (uint32_t r = 0; r < o->rows->count; r++)
            write_cell(&rows_at(o->rows, r)[c], o, w);
        json_end(w);
    }
    json_end(w);
}

static void write_cursor(const struct sql_output *o, struct json_writer *w)
{
    if (o->cursor.len == 0)
        return;
    json_key(w, "cursor");
    json_string(w, o->cursor);
}

void format_json(const struct sql_output *o, struct json_writer *w)
{
    if (!o->is_continued) {
        json_key(w, "columns");
        json_array(w);
        for (uint32_t i = 0; i < o->rows->width; i++) {
            json_object(w);
            json_key(w, "name");
            json_string(w, shown_name(&o->headings[i]));
            json_key(w, "type");
            json_text(w, sql_type_name(o->headings[i].type));
            json_end(w);
        }
        json_end(w);
    }
    if (o->is_columnar)
        write_columns(o, w);
    else
        write_rows(o, "rows", w);
    write_cursor(o, w);
}

// OpenSearch calls moments so, and prints them with a blank.
static const char *opensearch_type(enum sql_type t)
{
    return t == SQL_DATETIME ? "timestamp" : t == SQL_NULL ? "undefined" : sql_type_name(t);
}

static void write_stamp(const struct cell *c, const struct sql_output *o, struct json_writer *w)
{
    struct buf text AUTO(buf_donep) = buf_init(128);
    struct slice format = c->i64 % MS_PER_SECOND ? slice_text("yyyy-MM-dd HH:mm:ss.SSS")
                                                 : slice_text("yyyy-MM-dd HH:mm:ss");
    if (date_print(&text, c->i64, format, o->zone ? o->zone : date_zone_utc(), NULL))
        json_null(w);
    else
        json_string(w, buf_slice(&text));
}

static void write_datarows(const struct sql_output *o, struct json_writer *w)
{
    json_key(w, "datarows");
    json_array(w);
    for (uint32_t r = 0; r < o->rows->count; r++) {
        json_array(w);
        for (uint32_t c = 0; c < o->rows->width; c++) {
            const struct cell *cell = &rows_at(o->rows, r)[c];
            if (cell->type == SQL_DATETIME)
                write_stamp(cell, o, w);
            else
                write_cell(cell, o, w);
        }
        json_end(w);
    }
    json_end(w);
}

void format_jdbc(const struct sql_output *o, struct json_writer *w)
{
    if (!o->is_continued) {
        json_key(w, "schema");
        json_array(w);
        for (uint32_t i = 0; i < o->rows->width; i++) {
            json_object(w);
            json_key(w, "name");
            json_string(w, o->headings[i].name);
            if (o->headings[i].alias.len) {
                json_key(w, "alias");
                json_string(w, o->headings[i].alias);
            }
            json_key(w, "type");
            json_text(w, opensearch_type(o->headings[i].type));
            json_end(w);
        }
        json_end(w);
    }
    write_datarows(o, w);
    json_key(w, "total");
    json_uint(w, o->rows->count);
    json_key(w, "size");
    json_uint(w, o->rows->count);
    json_key(w, "status");
    json_int(w, 200);
    write_cursor(o, w);
}
