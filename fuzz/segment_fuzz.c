// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/hash.h"
#include "store/read_fault.h"
#include "store/segment.h"
#include "store/units.h"

#include <stdlib.h>

// Any bytes at all as a segment, with magic words and checksums made right so that they
// do not hide the rest: refused, or every read stays inside.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS = 3, HEADER = 16, TAIL = 32, SHAPE = 4 + FIELDS + 8 + 4 };

static const struct field fields[FIELDS] = {
    {.name = "kind", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "ms", .type = FIELD_LONG, .lookup_table = -1},
    {.name = "degrees", .type = FIELD_DOUBLE, .lookup_table = -1},
};

static const struct table table = {
    .name = "events", .field_count = FIELDS, .fields = fields, .time_field = -1, .key_field = -1};

static struct buf file;

static enum err mem_open_read(const struct world *w, const char *name, int *out_fd,
                              struct fault *why)
{
    (void)w;
    (void)name;
    (void)why;
    *out_fd = 3;
    return OK;
}

static enum err mem_read_at(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    (void)fd;
    if (offset > file.len || len > file.len - offset)
        return fail(why, ERR_CORRUPT, "past the end");
    memcpy(at, file.at + offset, len);
    return OK;
}

static enum err mem_size(int fd, uint64_t *out_bytes, struct fault *why)
{
    (void)fd;
    (void)why;
    *out_bytes = file.len;
    return OK;
}

static void mem_close(int fd)
{
    (void)fd;
}

static const struct world_ops ops = {
    .open_read = mem_open_read,
    .read_at = mem_read_at,
    .size = mem_size,
    .close = mem_close,
};

static uint32_t u32_at(size_t at)
{
    uint32_t v;
    memcpy(&v, file.at + at, sizeof v);
    return v;
}

static void put_u64(size_t at, uint64_t v)
{
    memcpy(file.at + at, &v, sizeof v);
}

// One note of the footer at `*at`: gives its chunk the right checksum.
static bool mend_note(size_t *at, size_t footer, size_t *chunk)
{
    if (*at + 12 > file.len - TAIL)
        return false;
    uint32_t len = u32_at(*at);
    if (len > footer - *chunk)
        return false;
    put_u64(*at + 4, checksum(file.at + *chunk, len));
    *chunk += len;
    *at += 12;
    return true;
}

static void mend_chunks(size_t footer, size_t shape)
{
    size_t chunk = HEADER;
    size_t at = footer + shape;
    while (at + 4 <= file.len - TAIL) {
        at += 4; // row_count of the block
        for (int column = 0; column < 2 + FIELDS; column++) {
            if (!mend_note(&at, footer, &chunk))
                return;
            if (column < 2)
                continue;
            if (at >= file.len - TAIL)
                return;
            at += file.at[at] & 1 ? 17 : 1;
        }
    }
}

static void mend(void)
{
    uint8_t header[HEADER] = {'t', 'a', 'm', 'i', 's', 's', 'e', 'g'};
    size_t group = file.at[8] & 1 ? 0 : 4; // version 2 says how large its groups are
    header[8] = group ? 2 : 1;
    memcpy(file.at, header, sizeof header);
    size_t tail = file.len - TAIL;
    uint64_t footer;
    memcpy(&footer, file.at + tail, sizeof footer);
    footer = HEADER + footer % (tail - HEADER + 1);
    if (tail - footer >= group + SHAPE) {
        uint32_t count = FIELDS;
        uint32_t blocks = (uint32_t)1 << (file.at[footer] & 7);
        if (group)
            memcpy(file.at + footer, &blocks, sizeof blocks);
        memcpy(file.at + footer + group, &count, sizeof count);
        for (int i = 0; i < FIELDS; i++)
            file.at[footer + group + 4 + i] = (uint8_t)fields[i].type;
        mend_chunks(footer, group + SHAPE);
    }
    put_u64(tail, footer);
    put_u64(tail + 8, tail - footer);
    put_u64(tail + 16, checksum(file.at + footer, tail - footer));
    memcpy(file.at + tail + 24, "tamisend", 8);
}

static void read_block(const struct segment *s, uint32_t block)
{
    uint32_t rows = segment_block_rows(s, block);
    uint64_t *out = malloc(rows * sizeof *out);
    uint64_t present[BLOCK_ROWS / 64];
    struct row_key *keys = malloc(rows * sizeof *keys);
    segment_keys(s, block, keys);
    segment_codes(s, block, 0, (uint32_t *)(void *)out);
    struct block_range r = segment_range(s, block, 0);
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t code = segment_code_at(s, block, i, 0);
        if (code != CODE_NONE && (!r.any || code < r.min || code > r.max))
            __builtin_trap();
    }
    segment_i64(s, block, 1, (int64_t *)out, present);
    segment_f64(s, block, 2, (double *)(void *)out, present);
    struct row_key last = segment_key_at(s, block, rows - 1);
    if (!row_key_equal(last, keys[rows - 1]))
        __builtin_trap();
    free(out);
    free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER + TAIL)
        return 0;
    file = buf_init(64 << 20);
    buf_bytes(&file, data, size);
    mend();
    struct world memory = {.ops = &ops};
    struct segment *s = NULL;
    struct units *units = units_new(1 << 20);
    if (segment_open(&memory, "seg", &table, units, &s, NULL) == OK) {
        bool is_whole = segment_check(s, NULL) == OK;
        (void)read_fault_take(NULL);
        for (uint32_t b = 0; b < segment_block_count(s); b++)
            read_block(s, b);
        if (is_whole != (read_fault_take(NULL) == OK))
            __builtin_trap(); // what is checked can be read, and what is not cannot
    }
    segment_close(s);
    units_free(units);
    buf_done(&file);
    return 0;
}
