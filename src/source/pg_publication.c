// SPDX-License-Identifier: Apache-2.0
#include "source/pg_publication.h"

#include "base/hash.h"

#include <stdlib.h>

const char pg_watch_sql[] =
    "SELECT md5(concat("
    "(SELECT concat_ws(':', p.oid, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate,"
    " pubviaroot) FROM pg_publication p WHERE p.pubname = $1), '|',"
    "(SELECT string_agg(concat_ws(':', r.oid, r.prrelid, r.prattrs, r.prqual IS NULL), ','"
    " ORDER BY r.oid) FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
    " WHERE p.pubname = $1), '|',"
    "(SELECT string_agg(concat_ws(':', a.attrelid, a.attnum, a.attname, a.atttypid), ','"
    " ORDER BY a.attrelid, a.attnum) FROM pg_attribute a"
    " WHERE a.attrelid = ANY ($2::oid[]) AND a.attnum > 0 AND NOT a.attisdropped), '|',"
    "(SELECT string_agg(concat_ws(':', c.oid, c.relname, c.relreplident), ',' ORDER BY c.oid)"
    " FROM pg_class c WHERE c.oid = ANY ($2::oid[]))))";

enum err pg_watch_compare(const struct source *s, const PGresult *r, struct fault *why)
{
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1)
        return pg_fail(why, s->watch, r);
    if (!slice_is(pg_text(r, 0, 0), s->watched))
        return fail(why, ERR_UNAVAILABLE,
                    "a table or the publication was altered; looking at it anew");
    return OK;
}

static enum err remember(struct source *s, const struct source_sink *sink, struct fault *why)
{
    uint32_t *oids = ARENA_ARRAY(s->session, uint32_t, s->spec->table_count + 1);
    for (uint32_t i = 0; i < s->spec->table_count; i++)
        oids[i] = s->shapes[i].oid;
    buf_reset(&s->sql);
    pg_sql_oids(&s->sql, oids, s->spec->table_count);
    const char *list;
    enum err e = source_sql(s, &list, why);
    if (e)
        return e;
    const char *const parameters[] = {s->spec->publication, list};
    PGresult *r AUTO(pg_clearp) = NULL;
    e = pg_query(s->watch, sink, pg_watch_sql, parameters, 2, &r, why);
    if (e)
        return e;
    struct slice sum = pg_text(r, 0, 0);
    if (sum.len != sizeof s->watched - 1)
        return fail(why, ERR_CORRUPT, "the server's md5 is of %zu letters", sum.len);
    memcpy(s->watched, sum.at, sum.len);
    return OK;
}

// What is wrong with the publication, for words; "" when nothing is.
struct finding {
    bool exists;
    bool is_foreign; // FOR ALL TABLES or a schema: made by people for something else
    char wrong[160];
};

static bool table_is(const struct source_table *t, PGresult *r, int row)
{
    return slice_is(pg_text(r, row, 1), t->schema_name) && slice_is(pg_text(r, row, 2), t->name);
}

static bool wants_column(const struct source_table *t, struct slice name)
{
    for (uint32_t i = 0; i < t->column_count; i++)
        if (slice_is(name, t->columns[i]))
            return true;
    return false;
}

static const struct source_table *wanted_table(const struct source_spec *spec, PGresult *r, int row)
{
    for (uint32_t i = 0; i < spec->table_count; i++)
        if (table_is(&spec->tables[i], r, row))
            return &spec->tables[i];
    return NULL;
}

// Rows are one per published column: relation oid, schema, table, has filter, has no
// list, column.
static void compare_row(const struct source_spec *spec, PGresult *r, int row, struct finding *f)
{
    const struct source_table *t = wanted_table(spec, r, row);
    struct slice table = pg_text(r, row, 2);
    struct slice column = pg_text(r, row, 5);
    if (!t)
        snprintf(f->wrong, sizeof f->wrong, "it has table %.*s, which policy.yml has not",
                 SLICE_PRINT(table));
    else if (pg_true(r, row, 3))
        snprintf(f->wrong, sizeof f->wrong, "table %s has a row filter", t->name);
    else if (pg_true(r, row, 4))
        snprintf(f->wrong, sizeof f->wrong, "table %s has no column list", t->name);
    else if (!wants_column(t, column))
        snprintf(f->wrong, sizeof f->wrong, "table %s sends column %.*s, which is not wanted",
                 t->name, SLICE_PRINT(column));
}

