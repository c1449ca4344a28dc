// SPDX-License-Identifier: Apache-2.0
// Random statements, asked of tamis by _sql and of SQLite over the same rows: the same rows come
// back.  SQLite's SQL is written beside ours where the two differ in words.
#include "base/date.h"
#include "json/json_writer.h"
#include "unit/api/talk.h"
#include "unit/query/parse.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ROWS = 400,
    STATEMENTS = 3000,
    TEXT_BYTES = 4096,
    BASE_S = 1575417600, // 2019-12-04
};

struct chance {
    uint64_t state;
};

static uint32_t below(struct chance *c, uint32_t bound)
{
    c->state = c->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((c->state >> 33) % bound);
}

static bool one_in(struct chance *c, uint32_t n)
{
    return below(c, n) == 0;
}

// ---- the rows ----

static const char *const outcomes[] = {"ok", "fail", "late", "O%k", "a_b", "Fail"};
static const char *const hosts[] = {"h1", "h2", "h3", "h10"};

struct event {
    const char *outcome, *host; // NULL: none
    bool has_latency, has_ok, has_score;
    int64_t latency, at_ms;
    bool ok;
    double score;
};

static struct event event_of(struct chance *c)
{
    return (struct event){.outcome = one_in(c, 9) ? NULL : outcomes[below(c, 6)],
                          .host = one_in(c, 6) ? NULL : hosts[below(c, 4)],
                          .has_latency = !one_in(c, 7),
                          .latency = (int64_t)below(c, 60) - 10,
                          .has_ok = !one_in(c, 5),
                          .ok = one_in(c, 2),
                          .has_score = !one_in(c, 8),
                          .score = below(c, 40) / 8.0 - 1,
                          .at_ms = (BASE_S + (int64_t)below(c, 86400 * 120)) * 1000};
}

static void put_event(struct talk *t, const struct event *e, uint32_t i)
{
    struct town_row row = {.op = ROW_PUT, .key = 1000 + i};
    row.cells[E_OUTCOME] = (struct cell){.text = e->outcome};
    row.cells[E_LATENCY] = (struct cell){.number = (double)e->latency, .has = e->has_latency};
    row.cells[E_AT] = (struct cell){.number = (double)e->at_ms, .has = true};
    row.cells[E_OK] = (struct cell){.number = e->ok, .has = e->has_ok};
    row.cells[E_SCORE] = (struct cell){.number = e->score, .has = e->has_score};
    row.cells[E_HOST] = (struct cell){.text = e->host};
    town_put(&t->town, TOWN_EVENTS, &row, 1);
}

static void run_sqlite(sqlite3 *db, const char *sql)
{
    char *words = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", sql, words);
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, at);
}

static void insert(sqlite3_stmt *s, const struct event *e)
{
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    bind_text(s, 1, e->outcome);
    bind_text(s, 2, e->host);
    if (e->has_latency)
        sqlite3_bind_int64(s, 3, e->latency);
    sqlite3_bind_int64(s, 4, e->at_ms);
    if (e->has_ok)
        sqlite3_bind_int(s, 5, e->ok);
    if (e->has_score)
        sqlite3_bind_double(s, 6, e->score);
    EXPECT_EQ(sqlite3_step(s), SQLITE_DONE);
}

static sqlite3 *fill(struct talk *t, struct chance *c)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    EXPECT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
    run_sqlite(db, "PRAGMA case_sensitive_like = ON");
    run_sqlite(db, "CREATE TABLE events (outcome TEXT, host TEXT, latency INTEGER, at INTEGER, ok "
                   "INTEGER, score REAL)");
    EXPECT_EQ(sqlite3_prepare_v2(db, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", -1, &s, NULL),
              SQLITE_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        const struct event e = event_of(c);
        put_event(t, &e, i);
        insert(s, &e);
    }
    sqlite3_finalize(s);
    return db;
}

// The town's first rows are of other tests.
static void empty(struct talk *t)
{
    for (uint64_t key = 10; key < 20; key++) {
        const struct town_row row = {.op = ROW_DELETE, .key = key};
        town_put(&t->town, TOWN_EVENTS, &row, 1);
    }
}

// ---- the statements: ours and SQLite's, side by side ----

