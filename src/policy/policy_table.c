// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/limits.h"
#include "policy/detector.h"
#include "policy/name_words.h"
#include "policy/policy_private.h"
#include "policy/treatment.h"

// What one table's parts are gathered in.
struct table_draft {
    struct policy_draft *d;
    const struct yaml_tree *node;
    struct policy_table *out;
    struct policy_column *columns;
    struct field *fields;
    struct table *table;
    bool is_pushed;
};

// The index name of Elasticsearch's rules: lower case, none of \ / * ? " < > | , # :
// nor blank, and not starting with _ - + nor a point.
static enum err check_table_name(const char *name, uint32_t line, struct fault *why)
{
    size_t len = strlen(name);
    if (len == 0 || len > LIMIT_NAME_BYTES)
        return yaml_fail(why, line, "a table's name must be 1 to %d bytes", LIMIT_NAME_BYTES);
    for (const char *at = name; *at; at++) {
        if (*at <= ' ' || *at == 0x7f || (*at >= 'A' && *at <= 'Z') || strchr("\\/*?\"<>|,#:", *at))
            return yaml_fail(why, line,
                             "table %.255s: an index name is lower case, without blanks and "
                             "\\ / * ? \" < > | , # :",
                             name);
    }
    if (strchr("_-+.", name[0]))
        return yaml_fail(why, line, "table %.255s: an index name starts with no _ - + or point",
                         name);
    return OK;
}

// A point in a field's name means a look-up, a leading _ Elasticsearch's own fields.
static enum err check_column_name(const struct yaml_tree *column, struct fault *why)
{
    const char *name = column->name;
    if (name[0] == '\0' || strlen(name) > LIMIT_NAME_BYTES)
        return yaml_fail(why, column->line, "a column's name must be 1 to %d bytes",
                         LIMIT_NAME_BYTES);
    if (name[0] == '_' || strpbrk(name, ".*,\"\n\r\t"))
        return yaml_fail(why, column->line,
                         "column %.255s: a field starts with no _ and holds no . * , or quote",
                         name);
    return OK;
}

static enum err unknown_treatment(const struct yaml_tree *treat, struct fault *why)
{
    struct buf names AUTO(buf_donep) = buf_init(1024);
    treatment_names(&names);
    return yaml_fail(why, treat->line, "%.255s is no treatment; there are: %.*s", treat->text,
                     SLICE_PRINT(buf_slice(&names)));
}

static enum err check_options(const struct yaml_tree *column, const struct treatment *treat,
                              struct fault *why)
{
    for (const struct yaml_tree *key = column->first; key; key = key->next) {
        const char *const *wanted = treat->wanted;
        while (*wanted && strcmp(*wanted, key->name) != 0)
            wanted++;
        if (!*wanted && strcmp(key->name, "treat") != 0)
            return yaml_fail(why, key->line, "column %s: %.255s is no key of treatment %s",
                             column->name, key->name, treat->name);
    }
    return OK;
}

static enum err note_lookup(struct policy_draft *d, const struct yaml_tree *column,
                            struct field *field)
{
    const struct yaml_tree *lookup = yaml_tree_get(column, "lookup");
    field->lookup_table = -1;
    if (!lookup)
        return OK;
    if (lookup->kind != YAML_TEXT)
        return yaml_fail(d->why, lookup->line, "lookup must be a table's name");
    if (d->lookup_count == d->lookup_room) {
        uint32_t room = d->lookup_room ? d->lookup_room * 2 : 16;
        struct policy_lookup *larger = ARENA_ARRAY(d->arena, struct policy_lookup, room);
        if (d->lookup_count)
            memcpy(larger, d->lookups, d->lookup_count * sizeof *larger);
        d->lookups = larger;
        d->lookup_room = room;
    }
    d->lookups[d->lookup_count++] = (struct policy_lookup){
        .table = d->schema->table_count - 1,
        .field = field,
        .target = lookup->text,
        .line = lookup->line,
    };
    return OK;
}

static enum err allow_one(const struct yaml_tree *id, struct policy_column *out, struct fault *why)
{
    const struct detector *d = id->kind == YAML_TEXT ? detector_of_id(id->text) : NULL;
    if (d) {
        out->allows |= detector_bit(d);
        return OK;
    }
    struct buf ids AUTO(buf_donep) = buf_init(1024);
    detector_ids(UINT32_MAX, &ids);
    return yaml_fail(why, id->line, "column %s: allow: %.40s is no detector; there are: %.*s",
                     out->name, id->kind == YAML_TEXT ? id->text : "",
                     SLICE_PRINT(buf_slice(&ids)));
}

