// SPDX-License-Identifier: Apache-2.0
#include "api/cat_table.h"

#include "access/glob.h"
#include "api/list.h"
#include "base/num.h"

#include <math.h>
#include <stdlib.h>

enum { SHOWN_MAX = 64, SORTS_MAX = 8 };

struct cat_sort {
    uint32_t column;
    bool descending;
};

struct cat_view {
    const struct cat_table *table;
    uint32_t shown[SHOWN_MAX]; // columns, in order
    struct slice titles[SHOWN_MAX];
    uint32_t shown_count;
    struct cat_sort sorts[SORTS_MAX];
    uint32_t sort_count;
    uint32_t *rows; // in order
};

static bool is_called(const struct cat_column *c, struct slice name)
{
    struct slice aliases = slice_text(c->aliases);
    struct slice alias;
    if (glob_matches(name, slice_text(c->name)))
        return true;
    while (list_next(&aliases, &alias)) {
        if (slice_equal(alias, name))
            return true;
    }
    return false;
}

static void show(struct cat_view *v, uint32_t column, struct slice title)
{
    if (v->shown_count == SHOWN_MAX)
        return;
    v->shown[v->shown_count] = column;
    v->titles[v->shown_count++] = title;
}

// A column asked for by an alias is called so, as in Elasticsearch; a name that is none is
// stepped over.
static void choose(struct cat_view *v, const struct slice *wish)
{
    struct slice rest = wish ? *wish : slice_of(NULL, 0);
    struct slice name;
    while (list_next(&rest, &name)) {
        for (uint32_t c = 0; c < v->table->column_count; c++) {
            const struct cat_column *column = &v->table->columns[c];
            if (is_called(column, name))
                show(v, c, glob_is_pattern(name) ? slice_text(column->name) : name);
        }
    }
    for (uint32_t c = 0; !wish && c < v->table->column_count; c++) {
        if (!v->table->columns[c].is_hidden)
            show(v, c, slice_text(v->table->columns[c].name));
    }
}

static enum err read_sorts(struct cat_view *v, const struct slice *wish, struct fault *why)
{
    struct slice rest = wish ? *wish : slice_of(NULL, 0);
    struct slice name;
    while (list_next(&rest, &name) && v->sort_count < SORTS_MAX) {
        struct cat_sort sort = {.column = v->table->column_count};
        const uint8_t *colon = memrchr(name.at, ':', name.len);
        if (colon) {
            sort.descending = slice_is(slice_from(name, (size_t)(colon - name.at) + 1), "desc");
            name.len = (size_t)(colon - name.at);
        }
        for (uint32_t c = 0; c < v->table->column_count; c++) {
            if (is_called(&v->table->columns[c], name))
                sort.column = c;
        }
        if (sort.column == v->table->column_count)
            return fail(why, ERR_INVALID,
                        "unsupported_operation_exception: Unable to sort by unknown sort key "
                        "`%.*s`",
                        name.len > 64 ? 64 : (int)name.len, (const char *)name.at);
        v->sorts[v->sort_count++] = sort;
    }
    return OK;
}

static struct slice cell(const struct cat_table *t, uint32_t row, uint32_t column)
{
    return t->cells[(size_t)row * t->column_count + column];
}

static int compare_cells(const struct cat_column *c, struct slice a, struct slice b)
{
    double left;
    double right;
    if ((c->is_number || c->is_bytes) && parse_f64(a, &left) == OK && parse_f64(b, &right) == OK)
        return (left > right) - (left < right);
    return slice_compare(a, b);
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct cat_view *v = context;
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    for (uint32_t i = 0; i < v->sort_count; i++) {
        uint32_t column = v->sorts[i].column;
        int order = compare_cells(&v->table->columns[column], cell(v->table, left, column),
                                  cell(v->table, right, column));
        if (order)
            return v->sorts[i].descending ? -order : order;
    }
    return (left > right) - (left < right);
}

// --- sizes ---------------------------------------------------------------------------

static const char *const units[] = {"b", "kb", "mb", "gb", "tb"};

static enum err show_bytes(struct exchange *x, struct slice text, struct slice *out,
                           struct fault *why)
{
    double bytes = 0;
    if (parse_f64(text, &bytes) != OK)
        return OK;
    const struct slice *unit = parameter_get(&x->parameters, "bytes");
    size_t at = 0;
    double scaled = bytes;
    if (!unit) {
        for (; scaled >= 1024 && at < 4; at++)
            scaled /= 1024;
        *out = at == 0 ? arena_print(x->arena, "%.0fb", bytes)
                       : arena_print(x->arena, "%.1f%s", scaled, units[at]);
        return OK;
    }
    for (; at < 5 && !slice_is(*unit, units[at]); at++)
        scaled /= 1024;
    if (at == 5)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [bytes] is one of b, kb, mb, gb and tb");
    *out = arena_print(x->arena, "%.0f", floor(scaled));
    return OK;
}

