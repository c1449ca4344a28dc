// SPDX-License-Identifier: Apache-2.0
#include "policy/sealers.h"

#include "base/check.h"

#include <stdlib.h>

static uint32_t count_of(const struct table *t)
{
    uint32_t count = 0;
    for (uint32_t f = 0; f < t->field_count; f++)
        count += t->fields[f].type == FIELD_SEALED;
    return count;
}

void sealers_init(struct sealers *s, const struct schema *schema, uint32_t table,
                  const uint8_t (*seals)[32])
{
    const struct table *t = &schema->tables[table];
    uint32_t count = count_of(t);
    uint32_t at = 0;
    *s = (struct sealers){.by_field = calloc(t->field_count + 1, sizeof(const struct sealer *))};
    CHECK(s->by_field != NULL);
    if (count == 0)
        return;
    struct sealer *made = calloc(count, sizeof *made);
    CHECK(made != NULL && seals != NULL);
    for (uint32_t f = 0; f < t->field_count; f++) {
        int seal = schema_sealed(schema, table, f);
        if (seal >= 0)
            sealer_init(&made[at++], seals[seal]);
    }
    s->made = secret_new(made, count * sizeof *made);
    wipe(made, count * sizeof *made);
    free(made);
    const struct sealer *kept = (const struct sealer *)(const void *)secret_bytes(s->made).at;
    for (uint32_t f = 0; f < t->field_count; f++) {
        if (t->fields[f].type == FIELD_SEALED)
            s->by_field[f] = kept++;
    }
}

void sealers_done(struct sealers *s)
{
    free(s->by_field);
    secret_free(s->made);
    *s = (struct sealers){0};
}
