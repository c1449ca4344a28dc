// SPDX-License-Identifier: Apache-2.0
#include "sql/function.h"

// Comparisons, truth with three values, choices and CAST.

#define IS_TRUE(c)  ((c)->type != SQL_NULL && (c)->i64 != 0)
#define IS_FALSE(c) ((c)->type != SQL_NULL && (c)->i64 == 0)

static void put_truth(struct cell *out, bool v)
{
    *out = cell_i64(SQL_BOOLEAN, v);
}

#define COMPARISON(name_, test_)                                                  \
    static void name_(struct evaluation *v, const struct cell *a, uint32_t count, \
                      struct cell *out)                                           \
    {                                                                             \
        (void)v;                                                                  \
        (void)count;                                                              \
        int order = cell_compare(&a[0], &a[1]);                                   \
        put_truth(out, (test_));                                                  \
    }

COMPARISON(equal, order == 0)
COMPARISON(unequal, order != 0)
COMPARISON(less, order < 0)
COMPARISON(less_equal, order <= 0)
COMPARISON(greater, order > 0)
COMPARISON(greater_equal, order >= 0)
COMPARISON(same, order == 0) // and takes NULL

static void and_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    bool all = true;
    for (uint32_t i = 0; i < count; i++) {
        if (IS_FALSE(&a[i])) {
            put_truth(out, false);
            return;
        }
        all = all && IS_TRUE(&a[i]);
    }
    *out = all ? cell_i64(SQL_BOOLEAN, 1) : cell_null();
}

static void or_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    bool none = true;
    for (uint32_t i = 0; i < count; i++) {
        if (IS_TRUE(&a[i])) {
            put_truth(out, true);
            return;
        }
        none = none && IS_FALSE(&a[i]);
    }
    *out = none ? cell_i64(SQL_BOOLEAN, 0) : cell_null();
}

static void not_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    put_truth(out, a[0].i64 == 0);
}

static void is_null(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    put_truth(out, a[0].type == SQL_NULL);
}

static void is_not_null(struct evaluation *v, const struct cell *a, uint32_t count,
                        struct cell *out)
{
    (void)v;
    (void)count;
    put_truth(out, a[0].type != SQL_NULL);
}

// The first among the rest; NULL when it is not and one of these is NULL.
static void in_list(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    bool any_null = a[0].type == SQL_NULL;
    for (uint32_t i = 1; i < count && a[0].type != SQL_NULL; i++) {
        if (a[i].type == SQL_NULL) {
            any_null = true;
        } else if (cell_compare(&a[0], &a[i]) == 0) {
            put_truth(out, true);
            return;
        }
    }
    *out = any_null ? cell_null() : cell_i64(SQL_BOOLEAN, 0);
}

static void like(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    uint8_t escape = count > 2 && a[2].text.len == 1 ? a[2].text.at[0] : 0;
    put_truth(out, like_matches(a[1].text, escape, a[0].text));
}

// when, then, when, then, ..., else: the parser always gives an else.
static void case_of(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    for (uint32_t i = 0; i + 1 < count; i += 2) {
        if (IS_TRUE(&a[i])) {
            *out = a[i + 1];
            return;
        }
    }
    *out = a[count - 1];
}

static void coalesce(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    *out = cell_null();
    for (uint32_t i = 0; i < count && out->type == SQL_NULL; i++)
        *out = a[i];
}

static void null_if(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    (void)count;
    bool are_equal =
        a[0].type != SQL_NULL && a[1].type != SQL_NULL && cell_compare(&a[0], &a[1]) == 0;
    *out = are_equal ? cell_null() : a[0];
}

static void extreme(const struct cell *a, uint32_t count, int sign, struct cell *out)
{
    *out = cell_null();
    for (uint32_t i = 0; i < count; i++) {
        if (a[i].type != SQL_NULL && (out->type == SQL_NULL || sign * cell_compare(&a[i], out) > 0))
            *out = a[i];
    }
}

static void greatest(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    extreme(a, count, 1, out);
}

static void least(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)v;
    extreme(a, count, -1, out);
}

static void cast(struct evaluation *v, const struct cell *a, uint32_t count, struct cell *out)
{
    (void)count;
    struct fault why = {0};
    enum sql_type to = SQL_NULL;
    (void)sql_type_parse(a[1].text, &to); // bind.c has looked at it
    if (cell_cast(&a[0], to, &v->how, out, &why))
        evaluation_fail(v, "%s", why.words);
}

