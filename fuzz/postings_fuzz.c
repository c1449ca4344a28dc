// SPDX-License-Identifier: Apache-2.0
#include "index/postings.h"

// The first byte is the number of blocks: what is opened never names another one.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct postings p;
    uint64_t bits[5] = {0};
    struct fault why = {0};
    if (size == 0 || postings_open(slice_of(data + 1, size - 1), data[0], &p, &why) != OK)
        return 0;
    bool is_good = postings_check(&p, &why) == OK;
    for (uint32_t code = 0; code < 300; code++)
        if (postings_blocks(&p, code, 0, bits, &why) != OK && is_good)
            __builtin_trap();
    for (uint32_t b = data[0]; b < 320; b++)
        if (bits[b / 64] >> (b % 64) & 1)
            __builtin_trap();
    return 0;
}