struct pair {
    struct buf ours, theirs;
    struct chance *c;
};

static void both(struct pair *p, const char *text)
{
    buf_text(&p->ours, text);
    buf_text(&p->theirs, text);
}

static void each(struct pair *p, const char *ours, const char *theirs)
{
    buf_text(&p->ours, ours);
    buf_text(&p->theirs, theirs);
}

static const char *pick(struct chance *c, const char *const *list, uint32_t count)
{
    return list[below(c, count)];
}

#define PICK(p_, ...)                                 \
    pick((p_)->c, (const char *const[]){__VA_ARGS__}, \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void add_number(struct pair *p)
{
    char text[32];
    snprintf(text, sizeof text, one_in(p->c, 3) ? "%d.5" : "%d", (int)below(p->c, 50) - 5);
    both(p, text);
}

static void add_time(struct pair *p)
{
    char ours[64];
    char theirs[64];
    uint32_t day = below(p->c, 28) + 1;
    uint32_t month = below(p->c, 3) + 1;
    struct date_civil d = {.year = 2020, .month = (int32_t)month, .day = (int32_t)day};
    snprintf(ours, sizeof ours, "'2020-%02u-%02u'", month, day);
    snprintf(theirs, sizeof theirs, "%lld", (long long)date_from_civil(&d));
    each(p, ours, theirs);
}

static void add_comparison(struct pair *p)
{
    const char *sign = PICK(p, "=", "<>", "<", "<=", ">", ">=");
    switch (below(p->c, 5)) {
    case 0:
        both(p, PICK(p, "outcome", "host"));
        both(p, sign);
        both(p, PICK(p, "'ok'", "'fail'", "'h1'", "'h2'", "'nothing'"));
        break;
    case 1:
        both(p, PICK(p, "latency", "score"));
        both(p, sign);
        add_number(p);
        break;
    case 2:
        add_number(p);
        both(p, sign);
        both(p, PICK(p, "latency", "score"));
        break;
    case 3:
        both(p, "at ");
        both(p, PICK(p, "<", "<=", ">", ">="));
        add_time(p);
        break;
    default:
        both(p, "ok");
        break;
    }
}

#define MONTH_START \
    "CAST(strftime('%s', at / 1000, 'unixepoch', 'start of month') AS INTEGER) * 1000"

static void add_step(struct pair *p)
{
    const char *sign = PICK(p, " = ", " <> ", " < ", " <= ", " > ", " >= ");
    if (one_in(p->c, 2)) {
        each(p, "YEAR(at)", "CAST(strftime('%Y', at / 1000, 'unixepoch') AS INTEGER)");
        both(p, sign);
        both(p, PICK(p, "2019", "2020", "2021"));
    } else {
        each(p, "DATE_TRUNC('month', at)", MONTH_START);
        both(p, sign);
        if (one_in(p->c, 2))
            each(p, "'2020-01-01'", "1577836800000");
        else
            add_time(p);
    }
}

static void add_test(struct pair *p)
{
    switch (below(p->c, 8)) {
    case 5:
        add_step(p);
        break;
    case 0:
        both(p, PICK(p, "outcome", "host", "latency", "ok", "score"));
        both(p, PICK(p, " IS NULL", " IS NOT NULL"));
        break;
    case 1:
        both(p, "outcome");
        both(p, PICK(p, " IN ", " NOT IN "));
        both(p, PICK(p, "('ok', 'late')", "('ok')", "('ok', NULL)", "('a', 'b', 'fail', 'Fail')"));
        break;
    case 2:
        both(p, PICK(p, "latency", "latency NOT", "score"));
        both(p, " BETWEEN ");
        add_number(p);
        both(p, " AND ");
        add_number(p);
        break;
    case 3:
        both(p, PICK(p, "outcome", "outcome NOT", "host", "host NOT"));
        both(p, " LIKE ");
        both(p, PICK(p, "'%a%'", "'_'", "'h_'", "'h1%'", "'o%'", "'%'", "'O!%k' ESCAPE '!'",
                     "'%!_%' ESCAPE '!'"));
        break;
    case 4:
        each(p, "LOWER(outcome) = ", "LOWER(outcome) = ");
        both(p, PICK(p, "'fail'", "'ok'", "'Fail'"));
        break;
    default:
        add_comparison(p);
        break;
    }
}

static void add_condition(struct pair *p, uint32_t depth)
{
    if (one_in(p->c, 5))
        both(p, "NOT ");
    if (depth == 0 || one_in(p->c, 2)) {
        both(p, "(");
        add_test(p);
        both(p, ")");
        return;
    }
    const char *word = PICK(p, " AND ", " OR ");
    uint32_t count = 2 + below(p->c, 2);
    both(p, "(");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            both(p, word);
        add_condition(p, depth - 1);
    }
    both(p, ")");
}

