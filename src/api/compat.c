// SPDX-License-Identifier: Apache-2.0
#include "api/compat.h"

#include "api/api_private.h"
#include "api/version.h"
#include "query/request.h"

// Names that Elasticsearch has.  Which of them are understood here is asked of the parsers
// themselves, so the document cannot say what is not so.
static const char *const query_names[] = {"match_all",
                                          "match_none",
                                          "bool",
                                          "constant_score",
                                          "term",
                                          "terms",
                                          "range",
                                          "exists",
                                          "ids",
                                          "match",
                                          "match_phrase",
                                          "match_phrase_prefix",
                                          "match_bool_prefix",
                                          "multi_match",
                                          "query_string",
                                          "simple_query_string",
                                          "prefix",
                                          "wildcard",
                                          "regexp",
                                          "fuzzy",
                                          "nested",
                                          "dis_max",
                                          "boosting",
                                          "function_score",
                                          "script",
                                          "script_score",
                                          "more_like_this",
                                          "geo_bounding_box",
                                          "geo_distance",
                                          "has_child",
                                          "has_parent",
                                          "knn"};

static const char *const agg_names[] = {"terms",
                                        "date_histogram",
                                        "histogram",
                                        "range",
                                        "date_range",
                                        "filter",
                                        "filters",
                                        "missing",
                                        "global",
                                        "avg",
                                        "sum",
                                        "min",
                                        "max",
                                        "value_count",
                                        "stats",
                                        "cardinality",
                                        "percentiles",
                                        "extended_stats",
                                        "percentile_ranks",
                                        "composite",
                                        "multi_terms",
                                        "top_hits",
                                        "top_metrics",
                                        "rate",
                                        "auto_date_histogram",
                                        "ip_range",
                                        "nested",
                                        "significant_terms",
                                        "sampler",
                                        "weighted_avg",
                                        "median_absolute_deviation",
                                        "scripted_metric",
                                        "derivative",
                                        "cumulative_sum",
                                        "bucket_script",
                                        "bucket_selector",
                                        "bucket_sort",
                                        "avg_bucket",
                                        "max_bucket",
                                        "min_bucket",
                                        "sum_bucket",
                                        "serial_diff",
                                        "moving_fn",
                                        "moving_avg",
                                        "stats_bucket",
                                        "extended_stats_bucket",
                                        "percentiles_bucket",
                                        "rare_terms",
                                        "adjacency_matrix",
                                        "ip_prefix",
                                        "random_sampler",
                                        "string_stats",
                                        "variable_width_histogram",
                                        "geohash_grid",
                                        "geotile_grid",
                                        "geo_bounds",
                                        "geo_centroid"};

enum { PROBE_ARENA_BYTES = 1 << 20 };

// Only an unknown name is refused with these words; what else is wrong with an empty
// object does not matter.
static bool is_known(const char *text, const char *unknown)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(PROBE_ARENA_BYTES);
    const struct json *body = NULL;
    struct request request;
    struct fault why = {0};
    if (json_parse(slice_text(text), scratch, &body, NULL) != OK)
        return false;
    enum err e = request_parse(body, scratch, &request, &why);
    return e == OK || !strcasestr(why.words, unknown);
}

static void names(struct buf *out, const char *const *list, size_t count, bool are_aggs,
                  bool wanted)
{
    const char *comma = "";
    for (size_t i = 0; i < count; i++) {
        struct buf text = buf_init(256);
        buf_print(&text, are_aggs ? "{\"aggs\":{\"x\":{\"%s\":{}}}}" : "{\"query\":{\"%s\":{}}}",
                  list[i]);
        buf_u8(&text, 0);
        const char *unknown = are_aggs ? "unknown aggregation" : "unknown query";
        if (is_known((const char *)text.at, unknown) == wanted) {
            buf_print(out, "%s`%s`", comma, list[i]);
            comma = ", ";
        }
        buf_done(&text);
    }
    buf_text(out, *comma ? ".\n" : "none.\n");
}

static void route_line(struct buf *out, const struct route *r)
{
    buf_text(out, "| `");
    route_methods_print(r->methods, out);
    buf_print(out, "` | `%s` | `%s` | %s |\n", r->path, action_name(r->action), r->note);
}

static void routes(struct buf *out)
{
    size_t count = 0;
    const struct route_group *const *groups = route_groups(&count);
    for (size_t g = 0; g < count; g++) {
        buf_print(out,
                  "\n### %s\n\n| methods | path | action | note |\n| --- | --- | --- | --- |\n",
                  groups[g]->title);
        for (size_t r = 0; r < groups[g]->count; r++)
            route_line(out, &groups[g]->routes[r]);
    }
}

