// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "json/json.h"
#include "json/json_writer.h"

// What parses must print as JSON that parses again and prints the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool print_again(struct slice text, struct arena *request, struct buf *out)
{
    const struct json *v = NULL;
    if (json_parse(text, request, &v, NULL))
        return false;
    struct json_writer w = json_writer_to(out);
    json_value(&w, v);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *request AUTO(arena_freep) = arena_new(256 << 20);
    struct buf once AUTO(buf_donep) = buf_init(64 << 20);
    struct buf twice AUTO(buf_donep) = buf_init(64 << 20);
    if (!print_again(slice_of(data, size), request, &once))
        return 0;
    if (!print_again(buf_slice(&once), request, &twice) ||
        !slice_equal(buf_slice(&once), buf_slice(&twice)))
        __builtin_trap();
    return 0;
}
