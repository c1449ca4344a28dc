// SPDX-License-Identifier: Apache-2.0
#include "unit/sql/sql.h"

enum { ARENA_BYTES = 64 << 20, BODY_BYTES = 1 << 20 };

#define COLUMN(name_, type_)                                                              \
    {                                                                                     \
        .name = {.at = (const uint8_t *)(name_), .len = sizeof(name_) - 1}, .type = type_ \
    }

const struct sql_table *sql_table_of_tests(void)
{
    static const struct sql_column columns[] = {
        COLUMN("kind", SQL_KEYWORD),         COLUMN("host", SQL_KEYWORD),
        COLUMN("size", SQL_INTEGER),         COLUMN("bytes", SQL_LONG),
        COLUMN("ratio", SQL_DOUBLE),         COLUMN("ok", SQL_BOOLEAN),
        COLUMN("at", SQL_DATETIME),          COLUMN("seen", SQL_DATETIME),
        COLUMN("device.model", SQL_KEYWORD),
    };
    static const struct sql_table table = {.name = {.at = (const uint8_t *)"rows", .len = 4},
                                           .columns = columns,
                                           .column_count = sizeof columns / sizeof *columns};
    return &table;
}

struct cell_context sql_context(struct arena *request)
{
    return (struct cell_context){.now_ms = (int64_t)SQL_TEST_NOW_S * 1000, .arena = request};
}

static enum err parse_and_plan(struct arena *request, const char *text, struct plan *out,
                               struct fault *why)
{
    struct statement *s = NULL;
    const struct cell_context how = sql_context(request);
    struct planner p = {.how = &how, .request = request, .why = why};
    enum err e = sql_parse(slice_text(text), NULL, request, &s, why);
    if (!e)
        e = plan_flatten(&p, s);
    struct sql_table *table = ARENA_NEW(request, struct sql_table);
    *table = *sql_table_of_tests();
    if (!e && s->from.len) {
        table->alias = s->from_alias;
        p.table = table;
    }
    return e ? e : plan_make(&p, s, out);
}

struct statement *sql_statement(struct arena *request, const char *text)
{
    struct statement *s = NULL;
    struct fault why = {0};
    if (sql_parse(slice_text(text), NULL, request, &s, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return s;
}

void sql_plan_of(struct arena *request, const char *text, struct plan *out)
{
    struct fault why = {0};
    if (parse_and_plan(request, text, out, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
}

static enum err write_body(struct arena *request, const char *text, struct buf *out,
                           struct fault *why)
{
    struct plan plan;
    const struct cell_context how = sql_context(request);
    enum err e = parse_and_plan(request, text, &plan, why);
    const struct sql_ask ask = {
        .plan = &plan, .table = sql_table_of_tests(), .how = &how, .size = 10};
    if (e || plan.kind == PLAN_CONSTANTS)
        return e;
    return request_write(&ask, out, why);
}

const char *sql_body(struct arena *request, const char *text)
{
    struct buf body AUTO(buf_donep) = buf_init(BODY_BYTES);
    struct fault why = {0};
    if (write_body(request, text, &body, &why))
        test_fail(__FILE__, __LINE__, "%s: %s", text, why.words);
    return arena_string(request, buf_slice(&body));
}

const char *sql_refusal(struct arena *request, const char *text)
{
    struct buf body AUTO(buf_donep) = buf_init(BODY_BYTES);
    struct fault why = {0};
    if (write_body(request, text, &body, &why) == OK)
        test_fail(__FILE__, __LINE__, "%s: is not refused", text);
    return arena_string(request, slice_text(why.words));
}

const char *sql_value(struct arena *request, const char *expression)
{
    struct plan plan;
    struct buf text AUTO(buf_donep) = buf_init(BODY_BYTES);
    struct slice statement = arena_print(request, "SELECT %s", expression);
    sql_plan_of(request, arena_string(request, statement), &plan);
    struct evaluation v = {.how = sql_context(request)};
    struct cell c = evaluate(&v, plan.outputs[0].expr, NULL);
    if (v.failed)
        return arena_string(request, slice_text(v.why.words));
    if (c.type == SQL_NULL)
        return "NULL";
    cell_print(&c, NULL, &text);
    return arena_string(request, buf_slice(&text));
}

static void expect_same(const char *text, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        test_fail(__FILE__, __LINE__, "%s\n  gives  %s\n  not    %s", text, got, want);
}

void sql_expect_body(const char *text, const char *body)
{
    struct arena *request AUTO(arena_freep) = arena_new(ARENA_BYTES);
    expect_same(text, sql_body(request, text), body);
}

void sql_expect_refused(const char *text, const char *words)
{
    struct arena *request AUTO(arena_freep) = arena_new(ARENA_BYTES);
    expect_same(text, sql_refusal(request, text), words);
}

void sql_expect_value(const char *expression, const char *value)
{
    struct arena *request AUTO(arena_freep) = arena_new(ARENA_BYTES);
    expect_same(expression, sql_value(request, expression), value);
}
