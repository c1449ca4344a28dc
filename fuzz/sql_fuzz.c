// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "query/request.h"
#include "sql/cursor.h"
#include "sql/evaluate.h"
#include "sql/request.h"

// Any statement: refused with words and a place, or made a search that the DSL's own reader takes.
// Any cursor: refused, or one.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_ARENA_BYTES = 512 << 20, FUZZ_TEXT_MAX = 16384, FUZZ_BODY_BYTES = 8 << 20 };

#define COLUMN(name_, type_)                                                              \
    {                                                                                     \
        .name = {.at = (const uint8_t *)(name_), .len = sizeof(name_) - 1}, .type = type_ \
    }

static const struct sql_column columns[] = {
    COLUMN("kind", SQL_KEYWORD), COLUMN("size", SQL_INTEGER), COLUMN("bytes", SQL_LONG),
    COLUMN("ratio", SQL_DOUBLE), COLUMN("ok", SQL_BOOLEAN),   COLUMN("at", SQL_DATETIME),
    COLUMN("a.b", SQL_KEYWORD)};

static void check_words(enum err e, const struct fault *why)
{
    CHECK(!e || strstr(why->words, "_exception: "));
}

static void check_body(const struct sql_ask *ask, struct arena *request)
{
    struct buf body = buf_init(FUZZ_BODY_BYTES);
    const struct json *tree = NULL;
    struct request r;
    struct fault why = {0};
    enum err e = request_write(ask, &body, &why);
    check_words(e, &why);
    if (!e) {
        CHECK(json_parse(buf_slice(&body), request, &tree, &why) == OK);
        // What the DSL bounds (clauses, patterns, buckets) it refuses in its own words.
        e = request_parse(tree, request, &r, &why);
        check_words(e, &why);
    }
    buf_done(&body);
}

static void evaluate_all(const struct plan *p, const struct cell_context *how)
{
    struct evaluation v = {.how = *how};
    for (uint32_t i = 0; i < p->output_count; i++) {
        struct buf text = buf_init(1 << 20);
        struct cell c = evaluate(&v, p->outputs[i].expr, NULL);
        cell_print(&c, NULL, &text);
        buf_done(&text);
    }
    check_words(v.failed, &v.why);
}

static void statement(struct slice text, struct arena *request)
{
    static const struct sql_table table = {.columns = columns,
                                           .column_count = sizeof columns / sizeof *columns};
    uint64_t text_bytes = 0;
    const struct cell_context how = {
        .now_ms = 1638273600000, .arena = request, .text_bytes = &text_bytes};
    const struct cell cells[] = {cell_null(), cell_text(slice_text("x"))};
    const struct sql_parameters parameters = {cells, text.len % 2 ? 2 : 0};
    struct statement *s = NULL;
    struct plan plan;
    struct fault why = {0};
    enum err e = sql_parse(text, &parameters, request, &s, &why);
    check_words(e, &why);
    if (e || s->kind != STATEMENT_SELECT)
        return;
    struct planner p = {.how = &how, .request = request, .why = &why};
    e = plan_flatten(&p, s);
    if (!e && s->from.len)
        p.table = &table;
    if (!e)
        e = plan_make(&p, s, &plan);
    check_words(e, &why);
    const struct sql_ask ask = {.plan = &plan, .table = &table, .how = &how, .size = 10};
    if (!e && plan.kind != PLAN_CONSTANTS)
        check_body(&ask, request);
    else if (!e)
        evaluate_all(&plan, &how);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > FUZZ_TEXT_MAX)
        return 0;
    struct arena *request AUTO(arena_freep) = arena_new(FUZZ_ARENA_BYTES);
    struct sql_cursor cursor;
    struct fault why = {0};
    statement(slice_of(data, size), request);
    check_words(cursor_parse(slice_of(data, size), request, &cursor, &why), &why);
    return 0;
}
