// SPDX-License-Identifier: Apache-2.0
#include "source/pg_survey.h"

#include "base/limits.h"
#include "base/num.h"
#include "source/pg_connect.h"
#include "source/pg_sql.h"
#include "source/pg_type.h"

#include <stdio.h>

enum { SQL_BYTES_MAX = 1 << 20, SAMPLE_MS_MAX = 120 * 1000 };

struct surveying {
    const struct source_sink *sink;
    const struct survey_judge *judge;
    PGconn *conn;
    struct arena *arena;
    struct buf sql;
    const char *const *oids; // of the tables, as text
    const double *rows;      // of the tables, by the server's statistics
};

static const char *keep_text(struct surveying *s, const PGresult *r, int row, int column)
{
    return arena_string(s->arena, pg_text(r, row, column));
}

// Partitions are read through their root.
static enum err read_tables(struct surveying *s, struct survey *out, struct fault *why)
{
    static const char sql[] =
        "SELECT c.oid, n.nspname, c.relname, c.reltuples"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'"
        " AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
        " ORDER BY n.nspname <> 'public', n.nspname, c.relname";
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->conn, s->sink, sql, NULL, 0, &r, why);
    if (e)
        return e;
    uint32_t count = (uint32_t)PQntuples(r);
    if (count > LIMIT_TABLES)
        return fail(why, ERR_LIMIT, "the database has %u tables, a policy at most %d", count,
                    LIMIT_TABLES);
    const char **oids = ARENA_ARRAY(s->arena, const char *, count + 1);
    double *rows = ARENA_ARRAY(s->arena, double, count + 1);
    out->tables = ARENA_ARRAY(s->arena, struct survey_table, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        oids[i] = keep_text(s, r, (int)i, 0);
        out->tables[i] = (struct survey_table){.schema_name = keep_text(s, r, (int)i, 1),
                                               .name = keep_text(s, r, (int)i, 2)};
        if (parse_f64(pg_text(r, (int)i, 3), &rows[i]))
            rows[i] = -1;
    }
    s->oids = oids;
    s->rows = rows;
    out->table_count = count;
    return OK;
}

static enum survey_kind kind_of(enum pg_kind kind, bool is_enum)
{
    static const enum survey_kind kinds[PG_KIND_COUNT] = {
        [PG_KIND_BOOL] = SURVEY_BOOLEAN,   [PG_KIND_INT2] = SURVEY_INTEGER,
        [PG_KIND_INT4] = SURVEY_INTEGER,   [PG_KIND_INT8] = SURVEY_LONG,
        [PG_KIND_OID] = SURVEY_LONG,       [PG_KIND_FLOAT4] = SURVEY_NUMBER,
        [PG_KIND_FLOAT8] = SURVEY_NUMBER,  [PG_KIND_TEXT] = SURVEY_TEXT,
        [PG_KIND_BPCHAR] = SURVEY_TEXT,    [PG_KIND_NUMERIC] = SURVEY_NUMBER,
        [PG_KIND_TIMESTAMP] = SURVEY_TIME, [PG_KIND_DATE] = SURVEY_DAY,
        [PG_KIND_UUID] = SURVEY_UUID,      [PG_KIND_INET] = SURVEY_ADDRESS,
    };

    return is_enum ? SURVEY_ENUM : kinds[kind];
}

static void take_column(struct surveying *s, const PGresult *r, int row, struct survey_table *t)
{
    struct slice sort = pg_text(r, row, 3);
    char letter = (char)(sort.len ? sort.at[0] : 0);
    bool refers = !PQgetisnull(r, row, 8);
    enum pg_kind kind = pg_kind_of(pg_oid(r, row, 2), letter, pg_text(r, row, 4));
    struct survey_column *c = &t->columns[t->column_count++];
    *c = (struct survey_column){.name = keep_text(s, r, row, 0),
                                .type = keep_text(s, r, row, 1),
                                .kind = kind_of(kind, letter == 'e'),
                                .is_generated = pg_true(r, row, 5),
                                .is_readable = pg_true(r, row, 6),
                                .is_key = pg_true(r, row, 7),
                                .refers_to = refers ? keep_text(s, r, row, 8) : NULL};
    t->key_count += c->is_key;
}

