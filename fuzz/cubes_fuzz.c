// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "metric/cube_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Any bytes at all may be in the file of cubes: no crash, no overrun, and what is accepted is
// written back as the same cubes.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cubes_copy *copy = NULL;
    struct cubes_copy *again = NULL;
    if (cubes_file_decode(slice_of(data, size), &copy, NULL) != OK)
        return 0;
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 26);
    cubes_file_encode(copy, &bytes);
    CHECK(cubes_file_decode(buf_slice(&bytes), &again, NULL) == OK);
    CHECK(again->count == copy->count);
    cubes_copy_free(copy);
    cubes_copy_free(again);
    return 0;
}
