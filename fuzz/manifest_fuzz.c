// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "store/manifest.h"

#include <stdlib.h>

// Any bytes at all may be in the manifest, also under a right checksum: no crash, no
// overrun, and what is accepted is written back as the same manifest.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct manifest *m, struct arena *arena)
{
    struct buf bytes AUTO(buf_donep) = buf_init(MANIFEST_BYTES_MAX);
    struct manifest again;
    if (manifest_encode(m, &bytes, NULL) != OK)
        __builtin_trap();
    if (manifest_decode(buf_slice(&bytes), arena, &again, NULL) != OK)
        __builtin_trap();
    if (again.schema.table_count != m->schema.table_count || again.log_first != m->log_first)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 30);
    uint8_t *sealed = malloc(size + 8);
    if (!sealed)
        return 0;
    if (size > 0)
        memcpy(sealed, data, size);
    uint64_t sum = checksum(sealed, size);
    for (int i = 0; i < 8; i++)
        sealed[size + (size_t)i] = (uint8_t)(sum >> (8 * i));
    struct manifest m;
    if (manifest_decode(slice_of(sealed, size + 8), arena, &m, NULL) == OK)
        check_again(&m, arena);
    free(sealed);
    return 0;
}
