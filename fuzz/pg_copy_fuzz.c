// SPDX-License-Identifier: Apache-2.0
#include "source/pg_copy.h"
#include "source/pg_type.h"

// A copy stream of any bytes, cut anywhere: no crash and no overrun, and the rows do not
// depend on the cuts.  Each field goes through every type's decoder.  The first byte says
// how long the pieces are.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 2 };

struct seen {
    struct arena *scratch;
    uint64_t rows, bytes;
};

static enum err take(void *context, const struct pg_field *fields, struct fault *why)
{
    (void)why;
    struct seen *seen = context;
    seen->rows++;
    arena_reset(seen->scratch);
    for (int i = 0; i < COLUMNS; i++) {
        seen->bytes = seen->bytes * 31 + fields[i].bytes.len + (uint64_t)fields[i].kind;
        for (int kind = PG_KIND_BOOL; kind < PG_KIND_COUNT; kind++) {
            struct pg_field field = fields[i];
            struct raw value;
            (void)!pg_value_decode((enum pg_kind)kind, &field, seen->scratch, &value, NULL);
            if (field.kind != 'b')
                continue;
            field.kind = 't';
            (void)!pg_value_decode((enum pg_kind)kind, &field, seen->scratch, &value, NULL);
        }
    }
    return OK;
}

static enum err feed(struct slice bytes, size_t step, struct seen *seen)
{
    struct pg_copy *copy = pg_copy_new(COLUMNS, take, seen);
    enum err e = OK;
    for (size_t at = 0; !e && at < bytes.len; at += step) {
        size_t len = bytes.len - at < step ? bytes.len - at : step;
        e = pg_copy_feed(copy, slice_of(bytes.at + at, len), NULL);
    }
    if (!e)
        e = pg_copy_end(copy, NULL);
    pg_copy_free(copy);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct arena *scratch = arena_new(64 << 20);
    struct seen whole = {.scratch = scratch}, pieces = {.scratch = scratch};
    struct slice bytes = slice_of(data + 1, size - 1);
    enum err a = feed(bytes, bytes.len, &whole);
    enum err b = feed(bytes, (size_t)data[0] + 1, &pieces);
    if (a != b || (a == OK && (whole.rows != pieces.rows || whole.bytes != pieces.bytes)))
        __builtin_trap();
    arena_free(scratch);
    return 0;
}
