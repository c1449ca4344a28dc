// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "data/changeset.h"

// Any bytes at all may come from the process mirror or lie in the log: no crash, no
// overrun; and what is accepted encodes to bytes that are accepted and encode the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field fields[] = {
    {.name = "kind", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "device", .type = FIELD_PSEUDONYM, .lookup_table = -1},
    {.name = "ms", .type = FIELD_LONG, .lookup_table = -1},
    {.name = "place", .type = FIELD_INTEGER, .lookup_table = -1},
    {.name = "degrees", .type = FIELD_DOUBLE, .lookup_table = -1},
    {.name = "ok", .type = FIELD_BOOLEAN, .lookup_table = -1},
    {.name = "at", .type = FIELD_DATE, .lookup_table = -1},
};

static const struct table tables[] = {
    {.name = "events", .field_count = 7, .fields = fields, .time_field = 6, .key_field = -1},
    {.name = "small", .field_count = 1, .fields = fields, .time_field = -1, .key_field = -1},
};

static const struct schema schema = {.table_count = 2, .tables = tables};

static struct slice encode(const struct changeset *c, struct arena *batch)
{
    struct buf out = buf_init(4 * (size_t)LIMIT_CHANGESET_BYTES);
    if (changeset_encode(c, &schema, &out, NULL) != OK)
        __builtin_trap();
    struct slice bytes = arena_copy(batch, buf_slice(&out));
    buf_done(&out);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *batch AUTO(arena_freep) = arena_new((size_t)4 << 30);
    struct changeset c;
    if (changeset_decode(slice_of(data, size), &schema, batch, &c, NULL) != OK)
        return 0;
    struct slice once = encode(&c, batch);
    if (once.len > LIMIT_CHANGESET_BYTES)
        return 0;
    struct changeset again;
    if (changeset_decode(once, &schema, batch, &again, NULL) != OK)
        __builtin_trap();
    if (!slice_equal(once, encode(&again, batch)))
        __builtin_trap();
    return 0;
}
