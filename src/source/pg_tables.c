// SPDX-License-Identifier: Apache-2.0

// The half of the preflight that looks at tables.
#include "base/num.h"
#include "source/pg_preflight.h"

static enum err explain_kind(const struct source_table *t, PGresult *r, struct fault *why)
{
    struct slice kind = pg_text(r, 0, 1);
    struct slice persistence = pg_text(r, 0, 2);
    struct slice identity = pg_text(r, 0, 3);
    if (!slice_is(kind, "r") && !slice_is(kind, "p"))
        return fail(why, ERR_INVALID, "%s.%s is not a table", t->schema_name, t->name);
    if (!slice_is(persistence, "p"))
        return fail(why, ERR_INVALID,
                    "table %s is unlogged or temporary: its changes are in no log", t->name);
    if (slice_is(identity, "f"))
        return fail(why, ERR_INVALID,
                    "table %s has REPLICA IDENTITY FULL: with a column list PostgreSQL would "
                    "refuse its own UPDATEs and DELETEs.  Run ALTER TABLE %s.%s REPLICA "
                    "IDENTITY DEFAULT",
                    t->name, t->schema_name, t->name);
    if (slice_is(identity, "n"))
        return fail(why, ERR_INVALID,
                    "table %s has REPLICA IDENTITY NOTHING: its UPDATEs and DELETEs would be "
                    "refused.  Run ALTER TABLE %s.%s REPLICA IDENTITY DEFAULT",
                    t->name, t->schema_name, t->name);
    if (pg_true(r, 0, 5))
        return fail(why, ERR_INVALID, "table %s has inheritance children, which is not taken",
                    t->name);
    if (pg_true(r, 0, 6))
        return fail(why, ERR_INVALID,
                    "table %s hides rows from the copy role by row-level security: give the role "
                    "BYPASSRLS or a policy for all rows",
                    t->name);
    return OK;
}

// The estimate of a partitioned table is the sum of its leaves'.
static enum err check_table(struct source *s, const struct source_sink *sink,
                            const struct source_table *t, struct pg_shape *out, struct fault *why)
{
    static const char sql[] =
        "SELECT c.oid, c.relkind, c.relpersistence, c.relreplident,"
        " CASE c.relkind WHEN 'p' THEN (SELECT sum(greatest(l.reltuples, 0))"
        "   FROM pg_partition_tree(c.oid) p JOIN pg_class l ON l.oid = p.relid WHERE p.isleaf)"
        "  ELSE c.reltuples END,"
        " c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid),"
        " row_security_active(c.oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = $1 AND c.relname = $2";
    const char *const parameters[] = {t->schema_name, t->name};
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, parameters, 2, &r, why);
    if (e)
        return e;
    if (PQntuples(r) == 0)
        return fail(why, ERR_INVALID, "the database has no table %s.%s", t->schema_name, t->name);
    e = explain_kind(t, r, why);
    if (e)
        return e;
    out->oid = pg_oid(r, 0, 0);
    out->is_partitioned = slice_is(pg_text(r, 0, 1), "p");
    if (parse_f64(pg_text(r, 0, 4), &out->rows_estimated))
        out->rows_estimated = -1;
    return OK;
}

static enum err check_column(const struct source_table *t, uint32_t column, PGresult *r, int row,
                             struct pg_shape *out, struct fault *why)
{
    const char *name = t->columns[column];
    if (row < 0)
        return fail(why, ERR_INVALID, "table %s has no column %s", t->name, name);
    struct slice type = pg_text(r, row, 5);
    struct slice sort = pg_text(r, row, 3);
    out->type_oids[column] = pg_oid(r, row, 1);
    out->kinds[column] =
        pg_kind_of(pg_oid(r, row, 2), (char)(sort.len ? sort.at[0] : 0), pg_text(r, row, 4));
    if (out->kinds[column] == PG_KIND_NONE)
        return fail(why, ERR_INVALID,
                    "table %s, column %s: type %.*s is not taken; drop the column in policy.yml",
                    t->name, name, SLICE_PRINT(type));
    if (pg_true(r, row, 6))
        return fail(why, ERR_INVALID,
                    "table %s, column %s is generated, and PostgreSQL does not send generated "
                    "columns; drop it in policy.yml",
                    t->name, name);
    if (!pg_true(r, row, 7))
        return fail(why, ERR_DENIED,
                    "the copy role may not read %s.%s.  Run GRANT SELECT (%s) ON %s.%s TO the "
                    "copy role, and GRANT USAGE ON SCHEMA %s",
                    t->name, name, name, t->schema_name, t->name, t->schema_name);
    return OK;
}

static int find_row(PGresult *r, const char *name)
{
    for (int i = 0; i < PQntuples(r); i++)
        if (slice_is(pg_text(r, i, 0), name))
            return i;
    return -1;
}