// Domains are followed down to their base type.
static enum err read_columns(struct surveying *s, uint32_t table, struct survey *out,
                             struct fault *why)
{
    static const char sql[] =
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.oid, b.typtype, b.typname,"
        " a.attgenerated <> '', has_column_privilege(a.attrelid, a.attnum, 'SELECT')"
        "  AND has_schema_privilege(c.relnamespace, 'USAGE'),"
        " EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary"
        "  AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])),"
        " (SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid"
        "  WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum]"
        "  ORDER BY k.oid LIMIT 1)"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN LATERAL ("
        "  WITH RECURSIVE d AS ("
        "   SELECT t.oid, t.typtype, t.typname, t.typbasetype FROM pg_type t"
        "    WHERE t.oid = a.atttypid"
        "   UNION ALL SELECT t.oid, t.typtype, t.typname, t.typbasetype FROM pg_type t"
        "    JOIN d ON t.oid = d.typbasetype WHERE d.typtype = 'd')"
        "  SELECT oid, typtype, typname FROM d WHERE typtype <> 'd') b"
        " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    struct survey_table *t = &out->tables[table];
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->conn, s->sink, sql, &s->oids[table], 1, &r, why);
    if (e)
        return e;
    if (PQntuples(r) > LIMIT_COLUMNS)
        return fail(why, ERR_LIMIT, "table %s has %d columns, a policy's at most %d", t->name,
                    PQntuples(r), LIMIT_COLUMNS);
    t->columns = ARENA_ARRAY(s->arena, struct survey_column, (size_t)PQntuples(r) + 1);
    for (int i = 0; i < PQntuples(r); i++)
        take_column(s, r, i, t);
    return OK;
}

static bool is_sampled(const struct survey_column *c)
{
    return c->is_readable && c->kind != SURVEY_NOT_TAKEN;
}

// Of a large table some of its pages, which the server draws; else its first rows.
static void print_sample(struct surveying *s, uint32_t table, const struct survey_table *t)
{
    const struct source_table name = {.schema_name = t->schema_name, .name = t->name};
    const char *between = "";
    buf_reset(&s->sql);
    buf_text(&s->sql, "SELECT ");
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (!is_sampled(&t->columns[i]))
            continue;
        buf_print(&s->sql, "%sleft(", between);
        pg_sql_identifier(&s->sql, t->columns[i].name);
        buf_print(&s->sql, "::text, %d)", SURVEY_VALUE_BYTES);
        between = ", ";
    }
    buf_text(&s->sql, " FROM ");
    pg_sql_table(&s->sql, &name);
    if (s->rows[table] > 10.0 * SURVEY_ROWS)
        buf_print(&s->sql, " TABLESAMPLE SYSTEM (%.6f)", 200.0 * SURVEY_ROWS / s->rows[table]);
    buf_print(&s->sql, " LIMIT %d", SURVEY_ROWS);
    buf_u8(&s->sql, 0);
}

static void judge_column(const struct surveying *s, const PGresult *r, int place,
                         struct survey_column *c)
{
    for (int row = 0; row < PQntuples(r); row++) {
        struct slice text = pg_text(r, row, place);
        s->judge->value(s->judge->context, c, PQgetisnull(r, row, place) ? NULL : &text);
    }
    s->judge->end(s->judge->context);
}

static enum err sample(struct surveying *s, uint32_t table, struct survey_table *t,
                       struct fault *why)
{
    bool has_any = false;
    for (uint32_t i = 0; i < t->column_count; i++)
        has_any |= is_sampled(&t->columns[i]);
    if (!has_any)
        return OK;
    PGresult *r AUTO(pg_clearp) = NULL;
    print_sample(s, table, t);
    enum err e = buf_end(&s->sql, why);
    const struct pg_question q = {.sql = (const char *)s->sql.at, .timeout_ms = SAMPLE_MS_MAX};
    if (!e)
        e = pg_ask(s->conn, s->sink, &q, &r, why);
    if (e)
        return fail_in(why, e, "table %s", t->name);
    int place = 0;
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (is_sampled(&t->columns[i]))
            judge_column(s, r, place++, &t->columns[i]);
    }
    return OK;
}

enum err pg_survey(const struct source_spec *spec, const struct source_sink *sink,
                   const struct survey_judge *judge, struct arena *arena, struct survey *out,
                   struct fault *why)
{
    struct surveying s = {.sink = sink, .judge = judge, .arena = arena};
    s.sql = buf_init(SQL_BYTES_MAX);
    *out = (struct survey){0};
    enum err e = pg_connect(spec, false, sink, &s.conn, why);
    if (!e)
        e = pg_command(s.conn, sink, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                       PGRES_COMMAND_OK, why);
    if (!e)
        e = read_tables(&s, out, why);
    for (uint32_t i = 0; !e && i < out->table_count; i++) {
        e = read_columns(&s, i, out, why);
        if (!e)
            e = sample(&s, i, &out->tables[i], why);
    }
    PQfinish(s.conn);
    buf_done(&s.sql);
    return e;
}