// The cells as shown, row by row of the view.
static enum err shown_cells(struct exchange *x, const struct cat_view *v, struct slice **out,
                            struct fault *why)
{
    const struct cat_table *t = v->table;
    struct slice *cells = ARENA_ARRAY(x->arena, struct slice, t->row_count * v->shown_count + 1);
    for (uint32_t r = 0; r < t->row_count; r++) {
        for (uint32_t c = 0; c < v->shown_count; c++) {
            struct slice *to = &cells[(size_t)r * v->shown_count + c];
            *to = cell(t, v->rows[r], v->shown[c]);
            if (!t->columns[v->shown[c]].is_bytes)
                continue;
            enum err e = show_bytes(x, *to, to, why);
            if (e != OK)
                return e;
        }
    }
    *out = cells;
    return OK;
}

// --- writing ----------------------------------------------------------------------------

static void pad(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_u8(out, ' ');
}

static void put_cell(struct buf *out, struct slice text, size_t width, bool to_right, bool is_last)
{
    size_t room = width > text.len ? width - text.len : 0;
    if (to_right)
        pad(out, room);
    buf_slice_add(out, text);
    if (!to_right && !is_last)
        pad(out, room);
    if (!is_last)
        buf_u8(out, ' ');
}

static void put_row(struct buf *out, const struct cat_view *v, const struct slice *row,
                    const size_t *widths)
{
    for (uint32_t c = 0; c < v->shown_count; c++) {
        const struct cat_column *column = &v->table->columns[v->shown[c]];
        bool to_right = column->is_number || column->is_bytes;
        put_cell(out, row[c], widths[c], to_right, c + 1 == v->shown_count);
    }
    buf_u8(out, '\n');
}

static enum err write_text(struct exchange *x, const struct cat_view *v, const struct slice *cells,
                           struct fault *why)
{
    bool header = false;
    enum err e = parameter_truth(&x->parameters, "v", &header, why);
    if (e != OK)
        return e;
    size_t widths[SHOWN_MAX] = {0};
    for (uint32_t c = 0; c < v->shown_count; c++) {
        widths[c] = header ? v->titles[c].len : 0;
        for (uint32_t r = 0; r < v->table->row_count; r++) {
            size_t len = cells[(size_t)r * v->shown_count + c].len;
            widths[c] = len > widths[c] ? len : widths[c];
        }
    }
    struct buf *out = &x->reply->body;
    if (header)
        put_row(out, v, v->titles, widths);
    for (uint32_t r = 0; r < v->table->row_count; r++)
        put_row(out, v, cells + (size_t)r * v->shown_count, widths);
    return OK;
}

static void write_json(struct exchange *x, const struct cat_view *v, const struct slice *cells)
{
    json_array(&x->json);
    for (uint32_t r = 0; r < v->table->row_count; r++) {
        json_object(&x->json);
        for (uint32_t c = 0; c < v->shown_count; c++) {
            json_key_slice(&x->json, v->titles[c]);
            json_string(&x->json, cells[(size_t)r * v->shown_count + c]);
        }
        json_end(&x->json);
    }
    json_end(&x->json);
}

static void write_help(struct exchange *x, const struct cat_table *t)
{
    for (uint32_t c = 0; c < t->column_count; c++)
        buf_print(&x->reply->body, "%-24s | %-24s | %s\n", t->columns[c].name,
                  t->columns[c].aliases, t->columns[c].about);
}

static enum err wants_json(const struct exchange *x, bool *out, struct fault *why)
{
    const struct slice *format = parameter_get(&x->parameters, "format");
    *out = format ? slice_is(*format, "json") : x->media.wants_json;
    if (format && !*out && !slice_is(*format, "text") && format->len)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: [format] is one of text and json");
    return OK;
}

enum err cat_write(struct exchange *x, const struct cat_table *t, struct fault *why)
{
    bool json = false;
    bool help = false;
    struct slice *cells = NULL;
    enum err e = wants_json(x, &json, why);
    if (e == OK)
        e = parameter_truth(&x->parameters, "help", &help, why);
    struct cat_view *v = ARENA_NEW(x->arena, struct cat_view);
    v->table = t;
    choose(v, parameter_get(&x->parameters, "h"));
    if (e == OK)
        e = read_sorts(v, parameter_get(&x->parameters, "s"), why);
    v->rows = ARENA_ARRAY(x->arena, uint32_t, t->row_count + 1);
    for (uint32_t r = 0; r < t->row_count; r++)
        v->rows[r] = r;
    qsort_r(v->rows, t->row_count, sizeof *v->rows, compare_rows, v);
    if (e == OK)
        e = shown_cells(x, v, &cells, why);
    if (e != OK)
        return e;
    if (json && !help) {
        write_json(x, v, cells);
        return OK;
    }
    x->reply->content_type = slice_text("text/plain; charset=UTF-8");
    if (!help)
        return write_text(x, v, cells, why);
    write_help(x, t);
    return OK;
}

struct slice cat_number(struct exchange *x, uint64_t v)
{
    return arena_print(x->arena, "%llu", (unsigned long long)v);
}
