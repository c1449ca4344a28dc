// SPDX-License-Identifier: Apache-2.0
#include "policy/treatment.h"

#include "base/buf.h"

const struct treatment *const treatments[] = {
    &treat_keep,     &treat_drop,      &treat_round, &treat_bucket,
    &treat_truncate, &treat_pseudonym, &treat_seal,  NULL,
};

const struct treatment *treatment_get(const char *name)
{
    for (size_t i = 0; treatments[i]; i++) {
        if (strcmp(treatments[i]->name, name) == 0)
            return treatments[i];
    }
    return NULL;
}

void treatment_names(struct buf *out)
{
    for (size_t i = 0; treatments[i]; i++)
        buf_print(out, "%s%s", i ? ", " : "", treatments[i]->name);
}
