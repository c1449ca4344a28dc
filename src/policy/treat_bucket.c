// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "policy/coerce.h"
#include "policy/sieve_column.h"
#include "policy/treatment.h"

#include <math.h>

// Numbers become the name of the bucket they lie in: "18..35" holds 18 and not 35, "..18" and
// "65.." are what lies outside of the edges.  A width has buckets of one size from 0 on.
enum { EDGES_MAX = 256, LABEL_BYTES = 128 };

static const double exact_in_double = 9007199254740992.0; // 2^53
static const char *const wanted[] = {"edges", "width", "allow", NULL};

static enum err read_edges(const struct yaml_tree *list, struct arena *policy,
                           struct policy_column *out, struct fault *why)
{
    if (list->kind != YAML_LIST || list->count == 0 || list->count > EDGES_MAX)
        return yaml_fail(why, list->line, "column %s: edges is a list of 1 to %d numbers",
                         out->name, EDGES_MAX);
    double *edges = ARENA_ARRAY(policy, double, list->count);
    for (const struct yaml_tree *edge = list->first; edge; edge = edge->next) {
        double *at = &edges[out->edge_count];
        if (edge->kind != YAML_TEXT || parse_f64(slice_text(edge->text), at) ||
            (out->edge_count > 0 && *at <= at[-1]))
            return yaml_fail(why, edge->line, "column %s: edges are numbers, each over the last",
                             out->name);
        out->edge_count++;
    }
    out->edges = edges;
    return OK;
}

static enum err declare(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why)
{
    const struct yaml_tree *edges = yaml_tree_get(column, "edges");
    const struct yaml_tree *width = yaml_tree_get(column, "width");
    field->type = FIELD_KEYWORD;
    if (!edges == !width)
        return yaml_fail(why, out->line,
                         "column %s: bucket needs edges: [0, 18, 65], or width: 10, and not both",
                         out->name);
    if (edges)
        return read_edges(edges, policy, out, why);
    if (width->kind != YAML_TEXT || parse_f64(slice_text(width->text), &out->width) ||
        out->width <= 0)
        return yaml_fail(why, width->line, "column %s: width is a number over 0", out->name);
    return OK;
}

static void print_edge(double edge, struct buf *out)
{
    if (edge == floor(edge) && fabs(edge) < exact_in_double)
        buf_print(out, "%lld", (long long)edge);
    else
        print_f64(out, edge);
}

// Edges are few: at most 256.
static void print_by_edges(const struct policy_column *c, double number, struct buf *out)
{
    uint32_t above = 0;
    while (above < c->edge_count && number >= c->edges[above])
        above++;
    if (above > 0)
        print_edge(c->edges[above - 1], out);
    buf_text(out, "..");
    if (above < c->edge_count)
        print_edge(c->edges[above], out);
}

// False where the number is so large that its bucket has no edges.
static bool print_by_width(const struct policy_column *c, double number, struct buf *out)
{
    double place = floor(number / c->width);
    if (!isfinite(place) || fabs(place) >= exact_in_double || !isfinite((place + 1) * c->width))
        return false;
    print_edge(place * c->width, out);
    buf_text(out, "..");
    print_edge((place + 1) * c->width, out);
    return true;
}

static enum err apply(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why)
{
    double number = 0;
    bool missing = false;
    enum err e = coerce_f64(value, &number, &missing, why);
    if (e)
        return e;
    struct buf label AUTO(buf_donep) = buf_init(LABEL_BYTES);
    if (!missing && to->declared->edge_count > 0)
        print_by_edges(to->declared, number, &label);
    else if (!missing)
        missing = !print_by_width(to->declared, number, &label);
    if (missing) {
        sieve_column_missing(to, row);
        return OK;
    }
    return sieve_column_text(to, row, buf_slice(&label), why);
}

// Not scanned: what enters is one of the declared names, never a text of somebody's.
const struct treatment treat_bucket = {
    .name = "bucket",
    .reveals = "In which of the declared buckets the value lies; a bucket with few rows in it may "
               "stand for one of them.",
    .enters = true,
    .wanted = wanted,
    .declare = declare,
    .apply = apply,
};
