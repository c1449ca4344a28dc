// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_private.h"

// What the fields of the referred table are called by: the column's name without "_id".
static const char *prefix_of(struct arena *arena, const char *column)
{
    size_t len = strlen(column);
    bool is_id = len > 3 && strcmp(column + len - 3, "_id") == 0;
    return arena_string(arena, slice_of(column, is_id ? len - 3 : len));
}

// Two look-ups under one prefix, or one under the name of another field, would make one
// name mean two things.
static enum err check_prefix(const struct policy_draft *d, const struct policy_lookup *l)
{
    const struct table *t = &d->tables[l->table];
    for (uint32_t i = 0; i < t->field_count; i++) {
        const struct field *other = &t->fields[i];
        if (other == l->field)
            continue;
        bool same_prefix =
            other->lookup_prefix && strcmp(other->lookup_prefix, l->field->lookup_prefix) == 0;
        if (same_prefix || strcmp(other->name, l->field->lookup_prefix) == 0)
            return yaml_fail(d->why, l->line,
                             "column %s: its look-up is called %s, as column %s is already",
                             l->field->name, l->field->lookup_prefix, other->name);
    }
    return OK;
}

static enum err link_lookup(struct policy_draft *d, const struct policy_lookup *l)
{
    const struct table *target = schema_table(d->schema, slice_text(l->target));
    if (!target)
        return yaml_fail(d->why, l->line, "column %s: lookup: there is no table %.255s",
                         l->field->name, l->target);
    const struct field *key = target->key_field < 0 ? NULL : &target->fields[target->key_field];
    if (!key || strcmp(key->subject, l->field->subject) != 0)
        return yaml_fail(d->why, l->line,
                         "column %s: lookup: the key of table %s is no pseudonym of subject %s",
                         l->field->name, target->name, l->field->subject);
    l->field->lookup_table = (int)(target - d->tables);
    l->field->lookup_prefix = prefix_of(d->arena, l->field->name);
    return check_prefix(d, l);
}

static uint32_t count_pseudonyms(const struct schema *s)
{
    uint32_t count = 0;
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t f = 0; f < s->tables[t].field_count; f++)
            count += s->tables[t].fields[f].subject != NULL;
    }
    return count;
}

static enum err gather_subjects(struct policy_draft *d)
{
    struct schema *s = d->schema;
    const char **subjects = ARENA_ARRAY(d->arena, const char *, count_pseudonyms(s));
    s->subjects = subjects;
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t f = 0; f < s->tables[t].field_count; f++) {
            const char *subject = s->tables[t].fields[f].subject;
            if (!subject || schema_subject(s, subject) >= 0)
                continue;
            if (s->subject_count == SUBJECTS_MAX)
                return fail(d->why, ERR_INVALID, "policy.yml: more than %d kinds of subject",
                            SUBJECTS_MAX);
            subjects[s->subject_count++] = subject;
        }
    }
    return OK;
}

enum err policy_link(struct policy_draft *d)
{
    enum err e = gather_subjects(d);
    for (uint32_t i = 0; !e && i < d->lookup_count; i++)
        e = link_lookup(d, &d->lookups[i]);
    return e;
}