// `allow: ip` or `allow: [ip, mac]`: what the detectors may find in this column.
static enum err read_allow(const struct yaml_tree *column, struct policy_column *out,
                           struct fault *why)
{
    const struct yaml_tree *allow = yaml_tree_get(column, "allow");
    if (!allow)
        return OK;
    if (allow->kind != YAML_LIST)
        return allow_one(allow, out, why);
    for (const struct yaml_tree *id = allow->first; id; id = id->next) {
        enum err e = allow_one(id, out, why);
        if (e)
            return e;
    }
    return OK;
}

// The names of networks have no form that a detector could know, so a column that calls itself
// one does not enter as it is.
static enum err check_ssid(const struct policy_column *c, const struct field *field,
                           struct fault *why)
{
    static const char *const words[] = {"ssid", "essid", "wifiname", "networkname", "wlanname"};
    if (!c->treat->scanned || field->type != FIELD_KEYWORD ||
        (c->allows & detector_bit(&detect_ssid)))
        return OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (name_has_word(c->name, words[i]))
            return yaml_fail(why, c->line,
                             "column %s: a network's name tells where somebody lives; drop it, or "
                             "say allow: [ssid] if it is none",
                             c->name);
    }
    return OK;
}

// The column's key is known by both names (server/sealed_key.h).
static enum err check_sealed(const struct table_draft *t, const struct policy_column *c,
                             const struct field *field, struct fault *why)
{
    if (field->type != FIELD_SEALED ||
        strlen(t->table->name) + strlen(c->name) <= SEALED_NAMES_BYTES_MAX)
        return OK;
    return yaml_fail(why, c->line,
                     "column %s: to be sealed, its name and its table's are at most %d bytes "
                     "together",
                     c->name, SEALED_NAMES_BYTES_MAX);
}

static enum err read_column(struct table_draft *t, const struct yaml_tree *column,
                            struct policy_column *out)
{
    struct fault *why = t->d->why;
    enum err e = check_column_name(column, why);
    if (e)
        return e;
    if (column->kind != YAML_MAP)
        return yaml_fail(why, column->line, "column %s must be a map: {treat: ...}", column->name);
    const struct yaml_tree *treat = NULL;
    e = policy_need(column, "treat", YAML_TEXT, &treat, why);
    if (e)
        return e;
    *out = (struct policy_column){.name = column->name, .line = column->line, .field = -1};
    out->treat = treatment_get(treat->text);
    if (!out->treat)
        return unknown_treatment(treat, why);
    e = check_options(column, out->treat, why);
    if (e || !out->treat->enters)
        return e;
    struct field *field = &t->fields[t->table->field_count];
    out->field = (int)t->table->field_count++;
    field->name = column->name;
    e = out->treat->declare(column, t->d->arena, out, field, why);
    if (!e)
        e = read_allow(column, out, why);
    if (!e)
        e = check_ssid(out, field, why);
    if (!e)
        e = check_sealed(t, out, field, why);
    return e ? e : note_lookup(t->d, column, field);
}

static enum err read_columns(struct table_draft *t, const struct yaml_tree *columns)
{
    struct arena *arena = t->d->arena;
    t->columns = ARENA_ARRAY(arena, struct policy_column, columns->count);
    t->fields = ARENA_ARRAY(arena, struct field, columns->count);
    t->out->columns = t->columns;
    t->table->fields = t->fields;
    for (const struct yaml_tree *c = columns->first; c; c = c->next) {
        enum err e = read_column(t, c, &t->columns[t->out->column_count++]);
        if (e)
            return e;
    }
    if (t->table->field_count == 0)
        return yaml_fail(t->d->why, t->out->line, "table %s: no column of it enters", t->out->name);
    return OK;
}