static void add_where(struct pair *p)
{
    if (one_in(p->c, 4))
        return;
    both(p, " WHERE ");
    add_condition(p, 2);
}

// ---- groups ----

static const struct {
    const char *ours, *theirs;
    bool is_made; // of several groups
} keys[] = {
    {"outcome", "outcome", false},
    {"host", "host", false},
    {"ok", "ok", false},
    {"latency", "latency", false},
    {"HISTOGRAM(latency, 10)", "CAST(floor(latency / 10.0) AS INTEGER) * 10", false},
    {"DATE_TRUNC('month', at)", MONTH_START, false},
    {"HISTOGRAM(at, INTERVAL 1 DAY)", "at / 86400000 * 86400000", false},
    {"YEAR(at)", "CAST(strftime('%Y', at / 1000, 'unixepoch') AS INTEGER)", false},
    {"MONTH(at)", "CAST(strftime('%m', at / 1000, 'unixepoch') AS INTEGER)", true},
    {"HOUR(at)", "CAST(strftime('%H', at / 1000, 'unixepoch') AS INTEGER)", true},
    {"UPPER(outcome)", "UPPER(outcome)", true},
    {"LENGTH(host)", "LENGTH(host)", true},
    {"latency % 7", "latency % 7", true},
    {"CASE WHEN latency > 20 THEN 'slow' WHEN ok THEN 'ok' ELSE host END",
     "CASE WHEN latency > 20 THEN 'slow' WHEN ok THEN 'ok' ELSE host END", true},
    {"COALESCE(host, outcome, 'none')", "COALESCE(host, outcome, 'none')", true},
};

static const struct {
    const char *ours, *theirs;
    bool is_hard; // does not go with groups made of several
} aggs[] = {
    {"COUNT(*)", "COUNT(*)", false},
    {"COUNT(score)", "COUNT(score)", false},
    {"COUNT(DISTINCT host)", "COUNT(DISTINCT host)", true},
    {"COUNT(DISTINCT latency)", "COUNT(DISTINCT latency)", true},
    {"SUM(latency)", "SUM(latency)", false},
    {"AVG(latency)", "AVG(latency)", false},
    {"SUM(score)", "SUM(score)", false},
    {"MIN(latency)", "MIN(latency)", false},
    {"MAX(score)", "MAX(score)", false},
    {"MIN(outcome)", "MIN(outcome)", false},
    {"MAX(host)", "MAX(host)", false},
    {"MAX(at)", "MAX(at)", false},
    {"SUM(latency) * 2 + COUNT(*)", "SUM(latency) * 2 + COUNT(*)", false},
    {"MAX(latency) - MIN(latency)", "MAX(latency) - MIN(latency)", false},
    {"VAR_POP(latency)", "AVG(latency * latency) - AVG(latency) * AVG(latency)", false},
    {"COUNT(*) FILTER (WHERE ok)", "COUNT(*) FILTER (WHERE ok)", false},
    {"SUM(latency) FILTER (WHERE host = 'h1' OR host IS NULL)",
     "SUM(latency) FILTER (WHERE host = 'h1' OR host IS NULL)", false},
    {"SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END)",
     "SUM(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END)", false},
    {"SUM(CASE WHEN ok THEN latency WHEN host = 'h1' THEN 5 END)",
     "SUM(CASE WHEN ok THEN latency WHEN host = 'h1' THEN 5 END)", false},
    {"AVG(CASE WHEN NOT ok THEN score ELSE 1 END)", "AVG(CASE WHEN NOT ok THEN score ELSE 1 END)",
     false},
    {"COUNT(CASE WHEN latency > 10 THEN host END)", "COUNT(CASE WHEN latency > 10 THEN host END)",
     false},
    {"MIN(CASE WHEN ok THEN latency ELSE 3 END)", "MIN(CASE WHEN ok THEN latency ELSE 3 END)",
     false},
    {"CASE WHEN COUNT(*) > 9 THEN 'many' ELSE 'few' END",
     "CASE WHEN COUNT(*) > 9 THEN 'many' ELSE 'few' END", false},
};

