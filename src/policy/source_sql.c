// SPDX-License-Identifier: Apache-2.0
#include "policy/source_sql.h"

void source_sql_quote(struct slice identifier, struct buf *out)
{
    buf_u8(out, '"');
    for (size_t i = 0; i < identifier.len; i++) {
        if (identifier.at[i] == '"')
            buf_u8(out, '"');
        buf_u8(out, identifier.at[i]);
    }
    buf_u8(out, '"');
}

static void quote(const char *name, struct buf *out)
{
    source_sql_quote(slice_text(name), out);
}

static void table_name(const struct policy_table *t, struct buf *out)
{
    quote(t->schema_name, out);
    buf_text(out, ".");
    quote(t->name, out);
}

static void wanted_columns(const struct policy_table *t, struct buf *out)
{
    buf_text(out, "(");
    for (uint32_t i = 0; i < t->wanted_count; i++) {
        buf_text(out, i ? ", " : "");
        quote(t->columns[t->wanted[i]].name, out);
    }
    buf_text(out, ")");
}

void source_sql_publication_name(const struct policy_source *s, struct buf *out)
{
    buf_print(out, "tamis_%s", s->name);
}

static void publication_identifier(const struct policy_source *s, struct buf *out)
{
    struct buf name = buf_init(256); // a source's name is at most 63 bytes
    source_sql_publication_name(s, &name);
    source_sql_quote(buf_slice(&name), out);
    buf_done(&name);
}

void source_sql_publication(const struct policy_source *s, struct buf *out)
{
    buf_text(out, "CREATE PUBLICATION ");
    publication_identifier(s, out);
    buf_text(out, " FOR TABLE\n");
    for (uint32_t i = 0; i < s->table_count; i++) {
        buf_text(out, "    ");
        table_name(&s->tables[i], out);
        buf_text(out, " ");
        wanted_columns(&s->tables[i], out);
        buf_text(out, i + 1 < s->table_count ? ",\n" : "\n");
    }
    buf_text(out, "    WITH (publish = 'insert,update,delete,truncate', "
                  "publish_via_partition_root = true);\n");
}

static void create_role(const char *name, const char *kind, const char *password_file,
                        struct buf *out)
{
    buf_text(out, "CREATE ROLE ");
    quote(name, out);
    buf_print(out, " LOGIN%s", kind);
    buf_text(out, password_file ? " PASSWORD 'choose one'; -- and put it into the password file\n"
                                : ";\n");
}

static void grant_schemas(const struct policy_source *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        uint32_t earlier = 0;
        while (strcmp(s->tables[earlier].schema_name, s->tables[i].schema_name) != 0)
            earlier++;
        if (earlier < i)
            continue;
        buf_text(out, "GRANT USAGE ON SCHEMA ");
        quote(s->tables[i].schema_name, out);
        buf_text(out, " TO ");
        quote(s->copy_user, out);
        buf_text(out, ";\n");
    }
}

static void grant_columns(const struct policy_source *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        buf_text(out, "GRANT SELECT ");
        wanted_columns(&s->tables[i], out);
        buf_text(out, " ON ");
        table_name(&s->tables[i], out);
        buf_text(out, " TO ");
        quote(s->copy_user, out);
        buf_text(out, ";\n");
    }
}

void source_sql_setup(const struct policy_source *s, struct buf *out)
{
    buf_print(out, "-- For source %s.  Run by a superuser in the database that is mirrored.\n",
              s->name);
    buf_text(out, "-- Needs wal_level = logical.  No table is granted whole.\n\n");
    create_role(s->replication_user, " REPLICATION", s->replication_password_file, out);
    if (strcmp(s->copy_user, s->replication_user) != 0)
        create_role(s->copy_user, "", s->copy_password_file, out);
    buf_text(out, "\n");
    grant_schemas(s, out);
    grant_columns(s, out);
    buf_text(out, "\n");
    source_sql_publication(s, out);
}
