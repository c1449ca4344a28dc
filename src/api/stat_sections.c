// SPDX-License-Identifier: Apache-2.0
#include "api/stat_sections.h"

static uint64_t fact_of(const struct stat_facts *facts, const char *section, struct slice field)
{
    size_t len = strlen(section);
    for (size_t i = 0; i < facts->count; i++) {
        const char *name = facts->at[i].name;
        if (strncmp(name, section, len) == 0 && name[len] == '.' && slice_is(field, name + len + 1))
            return facts->at[i].value;
    }
    return 0;
}

static void field_write(struct json_writer *w, const struct stat_section *s, struct slice field,
                        const struct stat_facts *facts)
{
    bool is_truth = field.at[field.len - 1] == '?';
    field.len -= is_truth;
    json_key_slice(w, field);
    uint64_t value = fact_of(facts, s->name, field);
    if (is_truth)
        json_truth(w, value != 0);
    else
        json_uint(w, value);
}

void stat_section_write(struct json_writer *w, const struct stat_section *s,
                        const struct stat_facts *facts)
{
    json_key(w, s->name);
    json_object(w);
    for (const char *at = s->fields; *at;) {
        size_t len = strcspn(at, " ");
        field_write(w, s, slice_of(at, len), facts);
        at += len + (at[len] == ' ');
    }
    json_end(w);
}
