// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan in the making, for the files plan*.c.

#include "sql/plan.h"

struct planning {
    const struct planner *from;
    struct binder binder;
    struct statement *statement;
    struct plan *plan;
    struct expr **groups; // bound
    uint32_t group_count;
    struct plan_source *sources;
    struct plan_agg *aggs;
    const struct expr **keys;
    struct expr *agg_calls[PLAN_AGGS_MAX]; // of aggs[i]; NULL: made here
    int *columns;                          // rows: inputs
};

// Names of SELECT's items in GROUP BY, HAVING and ORDER BY: plan_names.c.
enum err plan_expand(struct planning *p);         // * to all columns
enum err plan_resolve_groups(struct planning *p); // ordinals and aliases
enum err plan_resolve_orders(struct planning *p);
// Aliases within an expression; names of columns are these first.
struct expr *plan_alias(struct planning *p, struct expr *e);
enum err plan_groups(struct planning *p); // plan_groups.c

// An aggregate call to an expression over inputs: plan_agg.c, plan_case.c.
enum err plan_aggregate(struct planning *p, struct expr *call, struct expr **out);
enum err plan_case_aggregate(struct planning *p, struct expr *call, struct expr **out);
// Input of an aggregation, made if there is none like it.
enum err plan_add_agg(struct planning *p, const struct expr *call, const struct plan_agg *agg,
                      struct expr **out);
struct expr *plan_input(struct planning *p, const struct expr *like, uint32_t input,
                        enum sql_type type);
struct expr *plan_call(struct planning *p, const char *function, enum sql_type type,
                       struct expr *const *args, uint32_t count);
struct expr *plan_constant(struct planning *p, struct cell value);
// A copy whose arguments may be others.
struct expr *plan_copy(struct planning *p, const struct expr *e);