#define OPERATOR(name_, args_, takes_, op_, evaluate_)                                   \
    {                                                                                    \
        .name = (name_), .args_min = (args_), .args_max = (args_), .takes = (takes_),    \
        .gives = GIVES_BOOLEAN, .op = (op_), .is_hidden = true, .evaluate = (evaluate_), \
    }

#define CHOICE(name_, min_, max_, gives_, op_, evaluate_)                                        \
    {                                                                                            \
        .name = (name_), .args_min = (min_), .args_max = (max_), .gives = (gives_), .op = (op_), \
        .takes_null = true, .evaluate = (evaluate_),                                             \
    }

static const struct function list[] = {
    OPERATOR("=", 2, TAKES_ANY, OP_EQUAL, equal),
    OPERATOR("<>", 2, TAKES_ANY, OP_UNEQUAL, unequal),
    OPERATOR("<", 2, TAKES_ANY, OP_LESS, less),
    OPERATOR("<=", 2, TAKES_ANY, OP_LESS_EQUAL, less_equal),
    OPERATOR(">", 2, TAKES_ANY, OP_GREATER, greater),
    OPERATOR(">=", 2, TAKES_ANY, OP_GREATER_EQUAL, greater_equal),
    OPERATOR("NOT", 1, TAKES_TRUTHS, OP_NOT, not_of),
    OPERATOR("RLIKE", 2, TAKES_TEXTS, OP_RLIKE, NULL),
    {.name = "LIKE",
     .args_min = 2,
     .args_max = 3,
     .takes = TAKES_TEXTS,
     .gives = GIVES_BOOLEAN,
     .op = OP_LIKE,
     .is_hidden = true,
     .evaluate = like},
    {.name = "<=>",
     .args_min = 2,
     .args_max = 2,
     .gives = GIVES_BOOLEAN,
     .op = OP_SAME,
     .takes_null = true,
     .is_hidden = true,
     .evaluate = same},
    {.name = "AND",
     .args_min = 2,
     .args_max = 255,
     .takes = TAKES_TRUTHS,
     .gives = GIVES_BOOLEAN,
     .op = OP_AND,
     .takes_null = true,
     .is_hidden = true,
     .evaluate = and_of},
    {.name = "OR",
     .args_min = 2,
     .args_max = 255,
     .takes = TAKES_TRUTHS,
     .gives = GIVES_BOOLEAN,
     .op = OP_OR,
     .takes_null = true,
     .is_hidden = true,
     .evaluate = or_of},
    {.name = "IS NULL",
     .args_min = 1,
     .args_max = 1,
     .gives = GIVES_BOOLEAN,
     .op = OP_IS_NULL,
     .takes_null = true,
     .is_hidden = true,
     .evaluate = is_null},
    {.name = "IS NOT NULL",
     .args_min = 1,
     .args_max = 1,
     .gives = GIVES_BOOLEAN,
     .op = OP_IS_NOT_NULL,
     .takes_null = true,
     .is_hidden = true,
     .evaluate = is_not_null},
    {.name = "IN",
     .args_min = 2,
     .args_max = 255,
     .gives = GIVES_BOOLEAN,
     .op = OP_IN,
     .takes_null = true,
     .is_hidden = true,
     .evaluate = in_list},
    CHOICE("CASE", 3, 255, GIVES_CASE, OP_CASE, case_of),
    CHOICE("IIF", 3, 3, GIVES_CASE, OP_CASE, case_of),
    CHOICE("COALESCE", 1, 255, GIVES_COMMON, OP_NONE, coalesce),
    CHOICE("IFNULL", 2, 2, GIVES_COMMON, OP_NONE, coalesce),
    CHOICE("ISNULL", 2, 2, GIVES_COMMON, OP_NONE, coalesce),
    CHOICE("NVL", 2, 2, GIVES_COMMON, OP_NONE, coalesce),
    CHOICE("NULLIF", 2, 2, GIVES_FIRST, OP_NONE, null_if),
    CHOICE("GREATEST", 1, 255, GIVES_COMMON, OP_NONE, greatest),
    CHOICE("LEAST", 1, 255, GIVES_COMMON, OP_NONE, least),
    {.name = "CAST",
     .args_min = 2,
     .args_max = 2,
     .gives = GIVES_CAST,
     .op = OP_CAST,
     .evaluate = cast},
    {.name = "CONVERT",
     .args_min = 2,
     .args_max = 2,
     .gives = GIVES_CAST,
     .op = OP_CAST,
     .evaluate = cast},
};

const struct function_list functions_logic = {list, sizeof list / sizeof *list};
