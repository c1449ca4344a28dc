// SPDX-License-Identifier: Apache-2.0
// _sql, _sql/translate, _sql/close, and the same under OpenSearch's path.
//
// A statement becomes the body of a _search (sql/request.h), which goes the way of every search:
// permit, indices, floor, audit record.  So a role can ask by SQL what it can ask by the DSL.
#include "api/cursor.h"
#include "api/error.h"
#include "api/field_list.h"
#include "api/search_call.h"
#include "base/limits.h"
#include "base/world.h"
#include "sql/cursor.h"
#include "sql/format.h"
#include "sql/run.h"

#include <strings.h>

enum {
    FETCH_SIZE_DEFAULT = 1000, // Elasticsearch's
    FETCH_SIZE_MAX = 1 << 20,
    PARAMETERS_MAX = 1024,
    CURSOR_HEADER_BYTES_MAX = 8192,
    PAGE_KEEP_MS = 5 * 60 * 1000, // how long rows are kept as they are for the next page
};

struct sql_question {
    struct sql_cursor from; // the statement and its page, as a cursor has them
    bool is_continued;      // it came as a cursor
    enum sql_format format;
    uint8_t delimiter;
    const struct json *filter, *position;
    struct sql_parameters parameters;
    struct cell_context how;
    uint64_t text_bytes;
};

// What a statement goes through, and the columns there.
struct sql_scope {
    struct exchange *x;
    struct slice indices;
    struct sql_table table;
    struct slice pit; // in which all pages are read; len 0: one search is all
};

// ---- reading the body ----

static enum err refuse(const struct json *v, const char *words, struct slice key, struct fault *why)
{
    return fail(why, ERR_INVALID, "x_content_parse_exception: [%u:%u] [sql/query] %s [%.*s]",
                v->line, v->column, words, SLICE_PRINT(key));
}

static enum err take_text(const struct json *v, struct slice key, struct slice *out,
                          struct fault *why)
{
    if (v->type != JSON_STRING)
        return refuse(v, "a text is wanted for", key, why);
    *out = v->text;
    return OK;
}

// JSON as text again, for a cursor.
static struct slice text_of(struct exchange *x, const struct json *v)
{
    struct buf text AUTO(buf_donep) = buf_init(SEARCH_BODY_BYTES);
    struct json_writer w = json_writer_to(&text);
    json_value(&w, v);
    return arena_copy(x->arena, buf_slice(&text));
}

static enum err take_fetch_size(const struct json *v, struct sql_question *q, struct fault *why)
{
    int64_t n = 0;
    enum err e = json_i64(v, &n, why);
    if (e || n > FETCH_SIZE_MAX || n < 0)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: fetch_size must be "
                    "from 0 to %d;",
                    FETCH_SIZE_MAX);
    if (n)
        q->from.fetch_size = (uint32_t)n;
    return OK;
}

