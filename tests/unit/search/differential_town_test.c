// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "keys/crypto.h"
#include "unit/search/differential.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

// Names that more than one world uses, made once: "n00000" and so on.
static char names[DIFF_NAMES_MAX][8];
static char printed[DIFF_NAMES_MAX][24]; // as pseudonyms are shown
static const char *const outcomes[] = {"ok",    "failed",       "timeout", "it's", "a \"b\" \\c",
                                       "Größe", "\xe2\x82\xac", "OK",      "z z",  "refused"};

static void make_names(void)
{
    for (uint32_t i = 0; i < DIFF_NAMES_MAX && !names[DIFF_NAMES_MAX - 1][0]; i++) {
        // The order of names is not the order in which they are made.
        snprintf(names[i], sizeof names[i], "n%05u", (i * 7919u + 13u) % DIFF_NAMES_MAX % 100000u);
        char bytes[16] = {0};
        memcpy(bytes, names[i], strlen(names[i]));
        struct buf text AUTO(buf_donep) = buf_init(64);
        base64url_print(slice_of(bytes, 16), &text);
        memcpy(printed[i], text.at, text.len);
    }
}

bool diff_one_in(struct diff *d, uint32_t n)
{
    return test_random(&d->random, n) == 0;
}

uint32_t diff_below(struct diff *d, uint32_t n)
{
    return test_random(&d->random, n);
}

const char *diff_print(struct diff *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text;
    int len = vasprintf(&text, format, args);
    va_end(args);
    const char *out = arena_string(d->arena, slice_of(text, len < 0 ? 0 : (size_t)len));
    free(text);
    return out;
}

void diff_sql(struct diff *d, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(d->db, sql, NULL, NULL, &why) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "SQLite: %s: %s", why, sql);
}

// ---- shapes ----

#define CHOOSE(d_, ...)                                                             \
    ({                                                                              \
        static const int64_t choices_[] = {__VA_ARGS__};                            \
        choices_[diff_below((d_), (uint32_t)(sizeof choices_ / sizeof *choices_))]; \
    })

static void choose_gaps(struct diff *d)
{
    for (int i = 0; i < CELLS_MAX_TOWN; i++) {
        d->shape.gap_percent[i] = (uint32_t)CHOOSE(d, 0, 0, 0, 5, 20, 50, 95, 100);
        d->shape.gap_in_runs[i] = diff_one_in(d, 3);
    }
    if (d->shape.gap_percent[E_AT] > 50)
        d->shape.gap_percent[E_AT] = 0;
}

static void choose_shape(struct diff *d)
{
    struct diff_shape *s = &d->shape;
    s->rows = (uint32_t)CHOOSE(d, 0, 1, 50, 300, 1000, 1000, 3000, 3000, 8192, 8193, 20000);
    if (getenv("TAMIS_DIFF_WORLDS") && diff_one_in(d, 12))
        s->rows = 90000;
    s->devices = (uint32_t)CHOOSE(d, 1, 3, 40, 254, 255, 256, 257, 3000);
    s->hosts = (uint32_t)CHOOSE(d, 1, 2, 15, 16, 17, 254, 255, 256, 257, 2000);
    if (s->rows == 90000 && diff_one_in(d, 2))
        s->hosts = (uint32_t)CHOOSE(d, 65534, 65535, 65536, 65537);
    s->models = (uint32_t)CHOOSE(d, 1, 4, 40, 300);
    s->outcomes = 1 + diff_below(d, sizeof outcomes / sizeof *outcomes);
    s->latency_min = CHOOSE(d, 0, 0, -100, 1000000, -(1LL << 40), -32768);
    s->latency_max = s->latency_min + CHOOSE(d, 0, 1, 500, 255, 256, 65535, 65536, 1LL << 33);
    s->start_ms = CHOOSE(d, 1697846400000, 1697846400123, 1699164000000, -86400000, 1679702400000);
    s->span_ms = CHOOSE(d, 1, 7200000, 172800000, 40LL * 86400000, 700LL * 86400000);
    s->score_unit = diff_one_in(d, 2) ? 0.125 : 0.01;
    s->times_ascend = !diff_one_in(d, 3);
    s->floor = diff_below(d, 4);
    s->store.seal_rows = (uint32_t)CHOOSE(d, 0, 200, 200, 1000, 9000, 9000);
    s->store.merge_fan_in = (uint32_t)CHOOSE(d, 0, 2, 3, 8, 64);
    s->store.memory_bytes = (uint64_t)CHOOSE(d, 0, 1, 30000, 300000);
    s->store.group_blocks = (uint32_t)CHOOSE(d, 0, 1, 2);
    if (s->store.seal_rows && s->rows / s->store.seal_rows > 60)
        s->store.seal_rows = s->rows / 40;
    choose_gaps(d);
}

