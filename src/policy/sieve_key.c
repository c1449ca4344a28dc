// SPDX-License-Identifier: Apache-2.0
#include "policy/sieve_key.h"

#include "keys/row_key.h"
#include "policy/raw_text.h"

enum { SIDE_BY_SIDE = 64 };

static const struct raw *part(const struct raw *values, const uint32_t *at, uint32_t i)
{
    return &values[at ? at[i] : i];
}

enum err sieve_key(const struct policy_table *t, const uint8_t row_key[32],
                   const struct raw *values, const uint32_t *at, struct buf *scratch,
                   struct row_key *out)
{
    if (t->key_count == 1 && part(values, at, 0)->type == RAW_I64) {
        *out = (struct row_key){.lo = (uint64_t)part(values, at, 0)->i64};
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

// Of the numbers at `at`, which are put back into their keys.
static void permute(const uint8_t row_key[32], struct row_key *keys, const uint32_t *at,
                    uint32_t count)
{
    uint64_t numbers[SIDE_BY_SIDE];
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = keys[at[i]].lo;
    row_keys_of_numbers(row_key, numbers, count);
    for (uint32_t i = 0; i < count; i++)
        keys[at[i]].lo = numbers[i];
}

void sieve_keys_settle(const uint8_t row_key[32], const uint8_t *ops, enum sieve_key_kind kind,
                       struct row_key *keys, uint32_t count)
{
    uint32_t at[SIDE_BY_SIDE];
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool has_key = kind == SIEVE_KEY_OLD ? ops[i] == ROW_MOVE : ops[i] != ROW_TRUNCATE;
        if (!has_key)
            keys[i] = (struct row_key){0};
        else if (keys[i].hi == 0)
            at[n++] = i;
        if (n == SIDE_BY_SIDE) {
            permute(row_key, keys, at, n);
            n = 0;
        }
    }
    permute(row_key, keys, at, n);
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
