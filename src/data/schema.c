// SPDX-License-Identifier: Apache-2.0
#include "data/schema.h"

#include "base/limits.h"

// By enum field_type.  A pseudonym is a keyword to clients, so parsing never gives one; a sealed
// field is nothing to them.
static const struct {
    const char *name;
    enum storage storage;
} field_types[FIELD_TYPE_COUNT] = {
    [FIELD_KEYWORD] = {"keyword", STORAGE_CODE}, [FIELD_PSEUDONYM] = {"keyword", STORAGE_CODE},
    [FIELD_LONG] = {"long", STORAGE_I64},        [FIELD_INTEGER] = {"integer", STORAGE_I64},
    [FIELD_DOUBLE] = {"double", STORAGE_F64},    [FIELD_BOOLEAN] = {"boolean", STORAGE_I64},
    [FIELD_DATE] = {"date", STORAGE_I64},        [FIELD_SEALED] = {"sealed", STORAGE_CODE},
};

enum storage field_storage(enum field_type type)
{
    return field_types[type].storage;
}

const char *field_type_name(enum field_type type)
{
    return field_types[type].name;
}

enum err field_type_parse(struct slice name, enum field_type *out)
{
    for (int i = 0; i < FIELD_TYPE_COUNT; i++) {
        if (i != FIELD_SEALED && slice_is(name, field_types[i].name)) {
            *out = (enum field_type)i;
            return OK;
        }
    }
    return ERR_INVALID;
}

// No source is called so: their names have no slash.
bool table_is_pushed(const struct table *t)
{
    return slice_starts(slice_text(t->source), slice_text("push/"));
}

uint64_t schema_identity(const struct schema *s)
{
    return s->fingerprint ^ s->push_fingerprint;
}

const struct table *schema_table(const struct schema *s, struct slice name)
{
    for (uint32_t i = 0; i < s->table_count; i++) {
        if (slice_is(name, s->tables[i].name))
            return &s->tables[i];
    }
    return NULL;
}

int table_field(const struct table *t, struct slice name)
{
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (slice_is(name, t->fields[i].name))
            return (int)i;
    }
    return -1;
}

int schema_subject(const struct schema *s, const char *subject)
{
    for (uint32_t i = 0; subject && i < s->subject_count; i++) {
        if (strcmp(s->subjects[i], subject) == 0)
            return (int)i;
    }
    return -1;
}

uint32_t schema_sealed_count(const struct schema *s)
{
    uint32_t count = 0;
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t f = 0; f < s->tables[t].field_count; f++)
            count += s->tables[t].fields[f].type == FIELD_SEALED;
    }
    return count;
}

int schema_sealed(const struct schema *s, uint32_t table, uint32_t field)
{
    int at = 0;
    if (s->tables[table].fields[field].type != FIELD_SEALED)
        return -1;
    for (uint32_t t = 0; t <= table; t++) {
        uint32_t end = t < table ? s->tables[t].field_count : field;
        for (uint32_t f = 0; f < end; f++)
            at += s->tables[t].fields[f].type == FIELD_SEALED;
    }
    return at;
}

enum err schema_refuse_sealed(struct slice name, struct fault *why)
{
    return fail(
        why, ERR_INVALID,
        "illegal_argument_exception: Field [%.*s] is sealed: no query, sort, aggregation or "
        "source filter reads it; an investigator opens it with [tamis sealed]",
        name.len > LIMIT_NAME_BYTES ? LIMIT_NAME_BYTES : (int)name.len, (const char *)name.at);
}

// Whether `f` looks up in another table under the prefix that `name` starts with;
// then `rest` is what follows the point.
static bool looks_up(const struct field *f, struct slice name, struct slice *rest)
{
    if (f->lookup_table < 0 || !f->lookup_prefix ||
        !slice_starts(name, slice_text(f->lookup_prefix)))
        return false;
    *rest = slice_from(name, strlen(f->lookup_prefix));
    if (rest->len < 2 || rest->at[0] != '.')
        return false;
    *rest = slice_from(*rest, 1);
    return true;
}

// A field of the table's own wins over a look-up of the same name.
enum err schema_path(const struct schema *s, const struct table *t, struct slice name,
                     struct field_path *out)
{
    int own = table_field(t, name);
    if (own >= 0) {
        *out = (struct field_path){(uint32_t)own, -1, t->fields[own].type};
        return OK;
    }
    for (uint32_t i = 0; i < t->field_count; i++) {
        struct slice rest;
        if (!looks_up(&t->fields[i], name, &rest))
            continue;
        const struct table *referred = &s->tables[t->fields[i].lookup_table];
        int lookup = table_field(referred, rest);
        if (lookup >= 0) {
            *out = (struct field_path){i, lookup, referred->fields[lookup].type};
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}
