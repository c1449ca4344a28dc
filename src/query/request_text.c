// SPDX-License-Identifier: Apache-2.0
#include "query/request_private.h"

// Lists in URL values.

enum { NAMES_MAX = 4096 };

void request_names(const struct form *f, struct slice list, const struct slice **out,
                   uint32_t *out_count)
{
    uint32_t commas = 0;
    for (size_t i = 0; i < list.len && commas < NAMES_MAX; i++)
        commas += list.at[i] == ',';
    struct slice *names = ARENA_ARRAY(f->request, struct slice, (size_t)commas + 1);
    uint32_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= list.len && count <= commas; i++) {
        if (i < list.len && list.at[i] != ',')
            continue;
        if (i > start)
            names[count++] = slice_of(list.at + start, i - start);
        start = i + 1;
    }
    *out = names;
    *out_count = count;
}
