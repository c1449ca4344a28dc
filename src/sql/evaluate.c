// SPDX-License-Identifier: Apache-2.0
#include "sql/evaluate.h"

#include "base/check.h"

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets expressions be
struct cell evaluate(struct evaluation *v, const struct expr *e, const struct cell *inputs)
{
    if (e->kind == EXPR_CONSTANT)
        return e->constant;
    if (e->kind == EXPR_INPUT)
        return inputs[e->input];
    CHECK(e->kind == EXPR_CALL && e->function->evaluate);
    bool any_null = false;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        e->cells[i] = evaluate(v, e->args[i], inputs);
        any_null |= e->cells[i].type == SQL_NULL;
    }
    struct cell out = cell_null();
    if (v->failed || (any_null && !e->function->takes_null))
        return out;
    e->function->evaluate(v, e->cells, e->arg_count, &out);
    if (v->how.text_bytes && *v->how.text_bytes > SQL_TEXTS_BYTES_MAX)
        evaluation_fail(v, "the texts made for one answer are longer than %d bytes",
                        SQL_TEXTS_BYTES_MAX);
    return cell_fit(out, e->type);
}