// ---- rows ----

static bool is_gap(struct diff *d, int column, uint32_t key)
{
    uint32_t percent = d->shape.gap_percent[column];
    if (d->shape.gap_in_runs[column])
        return key / 5000 % 100 * 37 % 100 < percent;
    return diff_below(d, 100) < percent;
}

static double random_latency(struct diff *d)
{
    uint64_t width = (uint64_t)(d->shape.latency_max - d->shape.latency_min) + 1;
    uint64_t any = (uint64_t)diff_below(d, 1u << 30) << 20 | diff_below(d, 1u << 20);
    return (double)(d->shape.latency_min + (int64_t)(any % width));
}

static double random_time(struct diff *d, uint32_t key)
{
    uint64_t span = (uint64_t)d->shape.span_ms;
    uint64_t any = (uint64_t)diff_below(d, 1u << 30) << 20 | diff_below(d, 1u << 20);
    if (d->shape.times_ascend && d->shape.rows)
        return (double)(d->shape.start_ms + (int64_t)(span * (key % d->shape.rows) / d->shape.rows +
                                                      any % (span / 50 + 1)));
    return (double)(d->shape.start_ms + (int64_t)(any % span));
}

static struct town_row random_event(struct diff *d, uint32_t key)
{
    const struct diff_shape *s = &d->shape;
    struct town_row row = {.op = ROW_PUT, .key = key};
    struct cell cells[] = {
        [E_DEVICE] = T(names[diff_below(d, s->devices + s->devices / 8 + 1)]),
        [E_OUTCOME] = T(outcomes[diff_below(d, s->outcomes)]),
        [E_LATENCY] = N(random_latency(d)),
        [E_AT] = N(random_time(d, key)),
        [E_OK] = N(diff_below(d, 2)),
        [E_SCORE] = N((diff_below(d, 2000) - 500.0) * s->score_unit),
        [E_HOST] = T(names[diff_below(d, s->hosts)]),
    };
    for (int i = 0; i < CELLS_MAX_TOWN; i++)
        if (!is_gap(d, i, key))
            row.cells[i] = cells[i];
    return row;
}

static struct town_row random_device(struct diff *d, uint32_t key)
{
    struct town_row row = {.op = ROW_PUT, .key = key, .cells = {T(names[key])}};
    if (!diff_one_in(d, 9))
        row.cells[D_MODEL] = T(names[diff_below(d, d->shape.models)]);
    if (!diff_one_in(d, 5))
        row.cells[D_WEIGHT] = N(diff_below(d, 12) / 2.0);
    if (!diff_one_in(d, 5))
        row.cells[D_YEAR] = N(2015 + diff_below(d, 4));
    return row;
}

static struct town_row random_call(struct diff *d, uint32_t key)
{
    struct town_row row = {.op = ROW_PUT, .key = key};
    struct cell cells[] = {
        [C_OUTCOME] = T(outcomes[diff_below(d, d->shape.outcomes)]),
        [C_LATENCY] = N(diff_below(d, 4000) * 0.25),
        [C_AT] = N(random_time(d, key)),
        [C_N] = N(diff_below(d, 100)),
    };
    for (int i = 0; i <= C_N; i++)
        if (!is_gap(d, i, key))
            row.cells[i] = cells[i];
    return row;
}

static struct town_row random_row(struct diff *d, uint32_t table, uint32_t key)
{
    return table == TOWN_EVENTS    ? random_event(d, key)
           : table == TOWN_DEVICES ? random_device(d, key)
                                   : random_call(d, key);
}

static const char *const table_names[] = {"events", "devices", "calls"};

static void bind_cell(sqlite3_stmt *s, int at, enum field_type type, const struct cell *cell)
{
    if (type == FIELD_PSEUDONYM && cell->text)
        sqlite3_bind_text(s, at, printed[(cell->text - names[0]) / (int)sizeof names[0]], -1, NULL);
    else if (type == FIELD_KEYWORD && cell->text)
        sqlite3_bind_text(s, at, cell->text, -1, NULL);
    else if (type == FIELD_DOUBLE && cell->has)
        sqlite3_bind_double(s, at, cell->number);
    else if (cell->has)
        sqlite3_bind_int64(s, at, (int64_t)cell->number);
    else
        sqlite3_bind_null(s, at);
}

