// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "store/wal.h"

// A log of records made of the input lies in memory; then some bytes are changed or the
// file is cut, as the input says.  Whatever is replayed must be a prefix of what was
// appended.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf file; // the one log file
static bool file_exists;

static enum err mem_open_read(const struct world *w, const char *name, int *out_fd,
                              struct fault *why)
{
    (void)w;
    (void)name;
    (void)why;
    *out_fd = 3;
    return OK;
}

static enum err mem_open_write(const struct world *w, const char *name, bool exclusive, int *out_fd,
                               struct fault *why)
{
    (void)exclusive;
    file_exists = true;
    return mem_open_read(w, name, out_fd, why);
}

static enum err mem_write(int fd, struct slice bytes, struct fault *why)
{
    (void)fd;
    (void)why;
    buf_slice_add(&file, bytes);
    return OK;
}

static enum err mem_read_at(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    (void)fd;
    if (offset > file.len || len > file.len - offset)
        return fail(why, ERR_CORRUPT, "past the end");
    if (len)
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

static enum err mem_truncate(int fd, uint64_t bytes, struct fault *why)
{
    (void)fd;
    (void)why;
    file.len = bytes;
    return OK;
}

static enum err mem_sync(int fd, struct fault *why)
{
    (void)fd;
    (void)why;
    return OK;
}

static void mem_close(int fd)
{
    (void)fd;
}

static enum err mem_dir(const struct world *w, const char *name, struct fault *why)
{
    (void)w;
    (void)name;
    (void)why;
    return OK;
}

static enum err mem_list(const struct world *w, const char *name,
                         void (*each)(void *context, const char *entry), void *context,
                         struct fault *why)
{
    (void)w;
    (void)name;
    (void)why;
    if (file_exists)
        each(context, "0000000000000001.log");
    return OK;
}

static const struct world_ops ops = {
    .open_read = mem_open_read,
    .open_write = mem_open_write,
    .write = mem_write,
    .read_at = mem_read_at,
    .size = mem_size,
    .truncate = mem_truncate,
    .sync = mem_sync,
    .close = mem_close,
    .make_dir = mem_dir,
    .sync_dir = mem_dir,
    .list = mem_list,
};

static const struct world memory = {.ops = &ops};

// Replayed payloads with their lengths, as `appended` has them.
static enum err keep(void *context, struct slice payload, struct fault *why)
{
    (void)why;
    buf_blob(context, payload);
    return OK;
}

// Records of 0 to 255 bytes; gives what is left of the input for the damage.
static struct slice append_all(struct wal *l, struct slice input, struct buf *appended)
{
    uint8_t count = input.len ? input.at[0] % 16 : 0;
    input = slice_from(input, 1);
    for (uint8_t i = 0; i < count && input.len > 0; i++) {
        size_t len = input.at[0];
        input = slice_from(input, 1);
        struct slice payload = slice_of(input.at, len < input.len ? len : input.len);
        if (wal_append(l, payload, NULL) != OK)
            __builtin_trap();
        buf_blob(appended, payload);
        input = slice_from(input, payload.len);
    }
    return input;
}

static void damage(struct slice input)
{
    while (input.len >= 3 && file.len > 0) {
        size_t at = (size_t)(input.at[0] | input.at[1] << 8) % file.len;
        if (input.at[2])
            file.at[at] ^= input.at[2];
        else
            file.len = at;
        input = slice_from(input, 3);
    }
    buf_slice_add(&file, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    file = buf_init(64 << 20);
    file_exists = false;
    struct buf appended = buf_init(1 << 20);
    struct buf seen = buf_init(1 << 20);
    struct wal *l = NULL;
    if (wal_open(&memory, "log", 1, keep, &seen, &l, NULL) != OK)
        __builtin_trap();
    struct slice rest = append_all(l, slice_of(data, size), &appended);
    if (wal_sync(l, NULL) != OK)
        __builtin_trap();
    wal_close(l);
    damage(rest);
    l = NULL;
    (void)wal_open(&memory, "log", 1, keep, &seen, &l, NULL); // ERR_CORRUPT is fine
    wal_close(l);
    if (seen.len > appended.len || (seen.len && memcmp(seen.at, appended.at, seen.len) != 0))
        __builtin_trap();
    buf_done(&appended);
    buf_done(&seen);
    buf_done(&file);
    return 0;
}