enum { KEYS = sizeof keys / sizeof *keys, AGGS = sizeof aggs / sizeof *aggs };

static bool add_keys(struct pair *p, uint32_t *chosen, uint32_t *out_count)
{
    bool is_made = false;
    *out_count = below(p->c, 4) ? 1 + below(p->c, 2) : 0;
    for (uint32_t i = 0; i < *out_count; i++) {
        chosen[i] = below(p->c, KEYS);
        if (i && chosen[i] == chosen[0])
            chosen[i] = (chosen[i] + 1) % KEYS;
        each(p, keys[chosen[i]].ours, keys[chosen[i]].theirs);
        both(p, ", ");
        is_made |= keys[chosen[i]].is_made;
    }
    return is_made;
}

static void add_aggs(struct pair *p, bool is_made)
{
    uint32_t count = 1 + below(p->c, 3);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = below(p->c, AGGS);
        if (aggs[a].is_hard && is_made)
            a = 0;
        both(p, i ? ", " : "");
        each(p, aggs[a].ours, aggs[a].theirs);
    }
}

static void add_having(struct pair *p)
{
    if (!one_in(p->c, 3))
        return;
    both(p, " HAVING ");
    both(p, PICK(p, "COUNT(*) > 5", "SUM(latency) > 50 OR MAX(host) = 'h3'", "MIN(latency) IS NULL",
                 "NOT AVG(score) < 1"));
}

static void make_groups(struct pair *p)
{
    uint32_t chosen[2];
    uint32_t count = 0;
    both(p, "SELECT ");
    bool is_made = add_keys(p, chosen, &count);
    add_aggs(p, is_made);
    both(p, " FROM events");
    add_where(p);
    for (uint32_t i = 0; i < count; i++) {
        both(p, i ? ", " : " GROUP BY ");
        each(p, keys[chosen[i]].ours, keys[chosen[i]].theirs);
    }
    add_having(p);
    if (count == 0)
        return;
    both(p, " ORDER BY ");
    if (one_in(p->c, 2))
        both(p, PICK(p, "COUNT(*) DESC, ", "SUM(latency) NULLS FIRST, ",
                     "MAX(score) DESC NULLS LAST, "));
    both(p, PICK(p, "1 NULLS LAST", "1 DESC NULLS FIRST", "1 NULLS FIRST"));
    both(p, count > 1 ? ", 2 NULLS FIRST" : "");
    both(p, PICK(p, "", "", " LIMIT 5", " LIMIT 4 OFFSET 3"));
}

// ---- rows ----

static void make_rows(struct pair *p)
{
    both(p, "SELECT ");
    both(p, PICK(p, "outcome, latency", "latency * 2 + 1, UPPER(host)", "score / 2, ok, at",
                 "COALESCE(host, '-'), LENGTH(outcome)", "latency % 5, latency / 3",
                 "CASE WHEN ok THEN 'y' ELSE outcome END", "latency IS NULL, score > 1",
                 "ABS(latency), ROUND(score, 1)"));
    both(p, ", at, latency FROM events");
    add_where(p);
    both(p, " ORDER BY at");
    both(p, PICK(p, "", " DESC", ", latency NULLS FIRST"));
    both(p, PICK(p, "", "", " LIMIT 20", " LIMIT 7 OFFSET 9"));
}

static void make_distinct(struct pair *p)
{
    both(p, "SELECT DISTINCT ");
    both(p, PICK(p, "outcome, host", "ok, host", "UPPER(outcome), ok", "host IS NULL, latency"));
    both(p, " FROM events");
    add_where(p);
    both(p, " ORDER BY 1 NULLS FIRST, 2 DESC NULLS LAST");
}

// ---- comparing ----

static double time_of(struct slice text)
{
    int64_t ms = 0;
    return date_parse(text, slice_of(NULL, 0), date_zone_utc(), false, &ms, NULL) == OK ? (double)ms
                                                                                        : NAN;
}