// What tells how a cluster is to go about it, or who the client is.
static bool is_harmless(struct slice key)
{
    static const char *const keys[] = {"mode",
                                       "client_id",
                                       "version",
                                       "catalog",
                                       "request_timeout",
                                       "page_timeout",
                                       "field_multi_value_leniency",
                                       "index_include_frozen",
                                       "allow_partial_search_results",
                                       "keep_alive",
                                       "keep_on_completion",
                                       "wait_for_completion_timeout",
                                       "binary_format"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (slice_is(key, keys[i]))
            return true;
    return false;
}

static enum err take_member(struct exchange *x, struct slice key, const struct json *v,
                            struct sql_question *q, struct slice *out_cursor, struct fault *why)
{
    if (slice_is(key, "query"))
        return take_text(v, key, &q->from.query, why);
    if (slice_is(key, "cursor"))
        return take_text(v, key, out_cursor, why);
    if (slice_is(key, "time_zone"))
        return take_text(v, key, &q->from.time_zone, why);
    if (slice_is(key, "fetch_size"))
        return take_fetch_size(v, q, why);
    if (slice_is(key, "columnar"))
        return json_bool(v, &q->from.is_columnar, why);
    if (slice_is(key, "params") || slice_is(key, "parameters")) {
        q->from.parameters = text_of(x, v);
        return OK;
    }
    if (slice_is(key, "filter")) {
        q->from.filter = v->type == JSON_NULL ? slice_of(NULL, 0) : text_of(x, v);
        return OK;
    }
    bool is_empty = slice_is(key, "runtime_mappings") && v->type == JSON_OBJECT && v->count == 0;
    return is_harmless(key) || is_empty ? OK : refuse(v, "unknown field", key, why);
}

static enum err read_body(struct exchange *x, struct sql_question *q, struct fault *why)
{
    const struct json *body = NULL;
    struct slice cursor = {0};
    enum err e = exchange_body(x, &body, why);
    if (!e && body && body->type != JSON_OBJECT)
        return fail(why, ERR_INVALID, "parsing_exception: expected an object, found %s",
                    json_type_name(body->type));
    for (uint32_t i = 0; !e && body && i < body->count; i++)
        e = take_member(x, body->keys[i], &body->items[i], q, &cursor, why);
    if (e)
        return e;
    q->is_continued = cursor.len > 0;
    if (q->is_continued) {
        bool is_columnar = q->from.is_columnar;
        e = cursor_parse(cursor, x->arena, &q->from, why);
        q->from.is_columnar |= is_columnar;
    }
    if (!e && q->from.query.len == 0)
        return fail(why, ERR_INVALID,
                    "action_request_validation_exception: Validation Failed: 1: one of [query] or "
                    "[cursor] is required;");
    return e;
}

// ---- the parts that are texts of their own ----

static enum err cell_of_json(const struct json *v, struct cell *out, struct fault *why)
{
    const struct json *value = json_get(v, "value");
    if (v->type == JSON_OBJECT && value)
        v = value; // {"type": ..., "value": ...}
    int64_t whole = 0;
    double real = 0;
    *out = cell_null();
    if (v->type == JSON_STRING)
        *out = cell_text(v->text);
    else if (v->type == JSON_BOOL)
        *out = cell_i64(SQL_BOOLEAN, v->truth);
    else if (v->type == JSON_NUMBER && json_i64(v, &whole, NULL) == OK)
        *out = cell_i64(whole > INT32_MAX || whole < INT32_MIN ? SQL_LONG : SQL_INTEGER, whole);
    else if (v->type == JSON_NUMBER && json_f64(v, &real, why) == OK)
        *out = cell_f64(real);
    else if (v->type != JSON_NULL)
        return fail(
            why, ERR_INVALID,
            "parsing_exception: line 1:1: a parameter is a text, a number, a truth or null, "
            "not %s",
            json_type_name(v->type));
    return OK;
}

static enum err read_parameters(struct exchange *x, struct sql_question *q, struct fault *why)
{
    const struct json *list = NULL;
    if (q->from.parameters.len == 0)
        return OK;
    enum err e = json_parse(q->from.parameters, x->arena, &list, why);
    if (!e && (list->type != JSON_ARRAY || list->count > PARAMETERS_MAX))
        return fail(why, ERR_INVALID,
                    "x_content_parse_exception: [1:1] [sql/query] [params] is an array of up to %d",
                    PARAMETERS_MAX);
    struct cell *cells = e ? NULL : ARENA_ARRAY(x->arena, struct cell, list->count + 1);
    for (uint32_t i = 0; !e && i < list->count; i++)
        e = cell_of_json(&list->items[i], &cells[i], why);
    if (!e)
        q->parameters = (struct sql_parameters){cells, list->count};
    return e;
}

static enum err read_json(struct exchange *x, struct slice text, const struct json **out,
                          struct fault *why)
{
    return text.len ? json_parse(text, x->arena, out, why) : OK;
}

static enum err read_format(struct exchange *x, struct sql_question *q, struct fault *why)
{
    static const struct {
        const char *type;
        enum sql_format format;
    } types[] = {
        {"text/csv", SQL_CSV}, {"text/tab-separated-values", SQL_TSV}, {"text/plain", SQL_TXT}};
    const struct slice *name = parameter_get(&x->parameters, "format");
    const struct slice *delimiter = parameter_get(&x->parameters, "delimiter");
    q->format = q->from.is_opensearch ? SQL_JDBC : SQL_JSON;
    q->delimiter = ',';
    for (size_t i = 0; i < 3 && !name; i++)
        if (slice_starts(x->request->accept, slice_text(types[i].type)))
            q->format = types[i].format;
    if (name && !sql_format_parse(*name, q->from.is_opensearch, &q->format))
        return fail(
            why, ERR_INVALID,
            "illegal_argument_exception: Invalid format [%.*s]: there are json, csv, tsv and "
            "txt",
            name->len < 40 ? (int)name->len : 40, (const char *)name->at);
    if (delimiter && (delimiter->len != 1 || strchr("\"\r\n\t", delimiter->at[0])))
        return fail(
            why, ERR_INVALID,
            "illegal_argument_exception: [delimiter] is one character, and no quote, tab or "
            "line end");
    if (delimiter)
        q->delimiter = delimiter->at[0];
    return OK;
}

static enum err read_question(struct exchange *x, struct sql_question *q, struct fault *why)
{
    enum err e = read_body(x, q, why);
    if (!e)
        e = read_format(x, q, why);
    if (!e)
        e = read_parameters(x, q, why);
    if (!e)
        e = read_json(x, q->from.filter, &q->filter, why);
    if (!e)
        e = read_json(x, q->from.position, &q->position, why);
    if (e)
        return e;
    if (q->position && q->position->type != JSON_ARRAY)
        return fail(why, ERR_INVALID, "illegal_argument_exception: Cannot parse cursor");
    if (!q->is_continued)
        q->from.now_ms = now_ms();
    if (q->from.fetch_size == 0)
        q->from.fetch_size = q->from.is_opensearch ? SQL_PAGE_ROWS : FETCH_SIZE_DEFAULT;
    q->how = (struct cell_context){
        .now_ms = q->from.now_ms, .arena = x->arena, .text_bytes = &q->text_bytes};
    return q->from.time_zone.len ? date_zone_get(q->from.time_zone, &q->how.zone, why) : OK;
}

// ---- tables and columns ----

static enum sql_type type_of(enum field_type type)
{
    static const enum sql_type types[FIELD_TYPE_COUNT] = {
        [FIELD_KEYWORD] = SQL_KEYWORD, [FIELD_PSEUDONYM] = SQL_KEYWORD,
        [FIELD_LONG] = SQL_LONG,       [FIELD_INTEGER] = SQL_INTEGER,
        [FIELD_DOUBLE] = SQL_DOUBLE,   [FIELD_BOOLEAN] = SQL_BOOLEAN,
        [FIELD_DATE] = SQL_DATETIME};

    return types[type];
}

static void add_column(struct sql_column *columns, uint32_t *count, const struct listed_field *f)
{
    enum sql_type type = type_of(f->type);
    for (uint32_t i = 0; i < *count; i++) {
        struct sql_column *c = &columns[i];
        if (!slice_equal(c->name, f->name))
            continue;
        bool are_whole = (c->type == SQL_LONG || c->type == SQL_INTEGER) &&
                         (type == SQL_LONG || type == SQL_INTEGER);
        if (c->type != type && !are_whole)
            c->unusable = "due to ambiguities being mapped as incompatible types";
        if (are_whole && type != c->type)
            c->type = SQL_LONG;
        return;
    }
    columns[(*count)++] = (struct sql_column){
        .name = f->name,
        .type = type,
        .unusable = f->type == FIELD_SEALED ? "with unsupported type [sealed]" : NULL};
}

// The columns that the caller may see, of all tables.
static void list_columns(struct exchange *x, const struct index_list *list, struct sql_table *out)
{
    const struct schema *s = x->api->engine->schema;
    struct field_list *lists = ARENA_ARRAY(x->arena, struct field_list, list->count + 1);
    uint32_t total = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        lists[i] = field_list_make(s, &s->tables[list->tables[i]], x->permit, x->arena);
        total += lists[i].count;
    }
    struct sql_column *columns = ARENA_ARRAY(x->arena, struct sql_column, total + 1);
    for (uint32_t i = 0; i < list->count; i++)
        for (uint32_t k = 0; k < lists[i].count; k++)
            add_column(columns, &out->column_count, &lists[i].at[k]);
    out->columns = columns;
}

