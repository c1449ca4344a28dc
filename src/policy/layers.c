// SPDX-License-Identifier: Apache-2.0
#include "policy/layers.h"

#include "base/check.h"

#include <stdlib.h>

void layers_init(struct layers *l, const struct schema *schema, uint32_t table,
                 const uint8_t (*keys)[32])
{
    const struct table *t = &schema->tables[table];
    *l = (struct layers){.by_field = calloc(t->field_count + 1, sizeof(const struct layer *))};
    CHECK(l->by_field != NULL);
    if (!keys || t->field_count == 0)
        return;
    uint32_t count = 0;
    struct layer *made = calloc(t->field_count, sizeof *made);
    CHECK(made != NULL);
    for (uint32_t f = 0; f < t->field_count; f++) {
        int subject = schema_subject(schema, t->fields[f].subject);
        if (subject >= 0)
            layer_init(&made[count], keys[subject]);
        count += subject >= 0 && !made[count].is_none;
    }
    l->made = count ? secret_new(made, count * sizeof *made) : NULL;
    wipe(made, t->field_count * sizeof *made);
    free(made);
    const struct layer *kept =
        count ? (const struct layer *)(const void *)secret_bytes(l->made).at : NULL;
    for (uint32_t f = 0; kept && f < t->field_count; f++) {
        static const uint8_t none[KEY_BYTES];
        int subject = schema_subject(schema, t->fields[f].subject);
        if (subject >= 0 && memcmp(keys[subject], none, KEY_BYTES) != 0)
            l->by_field[f] = kept++;
    }
}

void layers_done(struct layers *l)
{
    free(l->by_field);
    secret_free(l->made);
    *l = (struct layers){0};
}