static void put_in_sqlite(struct diff *d, uint32_t table, const struct town_row *rows, uint32_t n)
{
    const struct table *t = &town_schema(0)->tables[table];
    sqlite3_stmt *put, *drop;
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO %s_rows VALUES (?%s)", table_names[table],
             t->field_count == 7 ? ",?,?,?,?,?,?,?" : ",?,?,?,?");
    EXPECT_EQ(sqlite3_prepare_v2(d->db, sql, -1, &put, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "DELETE FROM %s_rows WHERE key = ?", table_names[table]);
    EXPECT_EQ(sqlite3_prepare_v2(d->db, sql, -1, &drop, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "DELETE FROM %s_rows", table_names[table]);
    diff_sql(d, "BEGIN");
    for (uint32_t i = 0; i < n; i++) {
        sqlite3_stmt *s = rows[i].op == ROW_PUT ? put : drop;
        sqlite3_bind_int64(s, 1, (int64_t)rows[i].key);
        for (uint32_t f = 0; s == put && f < t->field_count; f++)
            bind_cell(s, (int)f + 2, t->fields[f].type, &rows[i].cells[f]);
        if (rows[i].op == ROW_TRUNCATE)
            diff_sql(d, sql);
        else
            EXPECT_EQ(sqlite3_step(s), SQLITE_DONE);
        sqlite3_reset(s);
    }
    diff_sql(d, "COMMIT");
    sqlite3_finalize(put);
    sqlite3_finalize(drop);
}

static void put(struct diff *d, uint32_t table, const struct town_row *rows, uint32_t n)
{
    if (n == 0)
        return;
    town_put(&d->town, table, rows, n);
    put_in_sqlite(d, table, rows, n);
}

static void grow(struct diff *d, uint32_t table, uint32_t n)
{
    struct town_row *rows = calloc((size_t)n + 1, sizeof *rows);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = random_row(d, table, d->next_key[table]++);
    put(d, table, rows, n);
    free(rows);
}

// Some rows are put anew, some go.
static void change(struct diff *d, uint32_t table, uint32_t n)
{
    uint32_t keys = d->next_key[table];
    struct town_row *rows = calloc((size_t)n + 1, sizeof *rows);
    bool in_a_run = diff_one_in(d, 3);
    uint32_t first = diff_below(d, keys + 1);
    uint32_t deletes_of_4 = diff_below(d, 5);
    for (uint32_t i = 0; i < n && keys; i++) {
        uint32_t key = in_a_run ? (first + i) % keys : diff_below(d, keys);
        rows[i] = random_row(d, table, key);
        if (diff_below(d, 4) < deletes_of_4)
            rows[i] = (struct town_row){.op = ROW_DELETE, .key = key};
    }
    put(d, table, rows, keys ? n : 0);
    free(rows);
}

static void truncate(struct diff *d, uint32_t table)
{
    struct town_row row = {.op = ROW_TRUNCATE};
    put(d, table, &row, 1);
}

static void reopen(struct diff *d)
{
    store_close(d->town.store);
    d->town.store = NULL;
    if (store_open(&d->town.world, town_schema(d->town.floor), &d->shape.store, &d->town.store,
                   &d->town.why) != OK)
        test_fail(__FILE__, __LINE__, "open: %s", d->town.why.words);
}

static void fill(struct diff *d)
{
    const struct diff_shape *s = &d->shape;
    if (diff_one_in(d, 2))
        grow(d, TOWN_DEVICES, s->devices);
    grow(d, TOWN_EVENTS, s->rows / 2);
    grow(d, TOWN_CALLS, s->rows / 5);
    if (diff_one_in(d, 10))
        truncate(d, diff_below(d, TOWN_TABLES));
    if (d->next_key[TOWN_DEVICES] == 0 && !diff_one_in(d, 5))
        grow(d, TOWN_DEVICES, s->devices);
    for (uint32_t i = diff_below(d, 4); i > 0; i--) {
        change(d, TOWN_EVENTS, diff_below(d, s->rows / 4 + 2));
        change(d, TOWN_DEVICES, diff_below(d, s->devices / 4 + 2));
        change(d, TOWN_CALLS, diff_below(d, s->rows / 20 + 2));
    }
    if (diff_one_in(d, 4))
        reopen(d);
    grow(d, TOWN_EVENTS, s->rows - s->rows / 2);
    if (diff_one_in(d, 3))
        change(d, TOWN_EVENTS, diff_below(d, s->rows / 4 + 2));
}

void diff_move(struct diff *d)
{
    uint32_t table = diff_below(d, TOWN_TABLES);
    if (diff_one_in(d, 2))
        grow(d, table, diff_below(d, d->shape.rows / 8 + 2));
    if (diff_one_in(d, 2))
        change(d, table, 1 + diff_below(d, 20));
    if (diff_one_in(d, 40))
        truncate(d, table);
}

// ---- opening ----

static void make_tables(struct diff *d)
{
    EXPECT_EQ(sqlite3_open(":memory:", &d->db), SQLITE_OK);
    diff_add_steps(d);
    diff_sql(d, "CREATE TABLE events_rows (key INTEGER PRIMARY KEY, device TEXT, outcome TEXT, "
                "latency INTEGER, at INTEGER, ok INTEGER, score REAL, host TEXT)");
    diff_sql(d, "CREATE TABLE devices_rows (key INTEGER PRIMARY KEY, id TEXT UNIQUE, model TEXT, "
                "weight REAL, year INTEGER)");
    diff_sql(d, "CREATE TABLE calls_rows (key INTEGER PRIMARY KEY, outcome TEXT, latency REAL, "
                "at INTEGER, n INTEGER)");
    diff_sql(d, "CREATE VIEW asks_1 AS SELECT e.*, d.model AS \"device.model\", d.weight AS "
                "\"device.weight\", d.year AS \"device.year\" FROM events_rows e LEFT JOIN "
                "devices_rows d ON d.id = e.device");
    diff_sql(d, "CREATE VIEW asks_2 AS SELECT * FROM devices_rows");
    diff_sql(d, "CREATE VIEW asks_4 AS SELECT * FROM calls_rows");
    diff_sql(d, "CREATE VIEW asks_5 AS SELECT -1 AS key, device, outcome, CAST(latency AS REAL) AS "
                "latency, at, ok, score, host, \"device.model\", \"device.weight\", "
                "\"device.year\", NULL AS n FROM asks_1 UNION ALL SELECT -1, NULL, outcome, "
                "latency, at, NULL, NULL, NULL, NULL, NULL, NULL, n FROM calls_rows");
}

void diff_open(struct diff *d, uint64_t seed)
{
    make_names();
    *d = (struct diff){.seed = seed, .random = {.state = seed}};
    d->arena = arena_new(256 << 20);
    choose_shape(d);
    make_tables(d);
    d->town = (struct town){.floor = d->shape.floor, .world = fixture_world()};
    d->town.request = arena_new(1u << 30);
    reopen(d);
    fill(d);
}

void diff_change(struct diff *d)
{
    uint32_t devices = diff_one_in(d, 4) ? d->shape.devices / 2 + 2 : 4;
    change(d, TOWN_DEVICES, 1 + diff_below(d, devices));
    if (diff_one_in(d, 3))
        change(d, TOWN_EVENTS, diff_below(d, 200));
    if (diff_one_in(d, 5))
        grow(d, TOWN_EVENTS, diff_below(d, d->shape.rows / 4 + 2));
    if (diff_one_in(d, 12))
        truncate(d, TOWN_DEVICES);
    if (diff_one_in(d, 12))
        reopen(d);
}

void diff_close(struct diff *d)
{
    town_close(&d->town);
    EXPECT_EQ(sqlite3_close(d->db), SQLITE_OK);
    arena_free(d->arena);
}

// ---- fields and values ----

static const struct diff_field fields[] = {
    {"device", "device", FIELD_PSEUDONYM, ASKS_EVENTS, TOWN_EVENTS, E_DEVICE},
    {"outcome", "outcome", FIELD_KEYWORD, ASKS_BOTH, TOWN_EVENTS, E_OUTCOME},
    {"latency", "latency", FIELD_LONG, ASKS_EVENTS, TOWN_EVENTS, E_LATENCY},
    {"latency", "latency", FIELD_DOUBLE, ASKS_CALLS, TOWN_CALLS, C_LATENCY},
    {"at", "at", FIELD_DATE, ASKS_BOTH, TOWN_EVENTS, E_AT},
    {"ok", "ok", FIELD_BOOLEAN, ASKS_EVENTS, TOWN_EVENTS, E_OK},
    {"score", "score", FIELD_DOUBLE, ASKS_EVENTS, TOWN_EVENTS, E_SCORE},
    {"host", "host", FIELD_KEYWORD, ASKS_EVENTS, TOWN_EVENTS, E_HOST},
    {"device.model", "\"device.model\"", FIELD_KEYWORD, ASKS_EVENTS, TOWN_DEVICES, D_MODEL},
    {"device.weight", "\"device.weight\"", FIELD_DOUBLE, ASKS_EVENTS, TOWN_DEVICES, D_WEIGHT},
    {"device.year", "\"device.year\"", FIELD_INTEGER, ASKS_EVENTS, TOWN_DEVICES, D_YEAR},
    {"id", "id", FIELD_PSEUDONYM, ASKS_DEVICES, TOWN_DEVICES, D_ID},
    {"model", "model", FIELD_KEYWORD, ASKS_DEVICES, TOWN_DEVICES, D_MODEL},
    {"weight", "weight", FIELD_DOUBLE, ASKS_DEVICES, TOWN_DEVICES, D_WEIGHT},
    {"year", "year", FIELD_INTEGER, ASKS_DEVICES, TOWN_DEVICES, D_YEAR},
    {"n", "n", FIELD_LONG, ASKS_CALLS, TOWN_CALLS, C_N},
};

static uint32_t kind_of(enum field_type type)
{
    if (field_storage(type) == STORAGE_CODE)
        return DIFF_TEXTS;
    return type == FIELD_DATE ? DIFF_DATES : type == FIELD_BOOLEAN ? DIFF_BOOLEANS : DIFF_NUMBERS;
}

const struct diff_field *diff_field(struct diff *d, uint32_t kinds)
{
    for (uint32_t tries = 0; tries < 1000; tries++) {
        const struct diff_field *f = &fields[diff_below(d, sizeof fields / sizeof *fields)];
        // Of whole and broken numbers together the broken ones are the type.
        if (d->asks == ASKS_BOTH && f->column == E_LATENCY && f->table == TOWN_EVENTS)
            continue;
        if (f->asks & d->asks && kinds & kind_of(f->type))
            return f;
    }
    return NULL;
}

static const char *quoted(struct diff *d, const char *text, char quote, const char *escaped)
{
    struct buf out AUTO(buf_donep) = buf_init(1000);
    buf_u8(&out, (uint8_t)quote);
    for (const char *at = text; *at; at++) {
        if (strchr(escaped, *at))
            buf_u8(&out, quote == '\'' ? '\'' : '\\');
        buf_u8(&out, (uint8_t)*at);
    }
    buf_u8(&out, (uint8_t)quote);
    return arena_string(d->arena, buf_slice(&out));
}

struct diff_literal diff_literal(struct diff *d, const struct diff_field *f)
{
    uint32_t key = diff_below(d, d->next_key[f->table] + 2) % DIFF_NAMES_MAX;
    if (f->table == TOWN_DEVICES && f->column == D_ID)
        key %= DIFF_NAMES_MAX;
    struct town_row row = random_row(d, (uint32_t)f->table, key);
    const struct cell *cell = &row.cells[f->column];
    if (kind_of(f->type) == DIFF_TEXTS) {
        const char *text = cell->text ? cell->text : names[diff_below(d, 300)];
        if (f->type == FIELD_PSEUDONYM && cell->text == NULL)
            text = printed[diff_below(d, 300)];
        else if (f->type == FIELD_PSEUDONYM)
            text = printed[(text - names[0]) / (int)sizeof names[0]];
        return (struct diff_literal){quoted(d, text, '"', "\"\\"), quoted(d, text, '\'', "'")};
    }
    if (f->type == FIELD_BOOLEAN)
        return (struct diff_literal){cell->number != 0 ? "true" : "false",
                                     cell->number != 0 ? "1" : "0"};
    const char *number = diff_print(d, f->type == FIELD_DOUBLE ? "%.17g" : "%.0f", cell->number);
    return (struct diff_literal){number, number};
}

TEST(differential_town_is_the_same_in_both)
{
    struct diff d;
    diff_open(&d, 4);
    sqlite3_stmt *s;
    EXPECT_EQ(sqlite3_prepare_v2(d.db, "SELECT count(*) FROM asks_1", -1, &s, NULL), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(s), SQLITE_ROW);
    EXPECT_EQ(town_ask(&d.town, "events", "{\"size\":0,\"track_total_hits\":true}").total,
              sqlite3_column_int64(s, 0));
    sqlite3_finalize(s);
    diff_close(&d);
}