static enum err find_table(struct exchange *x, const struct statement *s, struct sql_scope *out,
                           struct fault *why)
{
    struct index_list list;
    struct fault unknown = {0};
    enum err e = exchange_tables(x, x->permit, s->from, &list, &unknown);
    if (e == ERR_NOT_FOUND || (!e && list.count == 0))
        return sql_problem(why, s->from_place, "Unknown index [%.*s]",
                           s->from.len < 128 ? (int)s->from.len : 128, (const char *)s->from.at);
    if (e) {
        *why = unknown;
        return e;
    }
    *out = (struct sql_scope){
        .x = x, .indices = s->from, .table = {.name = s->from, .alias = s->from_alias}};
    list_columns(x, &list, &out->table);
    return OK;
}

// ---- asking ----

static enum err ask(void *context, struct slice text, struct arena *arena,
                    const struct answer **out, struct fault *why)
{
    struct sql_scope *s = context;
    struct search_call *c = ARENA_NEW(arena, struct search_call);
    const struct json *body = NULL;
    struct index_wish wish;
    *c = (struct search_call){.body = text, .reuse = {.is_off = true}};
    enum err e = json_parse(text, arena, &body, why);
    if (!e)
        e = request_parse(body, arena, &c->request, why);
    c->request.pit_id = s->pit;
    if (!e)
        e = index_wish_make(s->pit.len ? slice_of(NULL, 0) : s->indices, &s->x->parameters, &wish,
                            why);
    if (!e)
        e = search_call_run(s->x, &wish, arena, c, why);
    *out = &c->answer;
    return e;
}

