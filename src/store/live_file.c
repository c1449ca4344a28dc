// SPDX-License-Identifier: Apache-2.0
#include "store/live_file.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/reader.h"

#include <stdio.h>

// The file, little-endian:
//
//     u64 "TAMISLV1"
//     u32 rows of the segment
//     u32 blocks that follow: those with a dead row
//     each: u32 block, u64 [BLOCK_ROWS / 64] live bits
//     u64 checksum of all before

enum { BLOCK_WORDS = BLOCK_ROWS / 64, BLOCK_RECORD_BYTES = 4 + BLOCK_ROWS / 8, HEAD_BYTES = 16 };

static const uint64_t magic = 0x31564c53494d4154; // "TAMISLV1"

void live_file_name(uint64_t file, char out[SEGMENT_FILE_NAME_BYTES])
{
    snprintf(out, SEGMENT_FILE_NAME_BYTES, "segments/%016llx.live", (unsigned long long)file);
}

void segment_file_name(uint64_t file, char out[SEGMENT_FILE_NAME_BYTES])
{
    snprintf(out, SEGMENT_FILE_NAME_BYTES, "segments/%016llx.segment", (unsigned long long)file);
}

static size_t file_bytes(const struct entry *e)
{
    return HEAD_BYTES + (size_t)entry_block_count(e) * BLOCK_RECORD_BYTES + 8;
}

static enum err encode(const struct entry *e, struct buf *out, struct fault *why)
{
    uint32_t touched = 0;
    for (uint32_t b = 0; b < entry_block_count(e); b++)
        touched += cow_leaf(e->live, b) != NULL;
    buf_u64_le(out, magic);
    buf_u32_le(out, e->rows);
    buf_u32_le(out, touched);
    for (uint32_t b = 0; b < entry_block_count(e); b++) {
        const uint64_t *bits = cow_leaf(e->live, b);
        if (!bits)
            continue;
        buf_u32_le(out, b);
        for (uint32_t w = 0; w < BLOCK_WORDS; w++)
            buf_u64_le(out, bits[w]);
    }
    buf_u64_le(out, checksum(out->at, out->len));
    return buf_end(out, why);
}

static enum err write_all(const struct world *w, int fd, struct slice bytes, struct fault *why)
{
    enum err e = w->ops->truncate(fd, 0, why); // left over from work that did not end
    if (!e)
        e = w->ops->write(fd, bytes, why);
    return e ? e : w->ops->sync(fd, why);
}

enum err file_write_synced(const struct world *w, const char *name, struct slice bytes,
                           struct fault *why)
{
    int fd = -1;
    enum err e = w->ops->open_write(w, name, false, &fd, why);
    if (e)
        return e;
    e = write_all(w, fd, bytes, why);
    w->ops->close(fd);
    return e;
}

enum err live_file_write(const struct world *w, uint64_t file, const struct entry *entry,
                         struct fault *why)
{
    char name[SEGMENT_FILE_NAME_BYTES];
    live_file_name(file, name);
    struct buf bytes AUTO(buf_donep) = buf_init(file_bytes(entry));
    enum err e = encode(entry, &bytes, why);
    if (!e)
        e = file_write_synced(w, name, buf_slice(&bytes), why);
    return e ? fail_in(why, e, "%s", name) : OK;
}

static enum err decode(struct slice bytes, struct entry *e, struct fault *why)
{
    if (bytes.len < HEAD_BYTES + 8)
        return fail(why, ERR_CORRUPT, "ends too soon");
    struct slice body = slice_of(bytes.at, bytes.len - 8);
    struct reader tail = reader_over(slice_from(bytes, body.len));
    if (reader_u64_le(&tail) != checksum(body.at, body.len))
        return fail(why, ERR_CORRUPT, "does not match its checksum");
    struct reader in = reader_over(body);
    uint64_t kind = reader_u64_le(&in);
    uint32_t rows = reader_u32_le(&in);
    uint32_t touched = reader_u32_le(&in);
    if (kind != magic || rows != e->rows || touched > entry_block_count(e))
        return fail(why, ERR_CORRUPT, "does not belong to its segment");
    for (uint32_t i = 0; i < touched; i++) {
        uint64_t bits[BLOCK_WORDS];
        uint32_t block = reader_u32_le(&in);
        for (uint32_t w = 0; w < BLOCK_WORDS; w++)
            bits[w] = reader_u64_le(&in);
        if (in.short_of_bytes || block >= entry_block_count(e))
            return fail(why, ERR_CORRUPT, "block %u is not right", i);
        entry_set_live(e, block, bits);
    }
    return reader_end(&in, why);
}

enum err live_file_read(const struct world *w, uint64_t file, struct entry *entry,
                        struct fault *why)
{
    char name[SEGMENT_FILE_NAME_BYTES];
    live_file_name(file, name);
    struct buf bytes AUTO(buf_donep) = buf_init(file_bytes(entry));
    enum err e = world_read_file(w, name, &bytes, why);
    if (e == ERR_NOT_FOUND || e == ERR_LIMIT)
        return fail(why, ERR_CORRUPT, "%s is not what the manifest says", name);
    if (e)
        return e;
    e = decode(buf_slice(&bytes), entry, why);
    return e ? fail_in(why, e, "%s", name) : OK;
}