// What tests/api finds to be otherwise than in an OpenSearch node; each case there says why.
static void differences(struct buf *out)
{
    buf_text(
        out,
        "\n## Found against a cluster\n\n"
        "The same conversations (`tests/api/cases`) run here and against an OpenSearch node\n"
        "(`make check-peers`). What is otherwise here stands in its case with the reason:\n\n"
        "* A row without a value of a sort field has `null` in `sort`, and `search_after` takes\n"
        "  that back; Elasticsearch has the largest or smallest number there, which JavaScript\n"
        "  cannot hold. Booleans are `true` and `false` there.\n"
        "* All rows that match have one constant score; so `boosting` leaves no row out, and a\n"
        "  `_name` is taken and not told (`matched_queries`). `multi_match` needs its fields.\n"
        "* Of nested faults the innermost is told, not the parser that met it; line and column\n"
        "  are those of the value. The HTTP status is the same.\n"
        "* A mistake in the request is a 400 where OpenSearch still has a 500 or 503: a bad\n"
        "  order of buckets, too many buckets.\n"
        "* A number out of an integer's range matches nothing, or everything below it; it is\n"
        "  no error.\n"
        "* `include` and `exclude` of `terms` take no partitions; `df` beside `q`, and words of\n"
        "  `simple_query_string` without `fields`, are refused.\n"
        "* A value is one word: `match_bool_prefix` and `match_phrase_prefix` are a `prefix`, "
        "where\n"
        "  Elasticsearch refuses the second on keywords.\n"
        "* A `range` aggregation on a date shows its bounds as numbers; `date_range` shows\n"
        "  dates. `_index` is no field to aggregate by.\n"
        "* Words that are not understood are refused, not passed over: `sort=at:sideways`,\n"
        "  `typed_keys=maybe`.\n"
        "* `_field_caps`, `_cat/indices`, `_cat/health`, `_cluster/health` and `filter_path` on\n"
        "  errors are as in Elasticsearch 8 where OpenSearch has gone its own way.\n");
}

static void departures(struct buf *out)
{
    buf_text(
        out,
        "\n## Departures on purpose\n\n"
        "* There is no anonymous access. Only `/healthz` and `/readyz` need no credential.\n"
        "* Indices and their mappings come from the policy; they cannot be made or changed here.\n"
        "  Documents are pushed into the indices that it declares for that; deleting one of these\n"
        "  empties it.\n"
        "* `_source` is rebuilt from columns: keys stand in the order of the policy, a field\n"
        "  without a value is left out, a look-up is an object, dates are printed as\n"
        "  `yyyy-MM-ddTHH:mm:ss.SSSZ`.\n"
        "* `_seq_no` is the number of a row, which each write gives anew (a delete takes none);\n"
        "  rows are numbered anew when the server starts, and `_primary_term` is when that was,\n"
        "  in ms: both together never come again, so `if_seq_no` with `if_primary_term` is safe\n"
        "  over restarts. `_version` grows with each write and does not count. Who may not see\n"
        "  all rows sees `_seq_no` -2.\n"
        "* A pseudonym is a `keyword` of 22 characters, and no text: `prefix`, `wildcard` and\n"
        "  `regexp` on one are refused.\n"
        "* A search with `size` above 0 reads rows and needs the role `analyst`; `size: 0` is\n"
        "  an aggregation, which `metrics` may ask too. Under a floor, groups of too few\n"
        "  subjects are not shown, numbers are rounded, `min` and `max` are null, and only\n"
        "  conditions joined by AND may be asked (`explanation/floor.md`).\n"
        "* `top_hits` and `top_metrics` show rows, so they are for roles that read rows, also "
        "with\n"
        "  `size: 0`; together at most 10,000 rows of one request. `top_hits` takes no "
        "`highlight`,\n"
        "  `script_fields` or `explain`.\n"
        "* Counts are exact: `track_total_hits` only bounds what is shown when it is a number.\n"
        "* There are no scripts: `bucket_script`, `bucket_selector` and `moving_fn` take an\n"
        "  arithmetic expression (`reference/expressions.md`), `moving_avg` has no `predict`.\n"
        "* An alias gives no right of its own; see `decisions/054-aliases.md`.\n"
        "* A scroll and a point in time wait at most an hour for the next page, live at most\n"
        "  six, and are for whoever opened them, with the same API key if there was one; to all\n"
        "  others their ids are none. They are for roles that read rows. A caller has at most\n"
        "  100 of them. Every page is permitted anew.\n"
        "* An address that fails to authenticate too often gets 429 with `Retry-After`.\n"
        "* A search that runs out of time is an error (504), never a partial answer.\n");
}

void api_compat_markdown(struct buf *out)
{
    buf_print(out,
              "# What of the Elasticsearch API is here\n\n"
              "Made by the program from its own tables; a test compares. The version reported is\n"
              "%s. Any other path is answered with 400, another method with 405.\n\n"
              "## Endpoints\n",
              API_VERSION);
    routes(out);
    buf_text(out, "\n## Queries\n\nUnderstood: ");
    names(out, query_names, sizeof query_names / sizeof *query_names, false, true);
    buf_text(out, "\nRefused with `parsing_exception`: ");
    names(out, query_names, sizeof query_names / sizeof *query_names, false, false);
    buf_text(out, "\n## Aggregations\n\nUnderstood: ");
    names(out, agg_names, sizeof agg_names / sizeof *agg_names, true, true);
    buf_text(out, "\nRefused with an error: ");
    names(out, agg_names, sizeof agg_names / sizeof *agg_names, true, false);
    departures(out);
    differences(out);
}