static enum err open_pit(struct sql_scope *s, bool is_of_rows, struct fault *why)
{
    struct exchange *x = s->x;
    struct search_call c = {0};
    struct cursor_wish wish = {.kind = CURSOR_PIT, .who = &x->who, .keep_ms = PAGE_KEEP_MS};
    struct cursor *pit = NULL;
    enum err e = request_parse(NULL, x->arena, &c.request, why);
    c.request.size = is_of_rows;
    if (!e)
        e = index_wish_make(s->indices, &x->parameters, &wish.wish, why);
    if (!e)
        e = search_call_tables(x, &wish.wish, x->arena, &c, why);
    wish.permit = c.permit;
    wish.tables = c.tables;
    if (!e)
        e = cursor_open(x->api->cursors, &wish, monotonic_us(), &pit, why);
    if (e)
        return e;
    s->pit = arena_copy(x->arena, slice_text(pit->id));
    cursor_give(x->api->cursors, pit);
    return OK;
}

static bool close_pit(struct exchange *x, struct slice pit)
{
    return pit.len && cursor_close(x->api->cursors, CURSOR_PIT, pit, &x->who);
}

static enum err plan(struct exchange *x, struct sql_question *q, struct statement *s,
                     struct sql_scope *scope, struct plan *out, struct fault *why)
{
    struct planner p = {.how = &q->how, .request = x->arena, .why = why};
    enum err e = plan_flatten(&p, s);
    if (!e && s->from.len)
        e = find_table(x, s, scope, why);
    if (s->from.len)
        p.table = &scope->table;
    return e ? e : plan_make(&p, s, out);
}

static struct sql_ask ask_of(const struct sql_question *q, const struct sql_scope *scope,
                             const struct plan *p)
{
    return (struct sql_ask){.plan = p,
                            .table = &scope->table,
                            .how = &q->how,
                            .filter = q->filter,
                            .time_zone = q->from.time_zone};
}

// ---- answering ----

static enum err write_output(struct exchange *x, const struct sql_question *q, struct sql_output *o,
                             struct fault *why)
{
    static const char *const types[] = {
        [SQL_CSV] = "text/csv; charset=utf-8; header=present",
        [SQL_TSV] = "text/tab-separated-values; charset=utf-8",
        [SQL_TXT] = "text/plain; charset=utf-8",
    };
    o->zone = q->how.zone;
    o->delimiter = q->delimiter;
    o->is_continued = q->is_continued;
    o->is_columnar = q->from.is_columnar;
    if (q->format != SQL_JSON && q->format != SQL_JDBC) {
        if (o->cursor.len > CURSOR_HEADER_BYTES_MAX)
            return fail(why, ERR_LIMIT,
                        "illegal_argument_exception: the cursor of this statement is longer than "
                        "%d bytes, which no header holds: ask with [format=json], or for all rows "
                        "at once with a higher [fetch_size]",
                        CURSOR_HEADER_BYTES_MAX);
        format_text(o, q->format, &x->reply->body);
        x->reply->content_type = slice_text(types[q->format]);
        x->reply->cursor = o->cursor.len ? arena_string(x->arena, o->cursor) : NULL;
        return OK;
    }
    json_object(&x->json);
    if (q->format == SQL_JSON)
        format_json(o, &x->json);
    else
        format_jdbc(o, &x->json);
    json_end(&x->json);
    return OK;
}

