// SPDX-License-Identifier: Apache-2.0
#include "store/key_rows.h"

#include "base/check.h"

#include <stdlib.h>

enum { HEAD_BITS = 18 }; // of a memory part of a million rows, four rows a chain

struct key_rows {
    uint32_t heads[1 << HEAD_BITS];
};

struct key_rows *key_rows_new(void)
{
    struct key_rows *k = calloc(1, sizeof *k);
    CHECK(k != NULL);
    return k;
}

void key_rows_free(struct key_rows *k)
{
    free(k);
}

static uint32_t head_of(uint32_t code)
{
    return code * 0x9e3779b1u >> (32 - HEAD_BITS);
}

void key_rows_add(struct key_rows *k, uint32_t code, uint32_t row, uint32_t *next)
{
    uint32_t *head = &k->heads[head_of(code)];
    *next = *head;
    __atomic_store_n(head, row + 1, __ATOMIC_RELEASE);
}

uint32_t key_rows_newest(const struct key_rows *k, uint32_t code)
{
    return __atomic_load_n(&k->heads[head_of(code)], __ATOMIC_ACQUIRE);
}

uint64_t key_rows_bytes(void)
{
    return sizeof(struct key_rows);
}
