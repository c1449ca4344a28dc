// SPDX-License-Identifier: Apache-2.0
#include "policy/suggest.h"
#include "policy/suggest_private.h"

#include <string.h>

// A name as YAML: in double quotes, but for what is plainly a word.
static void print_name(const char *name, struct buf *out)
{
    bool is_plain = true;
    for (const char *at = name; *at; at++)
        is_plain &= (*at >= 'a' && *at <= 'z') || *at == '_';
    if (is_plain) {
        buf_text(out, name);
        return;
    }
    buf_u8(out, '"');
    for (const char *at = name; *at; at++)
        buf_print(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    buf_u8(out, '"');
}

static bool is_field_name(const char *name)
{
    return name[0] && name[0] != '_' && !strpbrk(name, ".*,\"\n\r\t");
}

static void print_column(const struct suggesting *a, const struct proposal *p, struct buf *out)
{
    buf_text(out, "          ");
    print_name(a->column->name, out);
    buf_print(out, ": %.*s # %s: %.*s\n", SLICE_PRINT(buf_slice(&p->treat)), a->column->type,
              SLICE_PRINT(buf_slice(&p->reason)));
}

static void print_key(const struct survey_table *t, struct buf *out)
{
    const char *between = "";
    buf_text(out, t->key_count == 1 ? "        key: " : "        key: [");
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (!t->columns[i].is_key)
            continue;
        buf_text(out, between);
        print_name(t->columns[i].name, out);
        between = ", ";
    }
    buf_text(out, t->key_count == 1 ? "\n" : "]\n");
}

// The first column that enters as a time orders the rows.
static void print_time(const char *time, struct buf *out)
{
    if (!time)
        return;
    buf_text(out, "        time: ");
    print_name(time, out);
    buf_text(out, "\n");
}

// Columns into `columns`; whether one of them enters, and the first time among those.
static bool propose(const struct survey *s, const struct survey_table *t, struct buf *columns,
                    const char **out_time)
{
    bool enters = false;
    for (uint32_t i = 0; i < t->column_count; i++) {
        struct suggesting a = {.survey = s, .table = t, .column = &t->columns[i]};
        struct proposal p;
        if (!is_field_name(a.column->name))
            continue; // as silence would do
        suggest_column(&a, &p);
        enters |= p.enters;
        if (p.enters && !*out_time && a.column->kind == SURVEY_TIME)
            *out_time = a.column->name;
        print_column(&a, &p, columns);
        buf_done(&p.treat);
        buf_done(&p.reason);
    }
    return enters;
}

static bool print_table(const struct survey *s, const struct survey_table *t, struct buf *out)
{
    struct buf columns AUTO(buf_donep) = buf_init(out->limit_bytes);
    const char *time = NULL;
    const char *obstacle = suggest_obstacle(s, t);
    bool enters = !obstacle && propose(s, t, &columns, &time);
    if (!enters && !(!obstacle && suggest_is_subject(s, t))) {
        buf_text(out, "      # ");
        print_name(t->name, out);
        buf_print(out, " stays out: %s\n", obstacle ? obstacle : "nothing of it would enter");
        return false;
    }
    bool is_public = strcmp(t->schema_name, "public") == 0;
    buf_text(out, "      ");
    if (is_public)
        buf_text(out, t->name);
    else
        buf_print(out, "%s.%s", t->schema_name, t->name);
    buf_text(out, ":\n");
    print_key(t, out);
    print_time(time, out);
    buf_text(out, "        columns:\n");
    buf_slice_add(out, buf_slice(&columns));
    return true;
}

static void print_login(const char *key, const char *user, const char *file, struct buf *out)
{
    buf_print(out, "    %s: {user: ", key);
    print_name(user, out);
    if (file) {
        buf_text(out, ", password_file: ");
        print_name(file, out);
    }
    buf_text(out, "}\n");
}

void suggest_print(const struct suggest_source *source, const struct survey *s, struct buf *out)
{
    bool has_any = false;
    buf_print(
        out,
        "# Proposed by tamis policy suggest, from the schema of source %s and a sample of its "
        "rows.\n"
        "# Read every line: a sample shows what there was, not what there may be.  A column "
        "or table\n"
        "# that is deleted here stays behind.  What is dropped and may be needed by an "
        "investigation one\n"
        "# day can be sealed instead: {treat: seal}.\n"
        "sources:\n  %s:\n    postgres: ",
        source->name, source->name);
    print_name(source->conninfo, out);
    buf_text(out, "\n");
    print_login("replication", source->replication_user, source->replication_password_file, out);
    print_login("copy", source->copy_user, source->copy_password_file, out);
    buf_text(out, "    tables:\n");
    for (uint32_t i = 0; i < s->table_count; i++)
        has_any |= print_table(s, &s->tables[i], out);
    if (!has_any)
        buf_text(out, "      {}\n");
}