static bool same_number(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(a));
}

static bool same_value(const struct json *v, sqlite3_stmt *s, int column)
{
    double n = 0;
    switch (v->type) {
    case JSON_NULL:
        return sqlite3_column_type(s, column) == SQLITE_NULL;
    case JSON_BOOL:
        return sqlite3_column_type(s, column) == SQLITE_INTEGER &&
               sqlite3_column_int(s, column) == v->truth;
    case JSON_NUMBER:
        return sqlite3_column_type(s, column) != SQLITE_NULL && json_f64(v, &n, NULL) == OK &&
               same_number(n, sqlite3_column_double(s, column));
    case JSON_STRING:
        if (sqlite3_column_type(s, column) == SQLITE_TEXT)
            return slice_is(v->text, (const char *)sqlite3_column_text(s, column));
        return same_number(time_of(v->text), sqlite3_column_double(s, column));
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return false;
}

// How many they were.
static uint32_t check_rows(const struct pair *p, const struct json *rows, sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    const char *theirs = (const char *)p->theirs.at;
    if (sqlite3_prepare_v2(db, theirs, -1, &s, NULL) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", theirs, sqlite3_errmsg(db));
    uint32_t row = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (row == rows->count)
            test_fail(__FILE__, __LINE__, "%s\n%s\nhas only %u rows", p->ours.at, theirs, row);
        for (int c = 0; c < sqlite3_column_count(s); c++) {
            const struct json *v = &rows->items[row].items[c];
            if (!same_value(v, s, c))
                test_fail(__FILE__, __LINE__, "%s\n%s\nrow %u column %d: '%.*s', not '%s'",
                          p->ours.at, theirs, row, c, SLICE_PRINT(v->text),
                          sqlite3_column_text(s, c));
        }
        row++;
    }
    if (row != rows->count)
        test_fail(__FILE__, __LINE__, "%s\n%s\n%u rows, not %u", p->ours.at, theirs, rows->count,
                  row);
    sqlite3_finalize(s);
    return row;
}

static const struct json *ask(struct talk *t, const struct pair *p, struct arena *scratch)
{
    struct buf body AUTO(buf_donep) = buf_init(2 * TEXT_BYTES);
    struct json_writer w = json_writer_to(&body);
    json_object(&w);
    json_key(&w, "query");
    json_text(&w, (const char *)p->ours.at);
    json_end(&w);
    buf_u8(&body, 0);
    if (talk_ask(t, ROLE_ANALYST, "POST /_sql", (const char *)body.at) != 200)
        test_fail(__FILE__, __LINE__, "%s\n%s", p->ours.at, t->text);
    const struct json *reply = NULL;
    EXPECT_EQ(json_parse(slice_text(t->text), scratch, &reply, NULL), OK);
    return json_get(reply, "rows");
}

static uint32_t one(struct talk *t, sqlite3 *db, struct chance *c)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(16 << 20);
    struct pair p = {buf_init(TEXT_BYTES), buf_init(TEXT_BYTES), c};
    uint32_t kind = below(c, 10);
    if (kind < 3)
        make_rows(&p);
    else if (kind < 4)
        make_distinct(&p);
    else
        make_groups(&p);
    buf_u8(&p.ours, 0);
    buf_u8(&p.theirs, 0);
    uint32_t rows = check_rows(&p, ask(t, &p, scratch), db);
    buf_done(&p.ours);
    buf_done(&p.theirs);
    return rows;
}

TEST(sql_answers_random_statements_as_sqlite_does)
{
    struct talk t;
    struct chance c = {20260701};
    const char *seed = getenv("TAMIS_SQL_SEED");
    if (seed)
        c.state = strtoull(seed, NULL, 10);
    talk_open(&t, 0);
    empty(&t);
    sqlite3 *db = fill(&t, &c);
    uint32_t statements = SANITIZED ? STATEMENTS / 10 : STATEMENTS;
    uint32_t answered = 0; // with any row
    for (uint32_t i = 0; i < statements; i++)
        answered += one(&t, db, &c) > 0;
    EXPECT(answered > statements / 2);
    sqlite3_close(db);
    talk_close(&t);
}
