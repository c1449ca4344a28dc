// SPDX-License-Identifier: Apache-2.0

// The first byte chooses the operators and the case, up to a NUL comes an expression, and
// what is left is held against it.

#include "search/regexp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const uint8_t *end = memchr(data + 1, 0, size - 1);
    size_t len = end ? (size_t)(end - data) - 1 : size - 1;
    struct slice text = slice_from(slice_of(data, size), len + 2);
    struct regexp *r = NULL;
    struct fault why = {0};
    if (regexp_new(slice_of(data + 1, len), data[0] & REGEXP_ALL, data[0] & 64, &r, &why) == OK)
        (void)regexp_matches(r, text);
    regexp_free(r);
    return 0;
}
