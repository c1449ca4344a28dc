// SPDX-License-Identifier: Apache-2.0
#include "policy/sieve_key.h"

#include "keys/row_key.h"
#include "policy/raw_text.h"

static const struct raw *part(const struct raw *values, const uint32_t *at, uint32_t i)
{
    return &values[at ? at[i] : i];
}

enum err sieve_key(const struct policy_table *t, const uint8_t row_key[32],
                   const struct raw *values, const uint32_t *at, struct buf *scratch,
                   struct row_key *out)
{
    if (t->key_count == 1 && part(values, at, 0)->type == RAW_I64) {
        *out = (struct row_key){.lo = row_key_of_number(row_key, part(values, at, 0)->i64)};
        return OK;
    }
    buf_reset(scratch);
    for (uint32_t i = 0; i < t->key_count; i++) {
        char room[RAW_TEXT_BYTES];
        struct slice text = {0};
        enum err e = raw_text(part(values, at, i), room, &text);
        if (e)
            return e;
        row_key_part(scratch, text);
    }
    enum err e = buf_end(scratch, NULL);
    if (e)
        return e;
    row_key_of_parts(row_key, buf_slice(scratch), &out->hi, &out->lo);
    wipe(scratch->at, scratch->len);
    return OK;
}

const struct policy_column *sieve_key_missing(const struct policy_table *t,
                                              const struct raw *values, const uint32_t *at)
{
    for (uint32_t i = 0; i < t->key_count; i++) {
        enum raw_type type = part(values, at, i)->type;
        if (type == RAW_NULL || type == RAW_UNCHANGED)
            return &t->columns[t->keys[i]];
    }
    return &t->columns[t->keys[0]];
}