static void compare_table(const struct source_table *t, PGresult *r, struct finding *f)
{
    uint32_t found = 0;
    for (int row = 0; row < PQntuples(r); row++)
        found += table_is(t, r, row);
    if (found == 0)
        snprintf(f->wrong, sizeof f->wrong, "it has not table %s", t->name);
    else if (found < t->column_count)
        snprintf(f->wrong, sizeof f->wrong, "table %s does not send every wanted column", t->name);
}

static enum err look_at_tables(struct source *s, const struct source_sink *sink, struct finding *f,
                               struct fault *why)
{
    static const char sql[] =
        "SELECT r.oid, n.nspname, c.relname, r.prqual IS NOT NULL, r.prattrs IS NULL,"
        " coalesce(a.attname, '')"
        " FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid"
        " JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (r.prattrs::int2[])"
        " WHERE p.pubname = $1 ORDER BY r.oid, a.attnum";
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, &s->spec->publication, 1, &r, why);
    if (e)
        return e;
    uint64_t mark = 0;
    for (int row = 0; row < PQntuples(r); row++) {
        mark = hash_u64(mark ^ pg_oid(r, row, 0));
        if (!f->wrong[0])
            compare_row(s->spec, r, row, f);
    }
    for (uint32_t i = 0; !f->wrong[0] && i < s->spec->table_count; i++)
        compare_table(&s->spec->tables[i], r, f);
    s->facts.publication_mark = (uint32_t)mark;
    return OK;
}

static enum err look(struct source *s, const struct source_sink *sink, struct finding *f,
                     struct fault *why)
{
    static const char sql[] =
        "SELECT puballtables OR EXISTS (SELECT 1 FROM pg_publication_namespace n"
        "  WHERE n.pnpubid = p.oid), pubinsert AND pubupdate AND pubdelete AND pubtruncate,"
        " pubviaroot FROM pg_publication p WHERE pubname = $1";
    *f = (struct finding){0};
    PGresult *r AUTO(pg_clearp) = NULL;
    enum err e = pg_query(s->watch, sink, sql, &s->spec->publication, 1, &r, why);
    if (e)
        return e;
    f->exists = PQntuples(r) > 0;
    if (!f->exists) {
        snprintf(f->wrong, sizeof f->wrong, "it is missing");
        return OK;
    }
    f->is_foreign = pg_true(r, 0, 0);
    if (f->is_foreign)
        snprintf(f->wrong, sizeof f->wrong, "it is for all tables, or for a schema");
    else if (!pg_true(r, 0, 1))
        snprintf(f->wrong, sizeof f->wrong, "it does not publish every kind of change");
    else if (!pg_true(r, 0, 2))
        snprintf(f->wrong, sizeof f->wrong, "publish_via_partition_root is off");
    return look_at_tables(s, sink, f, why);
}

// Words with the statement, as far as it fits; the whole of it is what `tamis source
// sql` prints.
static enum err tell(struct source *s, const struct finding *f, enum err code, const char *because,
                     struct fault *why)
{
    buf_reset(&s->sql);
    pg_sql_publication(&s->sql, s->spec, f->exists);
    if (f->is_foreign)
        return fail(why, ERR_INVALID, "publication \"%s\": %s.  Drop it, or rename the source",
                    s->spec->publication, f->wrong);
    return fail(why, code, "publication \"%s\": %s, and %s.  Run: %.*s", s->spec->publication,
                f->wrong, because, SLICE_PRINT(buf_slice(&s->sql)));
}

static enum err mend(struct source *s, const struct source_sink *sink, const struct finding *f,
                     struct fault *why)
{
    if (f->is_foreign || !s->spec->may_publish)
        return tell(s, f, ERR_INVALID, "it was right when the tables were copied", why);
    buf_reset(&s->sql);
    pg_sql_publication(&s->sql, s->spec, f->exists);
    const char *sql;
    enum err e = source_sql(s, &sql, why);
    if (!e)
        e = pg_command(s->replication, sink, sql, PGRES_COMMAND_OK, why);
    if (e == OK || e == ERR_UNAVAILABLE)
        return e;
    char because[200];
    snprintf(because, sizeof because, "role %s could not mend it (%.120s)", PQuser(s->replication),
             why ? why->words : "");
    return tell(s, f, e, because, why);
}

enum err pg_publication_ensure(struct source *s, const struct source_sink *sink, struct fault *why)
{
    struct finding f;
    enum err e = look(s, sink, &f, why);
    if (!e && f.wrong[0])
        e = mend(s, sink, &f, why);
    // Remembered before the last look, so that a change in between is seen by the watch.
    if (!e)
        e = remember(s, sink, why);
    if (!e)
        e = look(s, sink, &f, why);
    if (!e && f.wrong[0])
        e = tell(s, &f, ERR_INVALID, "it did not become right", why);
    return e;
}