// Domains are followed down to their base type.
static enum err check_columns(struct source *s, const struct source_sink *sink,
                              const struct source_table *t, struct pg_shape *out, struct fault *why)
{
    static const char sql[] =
        "SELECT a.attname, a.atttypid, b.oid, b.typtype, b.typname,"
        " format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',"
        " has_column_privilege(a.attrelid, a.attnum, 'SELECT')"
        "  AND has_schema_privilege(c.relnamespace, 'USAGE')"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN LATERAL ("
        "  WITH RECURSIVE d AS ("
        "   SELECT t.oid, t.typtype, t.typname, t.typbasetype FROM pg_type t"
        "    WHERE t.oid = a.atttypid"
        "   UNION ALL SELECT t.oid, t.typtype, t.typname, t.typbasetype FROM pg_type t"
        "    JOIN d ON t.oid = d.typbasetype WHERE d.typtype = 'd')"
        "  SELECT oid, typtype, typname FROM d WHERE typtype <> 'd') b"
        " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped";
    char oid[16];
    snprintf(oid, sizeof oid, "%u", out->oid);
    const char *const parameters[] = {oid};
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, parameters, 1, &r, why);
    for (uint32_t i = 0; !e && i < t->column_count; i++)
        e = check_column(t, i, r, find_row(r, t->columns[i]), out, why);
    return e;
}

// Deletes and key changes are told by the replica identity alone, so it must be the key
// that names our rows.  INCLUDE columns of its index do not belong to it.
static enum err check_identity(struct source *s, const struct source_sink *sink,
                               const struct source_table *t, const struct pg_shape *shape,
                               struct fault *why)
{
    static const char sql[] =
        "SELECT a.attname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid"
        " JOIN pg_attribute a ON a.attrelid = c.oid"
        "  AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])"
        " WHERE c.oid = $1::oid AND i.indisvalid AND CASE c.relreplident"
        "  WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END";
    char oid[16];
    snprintf(oid, sizeof oid, "%u", shape->oid);
    const char *const parameters[] = {oid};
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, parameters, 1, &r, why);
    if (e)
        return e;
    if (t->key_count == 0)
        return fail(why, ERR_INVALID, "table %s: policy.yml names no key", t->name);
    if (PQntuples(r) == 0)
        return fail(why, ERR_INVALID,
                    "table %s has no primary key: without one its UPDATEs and DELETEs would be "
                    "refused once it is published",
                    t->name);
    bool is_same = PQntuples(r) == (int)t->key_count;
    for (uint32_t k = 0; is_same && k < t->key_count; k++)
        is_same = find_row(r, t->columns[t->keys[k]]) >= 0;
    if (!is_same)
        return fail(why, ERR_INVALID,
                    "table %s: the key in policy.yml is not the table's primary key (or its "
                    "replica identity)",
                    t->name);
    return OK;
}

static enum err check_leaves(struct source *s, const struct source_sink *sink,
                             const struct source_table *t, const struct pg_shape *shape,
                             struct fault *why)
{
    static const char sql[] = "SELECT c.relname FROM pg_partition_tree($1::oid) p"
                              " JOIN pg_class c ON c.oid = p.relid"
                              " WHERE p.isleaf AND (c.relkind <> 'r' OR c.relpersistence <> 'p'"
                              "  OR c.relreplident NOT IN ('d', 'i')) LIMIT 1";
    if (!shape->is_partitioned)
        return OK;
    char oid[16];
    snprintf(oid, sizeof oid, "%u", shape->oid);
    const char *const parameters[] = {oid};
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, parameters, 1, &r, why);
    if (!e && PQntuples(r) > 0)
        e = fail(why, ERR_INVALID,
                 "table %s: partition %.*s is foreign, unlogged, or has no replica identity of "
                 "its key",
                 t->name, SLICE_PRINT(pg_text(r, 0, 0)));
    return e;
}

static enum err check_one(struct source *s, const struct source_sink *sink, uint32_t index,
                          struct fault *why)
{
    const struct source_table *t = &s->spec->tables[index];
    struct pg_shape *shape = &s->shapes[index];
    *shape = (struct pg_shape){
        .table = t,
        .type_oids = ARENA_ARRAY(s->session, uint32_t, t->column_count + 1),
        .kinds = ARENA_ARRAY(s->session, enum pg_kind, t->column_count + 1),
    };
    enum err e = check_table(s, sink, t, shape, why);
    if (!e)
        e = check_columns(s, sink, t, shape, why);
    if (!e)
        e = check_identity(s, sink, t, shape, why);
    if (!e)
        e = check_leaves(s, sink, t, shape, why);
    return e;
}

enum err pg_preflight_tables(struct source *s, const struct source_sink *sink, struct fault *why)
{
    s->shapes = ARENA_ARRAY(s->session, struct pg_shape, s->spec->table_count + 1);
    for (uint32_t i = 0; i < s->spec->table_count; i++) {
        enum err e = check_one(s, sink, i, why);
        if (e)
            return e;
    }
    return OK;
}
