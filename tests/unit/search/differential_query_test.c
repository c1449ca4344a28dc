// SPDX-License-Identifier: Apache-2.0
// Random filters: each both as Elasticsearch's JSON and as SQL that is 0 or 1.
#include "unit/search/differential.h"

#include <stdlib.h>

static struct diff_filter leaf(const char *json, const char *sql)
{
    return (struct diff_filter){json, sql};
}

static struct diff_filter any_row(void)
{
    return leaf("{\"match_all\":{}}", "1");
}

static struct diff_filter term(struct diff *d)
{
    const struct diff_field *f = diff_field(d, DIFF_ANY);
    struct diff_literal v = diff_literal(d, f);
    const char *sql = diff_print(d, "ifnull(%s = %s, 0)", f->sql, v.sql);
    if (diff_one_in(d, 3))
        return leaf(diff_print(d, "{\"match\":{\"%s\":%s}}", f->name, v.json), sql);
    return leaf(diff_print(d, "{\"term\":{\"%s\":%s}}", f->name, v.json), sql);
}

static struct diff_filter terms(struct diff *d)
{
    const struct diff_field *f = diff_field(d, DIFF_ANY);
    uint32_t count = 1 + diff_below(d, diff_one_in(d, 5) ? 300 : 6);
    const char *json = "";
    const char *sql = "";
    for (uint32_t i = 0; i < count; i++) {
        struct diff_literal v = diff_literal(d, f);
        json = diff_print(d, "%s%s%s", json, i ? "," : "", v.json);
        sql = diff_print(d, "%s%s%s", sql, i ? "," : "", v.sql);
    }
    return leaf(diff_print(d, "{\"terms\":{\"%s\":[%s]}}", f->name, json),
                diff_print(d, "ifnull(%s IN (%s), 0)", f->sql, sql));
}

static struct diff_filter range(struct diff *d)
{
    const struct diff_field *f = diff_field(d, DIFF_TEXTS | DIFF_NUMBERS | DIFF_DATES);
    if (f->type == FIELD_PSEUDONYM)
        return any_row();
    static const char *const lower[][2] = {{"gte", ">="}, {"gt", ">"}};
    static const char *const upper[][2] = {{"lte", "<="}, {"lt", "<"}};
    uint32_t ends = 1 + diff_below(d, 3); // bits: lower, upper
    const char *json = "";
    const char *sql = "1";
    for (uint32_t end = 1; end <= 2; end++) {
        if (!(ends & end))
            continue;
        const char *const *op = end == 1 ? lower[diff_below(d, 2)] : upper[diff_below(d, 2)];
        struct diff_literal v = diff_literal(d, f);
        if (f->type == FIELD_LONG && diff_one_in(d, 4))
            v.json = v.sql = diff_print(d, "%s.5", v.json);
        json = diff_print(d, "%s%s\"%s\":%s", json, *json ? "," : "", op[0], v.json);
        sql = diff_print(d, "%s AND %s %s %s", sql, f->sql, op[1], v.sql);
    }
    return leaf(diff_print(d, "{\"range\":{\"%s\":{%s}}}", f->name, json),
                diff_print(d, "ifnull(%s, 0)", sql));
}

static struct diff_filter exists(struct diff *d)
{
    const struct diff_field *f = diff_field(d, DIFF_ANY);
    return leaf(diff_print(d, "{\"exists\":{\"field\":\"%s\"}}", f->name),
                diff_print(d, "(%s IS NOT NULL)", f->sql));
}

// Names are an n and digits: parts of such, as a GLOB, as a wildcard and as a regexp.
static struct diff_filter pattern(struct diff *d)
{
    static const char *const pieces[][3] = {{"*", "*", ".*"},
                                            {"*", "*", "@"},
                                            {"?", "?", "."},
                                            {"[0-4]", NULL, "<0-4>"},
                                            {"[^0-4]", NULL, "[^0-4]"},
                                            {"[59]", NULL, "(5|9)"}};
    const struct diff_field *f = diff_field(d, DIFF_TEXTS);
    if (f->type == FIELD_PSEUDONYM)
        return any_row();
    const char *texts[3] = {"n", "n", "n"};
    bool is_regexp = diff_one_in(d, 2);
    for (uint32_t i = 1 + diff_below(d, 6); i > 0; i--) {
        const char *const *piece = pieces[diff_below(d, is_regexp ? 6 : 3)];
        const char *digit = diff_print(d, "%u", diff_below(d, 10));
        bool is_digit = diff_one_in(d, 2);
        for (int k = 0; k < 3; k++)
            texts[k] = diff_print(d, "%s%s", texts[k], is_digit || !piece[k] ? digit : piece[k]);
    }
    const char *sql = diff_print(d, "ifnull(%s GLOB '%s', 0)", f->sql, texts[0]);
    if (is_regexp)
        return leaf(diff_print(d, "{\"regexp\":{\"%s\":\"%s\"}}", f->name, texts[2]), sql);
    return leaf(diff_print(d, "{\"wildcard\":{\"%s\":{\"value\":\"%s\"}}}", f->name, texts[1]),
                sql);
}