static enum err make_cursor(struct exchange *x, const struct sql_question *q,
                            const struct sql_page *page, struct slice pit, struct slice *out,
                            struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(CURSOR_BYTES_MAX);
    struct sql_cursor next = q->from;
    next.position = page->position;
    next.done = page->done;
    next.pit = pit;
    enum err e = page->has_more ? cursor_print(&next, &text, why) : OK;
    *out = arena_copy(x->arena, buf_slice(&text));
    return e;
}

static enum err select_rows(struct exchange *x, struct sql_question *q, struct statement *s,
                            struct fault *why)
{
    struct sql_scope scope = {0};
    struct plan p = {0};
    struct sql_page page = {0};
    enum err e = plan(x, q, s, &scope, &p, why);
    scope.x = x;
    scope.pit = q->from.pit;
    if (!e && !q->is_continued && plan_takes_several(&p, q->from.fetch_size))
        e = open_pit(&scope, p.kind == PLAN_ROWS, why);
    if (e)
        return e;
    const struct sql_asker asker = {&scope, ask};
    struct sql_run run = {.asker = &asker,
                          .ask = ask_of(q, &scope, &p),
                          .request = x->arena,
                          .evaluation = {.how = q->how},
                          .rows_max = q->from.fetch_size,
                          .position = q->position,
                          .done = q->from.done};
    struct sql_heading *headings = ARENA_ARRAY(x->arena, struct sql_heading, p.output_count + 1);
    for (uint32_t i = 0; i < p.output_count; i++)
        headings[i] =
            (struct sql_heading){p.outputs[i].name, p.outputs[i].alias, p.outputs[i].type};
    struct sql_output o = {.headings = headings, .rows = &page.rows};
    e = sql_run(&run, &page, why);
    if (!e)
        e = make_cursor(x, q, &page, scope.pit, &o.cursor, why);
    if (!e)
        e = write_output(x, q, &o, why);
    if (e || !page.has_more)
        (void)close_pit(x, scope.pit);
    return e;
}

// ---- SHOW ----

enum { SHOW_WIDTH = 4 }; // columns at most

static bool is_like(const struct statement *s, const char *name)
{
    return !s->has_like || like_matches(s->like, s->like_escape, slice_text(name));
}

static enum err add_row(struct sql_rows *rows, const char *const *values, struct fault *why)
{
    struct cell *row = NULL;
    enum err e = rows_add(rows, &row, why);
    for (uint32_t i = 0; i < SHOW_WIDTH && i < rows->width && !e; i++)
        row[i] = values[i] ? cell_text(slice_text(values[i])) : cell_null();
    return e;
}

// Of an alias that leads to an index the caller may see; those of several are told once.
static bool is_shown(const struct exchange *x, const struct alias_list *l, uint32_t i)
{
    const struct schema *s = x->api->engine->schema;
    bool is_first = i == 0 || !slice_equal(l->at[i - 1].name, l->at[i].name);
    while (is_first && i + 1 < l->count && slice_equal(l->at[i + 1].name, l->at[i].name) &&
           !permit_index(x->permit, s->tables[l->at[i].table].name))
        i++;
    return is_first && permit_index(x->permit, s->tables[l->at[i].table].name);
}

static enum err show_aliases(struct exchange *x, const struct statement *s, struct sql_rows *rows,
                             struct fault *why)
{
    const struct alias_list *list = NULL;
    enum err e = exchange_aliases(x, &list, why);
    for (uint32_t i = 0; !e && i < list->count; i++) {
        const char *name = arena_string(x->arena, list->at[i].name);
        const char *const values[SHOW_WIDTH] = {x->api->cluster_name, name, "VIEW", "ALIAS"};
        if (is_shown(x, list, i) && is_like(s, name))
            e = add_row(rows, values, why);
    }
    return e;
}

static enum err show_tables(struct exchange *x, const struct statement *s, struct sql_rows *rows,
                            struct fault *why)
{
    struct index_list list;
    enum err e = exchange_tables(x, x->permit, slice_text("*"), &list, why);
    for (uint32_t i = 0; !e && i < list.count; i++) {
        const char *name = x->api->engine->schema->tables[list.tables[i]].name;
        const char *const values[SHOW_WIDTH] = {x->api->cluster_name, name, "TABLE", "INDEX"};
        if (is_like(s, name))
            e = add_row(rows, values, why);
    }
    return e ? e : show_aliases(x, s, rows, why);
}

