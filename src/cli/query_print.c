// SPDX-License-Identifier: Apache-2.0
#include "cli/query_print.h"

#include "cli/cli.h"
#include "cli/home.h"
#include "cli/table.h"
#include "json/json_writer.h"

enum { NAMES_BYTES = 4 << 20 };

static void keep_names(struct query_print *p, const struct json *columns)
{
    p->own = arena_new(NAMES_BYTES);
    p->names = ARENA_ARRAY(p->own, struct slice, columns->count + 1);
    for (uint32_t i = 0; i < columns->count; i++)
        p->names[i] = arena_copy(p->own, status_text(&columns->items[i], "name"));
    p->name_count = columns->count;
}

// Texts as they are; null is nothing in CSV and "-" in a table.
static struct slice text_of(const struct json *v)
{
    if (v->type == JSON_BOOL)
        return slice_text(v->truth ? "true" : "false");
    return v->type == JSON_NULL ? slice_of(NULL, 0) : v->text;
}

// ---- CSV ----

static void add_csv(struct slice text, bool is_first, struct buf *out)
{
    bool is_quoted = false;
    for (size_t i = 0; i < text.len; i++)
        is_quoted |=
            text.at[i] == ',' || text.at[i] == '"' || text.at[i] == '\n' || text.at[i] == '\r';
    if (!is_first)
        buf_text(out, ",");
    if (is_quoted)
        buf_text(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buf_text(out, "\"");
        buf_slice_add(out, slice_of(text.at + i, 1));
    }
    if (is_quoted)
        buf_text(out, "\"");
}

static void print_csv(const struct query_print *p, const struct json *rows, struct buf *out)
{
    for (uint32_t c = 0; c < p->name_count && p->rows == 0; c++)
        add_csv(p->names[c], c == 0, out);
    if (p->rows == 0)
        buf_text(out, "\r\n");
    for (uint32_t r = 0; r < rows->count; r++) {
        for (uint32_t c = 0; c < rows->items[r].count; c++)
            add_csv(text_of(&rows->items[r].items[c]), c == 0, out);
        buf_text(out, "\r\n");
    }
}

// ---- JSON ----

static void print_json(const struct query_print *p, const struct json *rows, struct buf *out)
{
    for (uint32_t r = 0; r < rows->count; r++) {
        struct json_writer w = json_writer_to(out);
        json_object(&w);
        for (uint32_t c = 0; c < p->name_count && c < rows->items[r].count; c++) {
            json_key_slice(&w, p->names[c]);
            json_value(&w, &rows->items[r].items[c]);
        }
        json_end(&w);
        buf_text(out, "\n");
    }
}

// ---- a table ----

static void print_table(struct query_print *p, const struct json *rows, struct arena *page,
                        struct buf *out)
{
    bool is_bound = p->form == QUERY_TABLE;
    uint32_t count = is_bound && rows->count > p->rows_max ? p->rows_max : rows->count;
    struct table_print t = table_print_of(page, p->name_count ? p->name_count : 1);
    for (uint32_t c = 0; c < p->name_count; c++)
        table_cell(&t, "%.*s", SLICE_PRINT(p->names[c]));
    for (uint32_t r = 0; r < count; r++) {
        for (uint32_t c = 0; c < p->name_count && c < rows->items[r].count; c++) {
            struct slice text = text_of(&rows->items[r].items[c]);
            bool is_null = rows->items[r].items[c].type == JSON_NULL;
            table_cell(&t, "%.*s", is_null ? 1 : (int)text.len,
                       is_null ? "-" : (const char *)text.at);
        }
    }
    table_render(&t, out);
    p->is_full = is_bound;
    p->has_more = is_bound && rows->count > count;
    p->rows += count;
}

void query_print_page(struct query_print *p, const struct json *reply, struct arena *page,
                      struct buf *out)
{
    const struct json *rows = status_list(reply, "rows");
    if (!p->own)
        keep_names(p, status_list(reply, "columns"));
    if (p->form == QUERY_CSV)
        print_csv(p, rows, out);
    else if (p->form == QUERY_JSON)
        print_json(p, rows, out);
    else
        print_table(p, rows, page, out);
    if (p->form == QUERY_CSV || p->form == QUERY_JSON)
        p->rows += rows->count;
    p->has_more |= p->form == QUERY_TABLE && status_text(reply, "cursor").len > 0;
}

void query_print_end(struct query_print *p, FILE *out)
{
    fflush(out);
    bool is_table = p->form == QUERY_TABLE && p->own;
    if (is_table && p->has_more)
        cli_say("the first %llu rows; all of them come with --csv, --json or through a pipe",
                (unsigned long long)p->rows);
    else if (is_table)
        cli_say("%llu row%s", (unsigned long long)p->rows, p->rows == 1 ? "" : "s");
    arena_free(p->own);
    *p = (struct query_print){0};
}
