// SPDX-License-Identifier: Apache-2.0
#pragma once

// The engine beside SQLite: the same random rows in both, random questions, and the whole
// answers compared.
//
// A world is one random shape of the town (town.h): how many rows, which values, where the
// gaps are, how the rows were changed, into how many segments they fell.  A case is one
// question to it.  Both follow from one number, the seed.  What fails says which:
//
//     TAMIS_DIFF_SEED=123 build/debug/unit differential      that world alone
//     TAMIS_DIFF_WORLDS=2000 build/debug/unit differential   a long run
//
//     differential_town_test.c    the rows, in both
//     differential_steps_test.c   steps of histograms, by the C library's time zones
//     differential_query_test.c   random filters
//     differential_agg_test.c     random aggregations
//     differential_check_test.c   what SQLite says, compared bucket by bucket
//     differential_test.c         worlds and cases; makes a failing case smaller

#include "unit/search/town.h"
#include "unit/store/fixture.h"

#include <sqlite3.h>

enum { DIFF_NAMES_MAX = 70000, DIFF_STEPS_MAX = 64, DIFF_SUBS_MAX = 3 };

// Which tables are asked: a bit each.
enum { ASKS_EVENTS = 1, ASKS_DEVICES = 2, ASKS_CALLS = 4, ASKS_BOTH = ASKS_EVENTS | ASKS_CALLS };

// How the columns of the world look: each a count of different values, or a share of rows
// without one in percent.
struct diff_shape {
    uint32_t rows, devices, hosts, models, outcomes;
    int64_t latency_min, latency_max, start_ms, span_ms;
    double score_unit;
    uint32_t gap_percent[CELLS_MAX_TOWN];
    bool gap_in_runs[CELLS_MAX_TOWN];
    bool times_ascend;
    uint32_t floor; // subjects that a role of metrics sees at least
    struct store_options store;
};

// The steps of one histogram.
struct diff_steps {
    bool is_date;
    int unit;         // of enum date_unit; -1: fixed
    int64_t fixed_ms; // is_date
    int zone;         // of diff_zones
    double interval, offset;
};

struct diff {
    uint64_t seed;
    struct test_random random;
    struct diff_shape shape;
    struct town town;
    sqlite3 *db;
    struct arena *arena; // of one case
    uint32_t next_key[TOWN_TABLES];
    uint32_t asks; // of one case
    bool has_floor;
    struct diff_steps steps[DIFF_STEPS_MAX];
    uint32_t step_count, alias_count;
};

// ---- rows ----

void diff_open(struct diff *d, uint64_t seed);
void diff_change(struct diff *d); // a few rows, mostly of devices, which events look up
void diff_close(struct diff *d);
void diff_sql(struct diff *d, const char *sql);
void diff_move(struct diff *d); // some rows come, change and go, in both

// ---- fields and values ----

struct diff_field {
    const char *name;
    const char *sql; // quoted
    enum field_type type;
    uint32_t asks; // indices that have it
    int table, column;
};

enum { DIFF_TEXTS = 1, DIFF_NUMBERS = 2, DIFF_DATES = 4, DIFF_BOOLEANS = 8, DIFF_ANY = 15 };

const struct diff_field *diff_field(struct diff *d, uint32_t kinds);

struct diff_literal {
    const char *json, *sql;
};

// A value that the field has, mostly.
struct diff_literal diff_literal(struct diff *d, const struct diff_field *f);

bool diff_one_in(struct diff *d, uint32_t n);
uint32_t diff_below(struct diff *d, uint32_t n);
const char *diff_print(struct diff *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---- filters ----

struct diff_filter {
    const char *json, *sql; // the SQL is 0 or 1, never NULL
};

struct diff_filter diff_filter(struct diff *d, uint32_t depth);

// ---- steps ----

extern const char *const diff_zones[];

enum { DIFF_ZONES = 6 };

int64_t diff_date_floor(const struct diff_steps *s, int64_t ms);
int64_t diff_date_next(const struct diff_steps *s, int64_t start);
double diff_step_index(const struct diff_steps *s, double value);
void diff_add_steps(struct diff *d); // to its SQLite
bool diff_zone_is_even(int zone);    // no clock is put forward or back there

// ---- aggregations ----

struct diff_agg {
    enum agg_kind kind;
    const char *name, *type;
    const struct diff_field *field; // NULL without
    const char *params;             // JSON, without braces
    const char *key;                // SQL: of a bucket its key, of numbers the value
    const char *from, *where;       // SQL: what a bucket adds; NULL: nothing
    uint32_t key_count;             // filters, ranges: how many
    uint32_t size;
    uint64_t min_doc_count;
    const char *order;   // SQL over k, n and o
    const char *ordered; // SQL: what o is; NULL: nothing
    const char *number;  // SQL: what a parent may be ordered by; NULL: nothing
    const struct diff_steps *steps;
    double percents[4];
    uint32_t percent_count;
    struct diff_agg *subs[DIFF_SUBS_MAX];
    uint32_t sub_count;
    // while it is compared
    const struct diff_agg *up;
    uint32_t depth; // buckets it is in
    sqlite3_stmt *rows;
};

struct diff_case {
    struct diff_filter filter;
    struct diff_agg *aggs[DIFF_SUBS_MAX];
    uint32_t agg_count;
    const char *sort_json, *sort_sql, *sort_order; // NULL: no rows are asked for
    uint32_t from, size;
};

struct diff_agg *diff_agg(struct diff *d, uint32_t depth, bool is_top);
const char *diff_case_json(struct diff *d, const struct diff_case *c);

// NULL, or words that tell the first difference.
const char *diff_check(struct diff *d, const struct diff_case *c, const struct answer *a);