static const char *jdbc_type(enum sql_type t)
{
    static const char *const types[SQL_TYPE_COUNT] = {
        [SQL_NULL] = "NULL",        [SQL_BOOLEAN] = "BOOLEAN",    [SQL_INTEGER] = "INTEGER",
        [SQL_LONG] = "BIGINT",      [SQL_DOUBLE] = "DOUBLE",      [SQL_KEYWORD] = "VARCHAR",
        [SQL_DATE] = "DATE",        [SQL_DATETIME] = "TIMESTAMP", [SQL_MONTHS] = "INTERVAL_MONTH",
        [SQL_SPAN] = "INTERVAL_DAY"};
    return types[t];
}

static enum err show_columns(struct exchange *x, const struct statement *s, struct sql_rows *rows,
                             struct fault *why)
{
    struct sql_scope scope = {0};
    enum err e = find_table(x, s, &scope, why);
    for (uint32_t i = 0; !e && i < scope.table.column_count; i++) {
        const struct sql_column *c = &scope.table.columns[i];
        const char *const values[SHOW_WIDTH] = {
            arena_string(x->arena, c->name), c->unusable ? "UNSUPPORTED" : jdbc_type(c->type),
            c->unusable ? "unsupported" : sql_type_name(c->type)};
        e = add_row(rows, values, why);
    }
    return e;
}

static enum err show_functions(const struct statement *s, struct sql_rows *rows, struct fault *why)
{
    static const char *const kinds[FUNCTION_KIND_COUNT] = {[FUNCTION_SCALAR] = "SCALAR",
                                                           [FUNCTION_AGGREGATE] = "AGGREGATE",
                                                           [FUNCTION_GROUPING] = "GROUPING",
                                                           [FUNCTION_CONDITION] = "CONDITION"};
    enum err e = OK;
    const struct function *f = NULL;
    for (size_t i = 0; !e && (f = function_at(i)); i++) {
        const char *const values[SHOW_WIDTH] = {f->name, kinds[f->kind]};
        if (!f->is_hidden && is_like(s, f->name))
            e = add_row(rows, values, why);
    }
    return e;
}

static enum err show(struct exchange *x, const struct sql_question *q, const struct statement *s,
                     struct fault *why)
{
    static const char *const names[][SHOW_WIDTH] = {
        [STATEMENT_SHOW_TABLES] = {"catalog", "name", "type", "kind"},
        [STATEMENT_SHOW_COLUMNS] = {"column", "type", "mapping", NULL},
        [STATEMENT_SHOW_FUNCTIONS] = {"name", "type", NULL, NULL},
        [STATEMENT_SHOW_CATALOGS] = {"name", "type", NULL, NULL},
    };
    struct sql_heading headings[SHOW_WIDTH] = {0};
    uint32_t width = 0;
    for (; width < SHOW_WIDTH && names[s->kind][width]; width++)
        headings[width] =
            (struct sql_heading){.name = slice_text(names[s->kind][width]), .type = SQL_KEYWORD};
    struct sql_rows rows = rows_of(x->arena, width);
    const char *const catalog[SHOW_WIDTH] = {x->api->cluster_name, "local"};
    enum err e = OK;
    if (s->kind == STATEMENT_SHOW_TABLES)
        e = show_tables(x, s, &rows, why);
    else if (s->kind == STATEMENT_SHOW_COLUMNS)
        e = show_columns(x, s, &rows, why);
    else if (s->kind == STATEMENT_SHOW_FUNCTIONS)
        e = show_functions(s, &rows, why);
    else
        e = add_row(&rows, catalog, why);
    struct sql_output o = {.headings = headings, .rows = &rows};
    return e ? e : write_output(x, q, &o, why);
}

// ---- handlers ----

static enum err answer(struct exchange *x, struct sql_question *q, struct fault *why)
{
    struct statement *s = NULL;
    enum err e = read_question(x, q, why);
    if (!e)
        e = sql_parse(q->from.query, &q->parameters, x->arena, &s, why);
    if (e)
        return e;
    return s->kind == STATEMENT_SELECT ? select_rows(x, q, s, why) : show(x, q, s, why);
}

static enum err sql(struct exchange *x, struct fault *why)
{
    struct sql_question q = {0};
    return answer(x, &q, why);
}

