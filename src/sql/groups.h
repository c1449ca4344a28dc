// SPDX-License-Identifier: Apache-2.0
#pragma once

// Groups: buckets of the engine's answer, made the inputs of a plan's expressions.
//
// Where keys are made of several buckets (plan.h, is_merged) what their aggregates are made of
// is kept and added up; so an average is the sum of all by the count of all.

#include "search/answer.h"
#include "sql/evaluate.h"
#include "sql/rows.h"

struct group_agg { // what an aggregate is made of
    uint64_t count;
    double sum, min, max, squares, value;
    struct slice text;
    bool has_text;
};

struct groups {
    const struct plan *plan;
    struct evaluation *evaluation;
    struct arena *request;
    struct sql_rows keys; // of each group
    struct group_agg *aggs;
    uint32_t aggs_cap;
};

struct groups groups_of(const struct plan *plan, struct evaluation *v, struct arena *request);

// The group of one bucket; `bucket` NULL: of all rows that were found.
enum err groups_add(struct groups *g, const struct answer *a, const struct bucket *bucket,
                    struct fault *why);
// Those of equal keys to one, where the plan says so; ordered by their keys then.
enum err groups_merge(struct groups *g, struct fault *why);
// The inputs of group `i`: its keys, then its aggregates.
void groups_inputs(const struct groups *g, uint32_t i, struct cell *out);