static int find_column(const struct policy_table *t, const char *name)
{
    for (uint32_t i = 0; i < t->column_count; i++) {
        if (strcmp(t->columns[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static enum err add_key(struct table_draft *t, const struct yaml_tree *key, uint32_t *keys)
{
    int column = key->kind == YAML_TEXT ? find_column(t->out, key->text) : -1;
    if (column < 0)
        return yaml_fail(t->d->why, key->line,
                         "table %s: key column %.255s is missing under columns", t->out->name,
                         key->kind == YAML_TEXT ? key->text : "");
    if (t->columns[column].is_key)
        return yaml_fail(t->d->why, key->line, "table %s: key column %s is there twice",
                         t->out->name, key->text);
    t->columns[column].is_key = true;
    keys[t->out->key_count++] = (uint32_t)column;
    return OK;
}

static enum err read_key(struct table_draft *t)
{
    const struct yaml_tree *key = yaml_tree_get(t->node, "key");
    if (!key || key->kind == YAML_MAP || (key->kind == YAML_LIST && key->count == 0))
        return yaml_fail(t->d->why, key ? key->line : t->out->line,
                         "table %s: key must be a column, or a list of columns", t->out->name);
    uint32_t count = key->kind == YAML_LIST ? key->count : 1;
    uint32_t *keys = ARENA_ARRAY(t->d->arena, uint32_t, count);
    t->out->keys = keys;
    const struct yaml_tree *one = key->kind == YAML_LIST ? key->first : key;
    for (uint32_t i = 0; i < count && one; i++, one = one->next) {
        enum err e = add_key(t, one, keys);
        if (e)
            return e;
    }
    return OK;
}

static enum err read_time(struct table_draft *t)
{
    const struct yaml_tree *time = yaml_tree_get(t->node, "time");
    t->table->time_field = -1;
    if (!time)
        return OK;
    int field = time->kind == YAML_TEXT ? table_field(t->table, slice_text(time->text)) : -1;
    if (field < 0 || t->fields[field].type != FIELD_DATE)
        return yaml_fail(t->d->why, time->line,
                         "table %s: time must be one of its columns that enters as a date",
                         t->out->name);
    t->table->time_field = field;
    return OK;
}

// What a source must deliver, and by which field other tables may look a row up.
static void settle(struct table_draft *t)
{
    uint32_t *wanted = ARENA_ARRAY(t->d->arena, uint32_t, t->out->column_count);
    for (uint32_t i = 0; i < t->out->column_count; i++) {
        if (t->columns[i].field >= 0 || t->columns[i].is_key)
            wanted[t->out->wanted_count++] = i;
    }
    t->out->wanted = wanted;
    t->table->key_field = -1;
    t->table->subject_field = -1;
    if (t->is_pushed)
        return;
    const struct policy_column *key = &t->columns[t->out->keys[0]];
    if (t->out->key_count == 1 && key->field >= 0 && t->fields[key->field].type == FIELD_PSEUDONYM)
        t->table->key_field = key->field;
}

// "sales.orders" is a table of a schema; an index that is pushed has no schema, and may
// have points in its name.
static enum err name_table(struct table_draft *t)
{
    struct policy_table *out = t->out;
    const char *name = t->node->name;
    const char *point = t->is_pushed ? NULL : strchr(name, '.');
    out->line = t->node->line;
    out->schema_name = t->is_pushed ? "push" : "public";
    out->name = point ? point + 1 : name;
    if (point)
        out->schema_name = arena_string(t->d->arena, slice_of(name, (size_t)(point - name)));
    if (out->schema_name[0] == '\0' || strlen(out->schema_name) > LIMIT_NAME_BYTES)
        return yaml_fail(t->d->why, out->line, "a schema's name must be 1 to %d bytes",
                         LIMIT_NAME_BYTES);
    enum err e = check_table_name(out->name, out->line, t->d->why);
    if (e)
        return e;
    if (schema_table(t->d->schema, slice_text(out->name)))
        return yaml_fail(t->d->why, out->line,
                         "table %s is there twice; where its rows come from does not tell them "
                         "apart",
                         out->name);
    return OK;
}

static enum err check_table_keys(const struct table_draft *t)
{
    static const char *const keys[] = {"key", "time", "columns", NULL};
    static const char *const pushed_keys[] = {"time", "columns", NULL};
    if (t->is_pushed)
        return policy_check_keys(t->node, pushed_keys, "a pushed index", t->d->why);
    return policy_check_keys(t->node, keys, "a table", t->d->why);
}

static enum err read_parts(struct table_draft *t)
{
    const struct yaml_tree *columns = NULL;
    enum err e = policy_need(t->node, "columns", YAML_MAP, &columns, t->d->why);
    if (!e)
        e = read_columns(t, columns);
    if (!e && !t->is_pushed)
        e = read_key(t);
    if (!e)
        e = read_time(t);
    if (!e)
        settle(t);
    return e;
}

enum err policy_read_table(struct policy_draft *d, const struct yaml_tree *node, const char *source,
                           bool is_pushed, struct policy_table *out)
{
    struct table_draft t = {.d = d, .node = node, .out = out, .is_pushed = is_pushed};
    enum err e = name_table(&t);
    if (!e)
        e = check_table_keys(&t);
    if (e)
        return e;
    if (d->schema->table_count == LIMIT_TABLES)
        return yaml_fail(d->why, node->line, "more than %d tables", LIMIT_TABLES);
    out->table = d->schema->table_count++;
    t.table = &d->tables[out->table];
    t.table->name = out->name;
    t.table->source = source;
    return read_parts(&t);
}

enum err policy_read_tables(struct policy_draft *d, const struct yaml_tree *tables,
                            struct policy_source *out)
{
    if (tables->count == 0)
        return yaml_fail(d->why, tables->line, "source %s has no tables", out->name);
    struct policy_table *all = ARENA_ARRAY(d->arena, struct policy_table, tables->count);
    out->tables = all;
    for (const struct yaml_tree *t = tables->first; t; t = t->next) {
        enum err e = policy_read_table(d, t, out->name, false, &all[out->table_count++]);
        if (e)
            return e;
    }
    return OK;
}