// What is wrong with a statement is told in OpenSearch's shape there; all else as everywhere.
static enum err opensearch_sql(struct exchange *x, struct fault *why)
{
    struct sql_question q = {.from = {.is_opensearch = true}};
    enum err e = answer(x, &q, why);
    struct error error = error_of(e, why);
    bool is_parsing = slice_is(error.type, "parsing_exception");
    if (!e || (!is_parsing && !slice_is(error.type, "verification_exception")))
        return e;
    record_error(x, error.type);
    x->reply->status = error.status;
    json_object(&x->json);
    json_key(&x->json, "error");
    json_object(&x->json);
    json_key(&x->json, "reason");
    json_text(&x->json, "Invalid SQL query");
    json_key(&x->json, "details");
    json_string(&x->json, error.reason);
    json_key(&x->json, "type");
    json_text(&x->json, is_parsing ? "SyntaxCheckException" : "SemanticCheckException");
    json_end(&x->json);
    json_key(&x->json, "status");
    json_int(&x->json, error.status);
    json_end(&x->json);
    return OK;
}

static enum err translate(struct exchange *x, struct fault *why)
{
    struct sql_question q = {0};
    struct sql_scope scope = {0};
    struct statement *s = NULL;
    struct plan p;
    struct buf body AUTO(buf_donep) = buf_init(SEARCH_BODY_BYTES);
    const struct json *tree = NULL;
    enum err e = read_question(x, &q, why);
    if (!e)
        e = sql_parse(q.from.query, &q.parameters, x->arena, &s, why);
    if (!e && (s->kind != STATEMENT_SELECT || (s->from.len == 0 && !s->inner)))
        return fail(why, ERR_INVALID,
                    "planning_exception: Cannot generate a query DSL for a statement that asks no "
                    "index");
    if (!e)
        e = plan(x, &q, s, &scope, &p, why);
    if (e)
        return e;
    struct sql_ask a = ask_of(&q, &scope, &p);
    uint64_t most = p.limit < q.from.fetch_size ? p.limit : q.from.fetch_size;
    a.size = most < SQL_PAGE_ROWS ? (uint32_t)most : SQL_PAGE_ROWS;
    e = request_write(&a, &body, why);
    if (!e)
        e = json_parse(arena_copy(x->arena, buf_slice(&body)), x->arena, &tree, why);
    if (!e)
        json_value(&x->json, tree);
    return e;
}

static enum err close_cursor(struct exchange *x, struct fault *why)
{
    struct sql_cursor cursor;
    const struct json *body = NULL;
    enum err e = exchange_body(x, &body, why);
    const struct json *text = e ? NULL : json_get(body, "cursor");
    if (!e && (!text || text->type != JSON_STRING))
        return fail(
            why, ERR_INVALID,
            "action_request_validation_exception: Validation Failed: 1: cursor is required;");
    if (!e)
        e = cursor_parse(text->text, x->arena, &cursor, why);
    if (e)
        return e;
    json_object(&x->json);
    json_key(&x->json, "succeeded");
    json_truth(&x->json, close_pit(x, cursor.pit));
    json_end(&x->json);
    return OK;
}

static const struct route routes[] = {
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/_sql", sql, "format delimiter",
     "SELECT, SHOW, DESCRIBE; no JOIN, no UNION; what the engine answers without a script "
     "(docs/reference/sql.md)"},
    {METHOD_GET | METHOD_POST, ACTION_AGGREGATE, "/_sql/translate", translate, "", ""},
    {METHOD_POST, ACTION_AGGREGATE, "/_sql/close", close_cursor, "",
     "a cursor ends by itself after five minutes"},
    {METHOD_POST, ACTION_AGGREGATE, "/_plugins/_sql", opensearch_sql, "format sanitize",
     "OpenSearch's shape: schema and datarows"},
    {METHOD_POST, ACTION_AGGREGATE, "/_plugins/_sql/close", close_cursor, "", ""},
    {METHOD_POST, ACTION_AGGREGATE, "/_opendistro/_sql", opensearch_sql, "format sanitize",
     "as older clients call it"},
    {METHOD_POST, ACTION_AGGREGATE, "/_opendistro/_sql/close", close_cursor, "", ""},
};

const struct route_group sql_routes = ROUTE_GROUP("SQL", routes);