static struct diff_filter prefix(struct diff *d)
{
    const struct diff_field *f = diff_field(d, DIFF_TEXTS);
    if (f->type == FIELD_PSEUDONYM)
        return any_row();
    const char *start =
        diff_print(d, "n%.*s", (int)diff_below(d, 3), diff_print(d, "%u", 10 + diff_below(d, 90)));
    return leaf(
        diff_print(d, "{\"prefix\":{\"%s\":\"%s\"}}", f->name, start),
        diff_print(d, "ifnull(substr(%s, 1, length('%s')) = '%s', 0)", f->sql, start, start));
}

// The clauses of one kind of a bool, and how many of them a row meets.
static uint32_t clauses(struct diff *d, const char *kind, uint32_t depth, const char **json,
                        const char **sum)
{
    uint32_t count = 1 + diff_below(d, 3);
    const char *list = "";
    *sum = "0";
    for (uint32_t i = 0; i < count; i++) {
        struct diff_filter f = diff_filter(d, depth);
        list = diff_print(d, "%s%s%s", list, i ? "," : "", f.json);
        *sum = diff_print(d, "%s + %s", *sum, f.sql);
    }
    *json = diff_print(d, "%s%s\"%s\":[%s]", *json, **json ? "," : "", kind, list);
    return count;
}

static struct diff_filter all_of(struct diff *d, uint32_t depth)
{
    const char *json = "";
    const char *sql = "1";
    const char *sum;
    static const char *const kinds[] = {"filter", "must", "must_not"};
    bool must_match = false;
    for (uint32_t k = 0; k < 3; k++) {
        if (!diff_one_in(d, 2))
            continue;
        must_match = must_match || k < 2;
        uint32_t count = clauses(d, kinds[k], depth - 1, &json, &sum);
        sql = diff_print(d, "%s AND %s = %u", sql, sum, k == 2 ? 0 : count);
    }
    bool has_others = *json != '\0';
    if (!has_others || diff_one_in(d, 2)) {
        uint32_t count = clauses(d, "should", depth - 1, &json, &sum);
        uint32_t least = must_match ? 0 : 1; // with must_not alone, one must match as well
        if (diff_one_in(d, 2)) {
            least = 1 + diff_below(d, count);
            json = diff_print(d, "%s,\"minimum_should_match\":%u", json, least);
        }
        sql = diff_print(d, "%s AND %s >= %u", sql, sum, least);
    }
    return leaf(diff_print(d, "{\"bool\":{%s}}", json), diff_print(d, "(%s)", sql));
}

struct diff_filter diff_filter(struct diff *d, uint32_t depth)
{
    switch (diff_below(d, depth ? 11 : 8)) {
    case 0:
    case 1:
        return term(d);
    case 2:
        return terms(d);
    case 3:
    case 4:
        return range(d);
    case 5:
        return exists(d);
    case 6:
        return pattern(d);
    case 7:
        return prefix(d);
    default:
        return all_of(d, depth);
    }
}

TEST(differential_filters_are_one_or_nothing_in_sql)
{
    struct diff d;
    diff_open(&d, 7);
    d.asks = ASKS_EVENTS;
    for (uint32_t i = 0; i < 100; i++) {
        struct diff_filter f = diff_filter(&d, 2);
        sqlite3_stmt *s;
        const char *sql =
            diff_print(&d, "SELECT count(*) FROM asks_1 WHERE (%s) NOT IN (0, 1)", f.sql);
        EXPECT_EQ(sqlite3_prepare_v2(d.db, sql, -1, &s, NULL), SQLITE_OK);
        EXPECT_EQ(sqlite3_step(s), SQLITE_ROW);
        EXPECT_EQ(sqlite3_column_int64(s, 0), 0);
        sqlite3_finalize(s);
    }
    diff_close(&d);
}
