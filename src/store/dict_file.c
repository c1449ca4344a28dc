// SPDX-License-Identifier: Apache-2.0
#include "store/dict_file.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/reader.h"

#include <stdio.h>
#include <stdlib.h>

// The file is a row of frames, little-endian:
//
//     u32 values in this frame
//     u32 payload bytes
//     u64 chain: checksum of this frame with the chain of the frame before in this place
//     payload: each value as varint length and bytes; of a dictionary of fixed width as
//              bytes alone
//
// The manifest keeps the last frame's chain, so it covers every byte that counts.

enum {
    FRAME_HEAD_BYTES = 16,
    FRAME_BYTES_MIN = 4 << 20, // payload at which a frame ends
    FRAME_BYTES_MAX = FRAME_BYTES_MIN + LIMIT_VALUE_BYTES + 16,
    ADD_VALUES = 512, // handed to the dictionary at once
};

void dict_file_name(uint64_t file, char out[DICT_FILE_NAME_BYTES])
{
    snprintf(out, DICT_FILE_NAME_BYTES, "dict/%016llx.dict", (unsigned long long)file);
}

static void patch(uint8_t *at, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

static void put_value(struct buf *frame, const struct dict *d, uint32_t code)
{
    struct slice value = dict_value(d, code);
    if (dict_fixed_bytes(d))
        buf_slice_add(frame, value);
    else
        buf_blob(frame, value);
}

// Writes one frame of values from state->count on, as many as fit.
static enum err append_frame(const struct world *w, int fd, const struct dict *d, uint32_t count,
                             struct manifest_dict *state, struct fault *why)
{
    struct buf frame AUTO(buf_donep) = buf_init(FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
    buf_u64_le(&frame, 0);
    buf_u64_le(&frame, state->chain);
    uint32_t code = state->count;
    while (code < count && frame.len < FRAME_BYTES_MIN)
        put_value(&frame, d, code++);
    enum err e = buf_end(&frame, why);
    if (e)
        return e;
    patch(frame.at, code - state->count, 4);
    patch(frame.at + 4, frame.len - FRAME_HEAD_BYTES, 4);
    uint64_t chain = checksum(frame.at, frame.len);
    patch(frame.at + 8, chain, 8);
    e = w->ops->write(fd, buf_slice(&frame), why);
    if (e)
        return e;
    state->bytes += frame.len;
    state->chain = chain;
    state->count = code;
    return OK;
}

static enum err append_frames(const struct world *w, int fd, const struct dict *d, uint32_t count,
                              struct manifest_dict *state, struct fault *why)
{
    uint64_t size = 0;
    enum err e = w->ops->size(fd, &size, why);
    if (!e && size < state->bytes)
        return fail(why, ERR_CORRUPT, "file is shorter than the manifest says");
    if (!e && size > state->bytes)
        e = w->ops->truncate(fd, state->bytes, why);
    while (!e && state->count < count)
        e = append_frame(w, fd, d, count, state, why);
    return e ? e : w->ops->sync(fd, why);
}

enum err dict_file_append(const struct world *w, const struct dict *d, uint32_t count,
                          uint64_t fresh_file, struct manifest_dict *state, struct fault *why)
{
    if (count <= state->count)
        return OK;
    struct manifest_dict next = *state;
    if (next.file == 0)
        next = (struct manifest_dict){.file = fresh_file, .generation = next.generation};
    char name[DICT_FILE_NAME_BYTES];
    dict_file_name(next.file, name);
    int fd = -1;
    enum err e = w->ops->open_write(w, name, false, &fd, why);
    if (e)
        return e;
    e = append_frames(w, fd, d, count, &next, why);
    w->ops->close(fd);
    if (e)
        return fail_in(why, e, "%s", name);
    *state = next;
    return OK;
}

// A file being read back.
struct reading {
    const struct world *w;
    int fd;
    uint64_t at;
    uint64_t chain;
    uint32_t count;
    uint32_t fixed_bytes;
    struct dict *dict;
};

static enum err add_values(struct reading *r, const struct slice *values, uint32_t count,
                           struct fault *why)
{
    uint32_t codes[ADD_VALUES];
    enum err e = dict_add_many(r->dict, values, count, codes, why);
    for (uint32_t i = 0; !e && i < count; i++) {
        if (codes[i] != r->count + i)
            return fail(why, ERR_CORRUPT, "value %u is there twice", r->count + i);
    }
    r->count += count;
    return e;
}

static enum err read_values(struct reading *r, struct slice payload, uint32_t count,
                            struct fault *why)
{
    struct slice values[ADD_VALUES];
    struct reader in = reader_over(payload);
    for (uint32_t left = count; left > 0;) {
        uint32_t some = left < ADD_VALUES ? left : ADD_VALUES;
        for (uint32_t i = 0; i < some; i++) {
            values[i] = r->fixed_bytes ? reader_bytes(&in, r->fixed_bytes) : reader_blob(&in);
            if (in.short_of_bytes || values[i].len > LIMIT_VALUE_BYTES)
                return fail(why, ERR_CORRUPT, "length of a value is not right");
        }
        enum err e = add_values(r, values, some, why);
        if (e)
            return e;
        left -= some;
    }
    return reader_end(&in, why);
}

static enum err read_payload(struct reading *r, struct buf *frame, uint32_t bytes,
                             struct fault *why)
{
    uint8_t *payload = buf_room(frame, bytes);
    CHECK(payload);
    enum err e = r->w->ops->read_at(r->fd, payload, bytes, r->at + FRAME_HEAD_BYTES, why);
    if (e)
        return e;
    struct reader head = reader_over(slice_of(frame->at, FRAME_HEAD_BYTES));
    uint32_t count = reader_u32_le(&head);
    reader_u32_le(&head);
    uint64_t chain = reader_u64_le(&head);
    patch(frame->at + 8, r->chain, 8);
    if (checksum(frame->at, frame->len) != chain)
        return fail(why, ERR_CORRUPT, "frame at %llu does not match its checksum",
                    (unsigned long long)r->at);
    r->at += frame->len;
    r->chain = chain;
    return read_values(r, slice_from(buf_slice(frame), FRAME_HEAD_BYTES), count, why);
}

static enum err read_frame(struct reading *r, uint64_t end, struct fault *why)
{
    struct buf frame AUTO(buf_donep) = buf_init(FRAME_HEAD_BYTES + FRAME_BYTES_MAX);
    uint8_t *head = buf_room(&frame, FRAME_HEAD_BYTES);
    CHECK(head);
    if (end - r->at < FRAME_HEAD_BYTES)
        return fail(why, ERR_CORRUPT, "ends within a frame");
    enum err e = r->w->ops->read_at(r->fd, head, FRAME_HEAD_BYTES, r->at, why);
    if (e)
        return e;
    struct reader in = reader_over(slice_of(head, FRAME_HEAD_BYTES));
    reader_u32_le(&in);
    uint32_t bytes = reader_u32_le(&in);
    if (bytes == 0 || bytes > FRAME_BYTES_MAX || bytes > end - r->at - FRAME_HEAD_BYTES)
        return fail(why, ERR_CORRUPT, "length of the frame at %llu is not right",
                    (unsigned long long)r->at);
    return read_payload(r, &frame, bytes, why);
}

enum err dict_file_read(const struct world *w, const struct manifest_dict *state,
                        uint32_t fixed_bytes, struct dict *d, struct fault *why)
{
    if (state->file == 0)
        return OK;
    char name[DICT_FILE_NAME_BYTES];
    dict_file_name(state->file, name);
    struct reading r = {.w = w, .fd = -1, .fixed_bytes = fixed_bytes, .dict = d};
    enum err e = w->ops->open_read(w, name, &r.fd, why);
    if (e == ERR_NOT_FOUND)
        return fail_in(why, ERR_CORRUPT, "named by the manifest");
    if (e)
        return e;
    while (!e && r.at < state->bytes)
        e = read_frame(&r, state->bytes, why);
    w->ops->close(r.fd);
    if (!e && (r.count != state->count || r.chain != state->chain))
        e = fail(why, ERR_CORRUPT, "is not what the manifest says");
    return e ? fail_in(why, e, "%s", name) : OK;
}
