// SPDX-License-Identifier: Apache-2.0
#include "server/mirror_spec.h"

#include "policy/source_sql.h"

enum { PG_NAME_BYTES_MAX = 63 };

// As source_sql names it to the database's owner; PostgreSQL cuts a name that is too long.
static const char *publication_name(const struct policy_source *source, struct arena *session)
{
    struct buf name AUTO(buf_donep) = buf_init(1024);
    source_sql_publication_name(source, &name);
    struct slice text = buf_slice(&name);
    text.len = text.len < PG_NAME_BYTES_MAX ? text.len : PG_NAME_BYTES_MAX;
    return arena_string(session, text);
}

static const char *slot_name(const char *publication, struct arena *session)
{
    struct slice text = slice_text(publication);
    char *name = arena_alloc(session, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.at[i];
        bool is_allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        name[i] = (char)(is_allowed ? c : '_');
    }
    return name;
}

// A raw value's place is its column's place among the wanted ones.
static uint32_t wanted_place(const struct policy_table *t, uint32_t column)
{
    uint32_t place = 0;
    while (place < t->wanted_count && t->wanted[place] != column)
        place++;
    return place;
}

static void make_table(const struct policy_table *t, struct arena *session,
                       struct source_table *out)
{
    const char **columns = ARENA_ARRAY(session, const char *, t->wanted_count + 1);
    for (uint32_t i = 0; i < t->wanted_count; i++)
        columns[i] = t->columns[t->wanted[i]].name;
    uint32_t *keys = ARENA_ARRAY(session, uint32_t, t->key_count + 1);
    for (uint32_t i = 0; i < t->key_count; i++)
        keys[i] = wanted_place(t, t->keys[i]);
    *out = (struct source_table){.schema_name = t->schema_name,
                                 .name = t->name,
                                 .column_count = t->wanted_count,
                                 .columns = columns,
                                 .key_count = t->key_count,
                                 .keys = keys};
}

void mirror_spec_make(const struct policy_source *source, struct arena *session,
                      struct source_spec *out)
{
    struct source_table *tables =
        ARENA_ARRAY(session, struct source_table, source->table_count + 1);
    for (uint32_t i = 0; i < source->table_count; i++)
        make_table(&source->tables[i], session, &tables[i]);
    const char *publication = publication_name(source, session);
    *out = (struct source_spec){.name = source->name,
                                .conninfo = source->conninfo,
                                .publication = publication,
                                .slot = slot_name(publication, session),
                                .table_count = source->table_count,
                                .tables = tables};
}
