// SPDX-License-Identifier: Apache-2.0
#include "store/wal.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/reader.h"

#include <stdio.h>
#include <stdlib.h>

// A file, all numbers little-endian:
//
//     header   "tamislog", version u32 = 1, zero u32, file number u64,
//              checksum u64 of the 24 bytes before it
//     record   payload bytes u32, zero u32,
//              checksum u64 of {file number, offset of the record, payload bytes,
//                               checksum of the payload}, each u64
//              payload
//     record   ...
//
// A file exists, with a whole header that is on disk, before the first record goes into
// it; the file before it is whole and on disk by then.  So only the last file may end in
// the middle of something: of a header (the crash came while it was made), or of what one
// wal_sync() wrote.

enum {
    WAL_VERSION = 1,
    HEADER_BYTES = 32,
    RECORD_HEADER_BYTES = 16,
    RECORD_BYTES_MAX = 2 * LIMIT_CHANGESET_BYTES, // payload: a changeset and what is around it
    PENDING_BYTES_MAX = 256 << 20,                // appended and not yet synced
    READ_BYTES = 1 << 20,
    FILES_MAX = 65536,
    NAME_BYTES = 320, // directory, "/", 16 digits, ".log"
};

static const char magic[8] = {'t', 'a', 'm', 'i', 's', 'l', 'o', 'g'};

struct wal_file {
    uint64_t number;
    uint64_t bytes;
};

struct wal {
    const struct world *w;
    char directory[256];
    struct wal_file *files; // oldest first; the last is written to
    size_t file_count;
    int fd;             // of the last file
    struct buf pending; // records appended since the last sync
    bool broken;
};

struct name {
    char text[NAME_BYTES];
};

static struct name name_of(const struct wal *l, uint64_t number)
{
    struct name n;
    snprintf(n.text, sizeof n.text, "%s/%016llx.log", l->directory, (unsigned long long)number);
    return n;
}

static struct wal_file *last_file(const struct wal *l)
{
    return &l->files[l->file_count - 1];
}

static void add_file(struct wal *l, struct wal_file f)
{
    struct wal_file *files = realloc(l->files, (l->file_count + 1) * sizeof *files);
    CHECK(files != NULL);
    files[l->file_count++] = f;
    l->files = files;
}

// --- bytes

static void encode_header(uint64_t number, struct buf *out)
{
    buf_bytes(out, magic, sizeof magic);
    buf_u32_le(out, WAL_VERSION);
    buf_u32_le(out, 0);
    buf_u64_le(out, number);
    buf_u64_le(out, checksum(out->at, out->len));
}

static enum err check_header(struct slice header, uint64_t number, struct fault *why)
{
    struct buf want AUTO(buf_donep) = buf_init(HEADER_BYTES);
    encode_header(number, &want);
    if (!slice_equal(header, buf_slice(&want)))
        return fail(why, ERR_CORRUPT, "header does not check");
    return OK;
}

static uint64_t record_checksum(uint64_t number, uint64_t offset, struct slice payload)
{
    uint64_t parts[4] = {number, offset, payload.len, checksum(payload.at, payload.len)};
    return checksum(parts, sizeof parts);
}

// --- replay

// Some bytes of a file at a time.
struct window {
    const struct world *w;
    int fd;
    uint64_t file_bytes;
    uint64_t from; // offset of `bytes` in the file
    struct buf bytes;
};

// `len` bytes at `offset`, which are in the file.
static enum err window_get(struct window *v, uint64_t offset, size_t len, struct slice *out,
                           struct fault *why)
{
    if (offset < v->from || offset + len > v->from + v->bytes.len) {
        size_t want = len > READ_BYTES ? len : READ_BYTES;
        if (want > v->file_bytes - offset)
            want = (size_t)(v->file_bytes - offset);
        buf_reset(&v->bytes);
        uint8_t *room = buf_room(&v->bytes, want);
        CHECK(room != NULL);
        v->from = offset;
        enum err e = v->w->ops->read_at(v->fd, room, want, offset, why);
        if (e != OK) {
            buf_reset(&v->bytes);
            return e;
        }
    }
    *out = slice_of(v->bytes.at + (offset - v->from), len);
    return OK;
}

// The record at `offset`.  `*out_good` is false where there is none that checks.
static enum err read_record(struct window *v, uint64_t number, uint64_t offset, bool *out_good,
                            struct slice *out_payload, struct fault *why)
{
    *out_good = false;
    if (v->file_bytes - offset < RECORD_HEADER_BYTES)
        return OK;
    struct slice bytes;
    enum err e = window_get(v, offset, RECORD_HEADER_BYTES, &bytes, why);
    if (e != OK)
        return e;
    struct reader in = reader_over(bytes);
    uint32_t len = reader_u32_le(&in);
    uint32_t zero = reader_u32_le(&in);
    uint64_t sum = reader_u64_le(&in);
    uint64_t left = v->file_bytes - offset - RECORD_HEADER_BYTES;
    if (zero != 0 || len > RECORD_BYTES_MAX || len > left)
        return OK;
    e = window_get(v, offset + RECORD_HEADER_BYTES, len, out_payload, why);
    if (e == OK)
        *out_good = record_checksum(number, offset, *out_payload) == sum;
    return e;
}

struct replay {
    enum err (*each)(void *context, struct slice payload, struct fault *why);
    void *context;
};

// Gives the offset behind the last good record.
static enum err replay_records(struct window *v, uint64_t number, const struct replay *r,
                               uint64_t *out_end, struct fault *why)
{
    uint64_t offset = HEADER_BYTES;
    while (offset < v->file_bytes) {
        bool good;
        struct slice payload;
        enum err e = read_record(v, number, offset, &good, &payload, why);
        if (e != OK)
            return e;
        if (!good)
            break;
        e = r->each(r->context, payload, why);
        if (e != OK)
            return e;
        offset += RECORD_HEADER_BYTES + payload.len;
    }
    *out_end = offset;
    return OK;
}

// 0 good bytes: not even the header is whole, which a crash explains in the last file only,
// and only while nothing is behind it.
static enum err replay_window(struct window *v, uint64_t number, bool is_last,
                              const struct replay *r, uint64_t *out_good_bytes, struct fault *why)
{
    *out_good_bytes = 0;
    if (v->file_bytes < HEADER_BYTES)
        return is_last ? OK : fail(why, ERR_CORRUPT, "header is cut off");
    struct slice header;
    enum err e = window_get(v, 0, HEADER_BYTES, &header, why);
    if (e != OK)
        return e;
    e = check_header(header, number, why);
    if (e != OK)
        return is_last && v->file_bytes == HEADER_BYTES ? OK : e;
    e = replay_records(v, number, r, out_good_bytes, why);
    if (e == OK && !is_last && *out_good_bytes != v->file_bytes)
        return fail(why, ERR_CORRUPT, "record at byte %llu does not check",
                    (unsigned long long)*out_good_bytes);
    return e;
}

static enum err replay_file(const struct wal *l, struct wal_file *f, const struct replay *r,
                            struct fault *why)
{
    struct name name = name_of(l, f->number);
    struct window v = {.w = l->w, .bytes = buf_init(RECORD_BYTES_MAX + READ_BYTES)};
    enum err e = l->w->ops->open_read(l->w, name.text, &v.fd, why);
    if (e != OK)
        return e;
    e = l->w->ops->size(v.fd, &v.file_bytes, why);
    if (e == OK)
        e = replay_window(&v, f->number, f == last_file(l), r, &f->bytes, why);
    l->w->ops->close(v.fd);
    buf_done(&v.bytes);
    return e == OK ? OK : fail_in(why, e, "log file %s", name.text);
}

// --- files

static bool parse_name(const char *entry, uint64_t *out)
{
    uint64_t number = 0;
    if (strlen(entry) != 20 || strcmp(entry + 16, ".log") != 0)
        return false;
    for (int i = 0; i < 16; i++) {
        char c = entry[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        number = number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = number;
    return true;
}

static void add_entry(void *context, const char *entry)
{
    struct wal *l = context;
    uint64_t number;
    if (parse_name(entry, &number) && l->file_count <= FILES_MAX)
        add_file(l, (struct wal_file){number, 0});
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = ((const struct wal_file *)a)->number;
    uint64_t y = ((const struct wal_file *)b)->number;
    return (x > y) - (x < y);
}

static enum err list_files(struct wal *l, struct fault *why)
{
    enum err e = l->w->ops->list(l->w, l->directory, add_entry, l, why);
    if (e != OK)
        return e;
    if (l->file_count > FILES_MAX)
        return fail(why, ERR_LIMIT, "more than %d log files in %s", FILES_MAX, l->directory);
    if (l->file_count)
        qsort(l->files, l->file_count, sizeof *l->files, by_number);
    return OK;
}

// Creates file `number`, or makes a torn one new, and goes on in it.
static enum err start_file(struct wal *l, uint64_t number, bool exists, struct fault *why)
{
    const struct world_ops *ops = l->w->ops;
    struct name name = name_of(l, number);
    struct buf header AUTO(buf_donep) = buf_init(HEADER_BYTES);
    encode_header(number, &header);
    int fd;
    enum err e = ops->open_write(l->w, name.text, !exists, &fd, why);
    if (e != OK)
        return e;
    if (exists)
        e = ops->truncate(fd, 0, why);
    if (e == OK)
        e = ops->write(fd, buf_slice(&header), why);
    if (e == OK)
        e = ops->sync(fd, why);
    if (e == OK)
        e = ops->sync_dir(l->w, l->directory, why);
    if (e != OK) {
        ops->close(fd);
        return fail_in(why, e, "log file %s", name.text);
    }
    if (l->fd >= 0)
        ops->close(l->fd);
    l->fd = fd;
    return OK;
}

// Goes on behind the last good record.  What was replayed may only be in the system's
// memory, if the process before us fell between write and sync: sync makes it sure.
static enum err continue_file(struct wal *l, const struct wal_file *f, struct fault *why)
{
    const struct world_ops *ops = l->w->ops;
    struct name name = name_of(l, f->number);
    enum err e = ops->open_write(l->w, name.text, false, &l->fd, why);
    if (e != OK)
        return e;
    uint64_t size;
    e = ops->size(l->fd, &size, why);
    if (e == OK && size != f->bytes)
        e = ops->truncate(l->fd, f->bytes, why);
    if (e == OK)
        e = ops->sync(l->fd, why);
    return e == OK ? OK : fail_in(why, e, "log file %s", name.text);
}

// A file before `first` was to be dropped when the process before us fell: it counts, and
// goes with the next wal_drop_before().
static enum err measure_file(const struct wal *l, struct wal_file *f, struct fault *why)
{
    struct name name = name_of(l, f->number);
    int fd;
    enum err e = l->w->ops->open_read(l->w, name.text, &fd, why);
    if (e != OK)
        return e;
    e = l->w->ops->size(fd, &f->bytes, why);
    l->w->ops->close(fd);
    return e;
}

static enum err replay_files(struct wal *l, uint64_t first, const struct replay *r,
                             struct fault *why)
{
    uint64_t want = first;
    for (size_t i = 0; i < l->file_count; i++) {
        struct wal_file *f = &l->files[i];
        if (f->number > want)
            break;
        bool is_old = f->number < first;
        enum err e = is_old ? measure_file(l, f, why) : replay_file(l, f, r, why);
        if (e != OK)
            return e;
        want += !is_old;
    }
    if (l->file_count && (want == first || last_file(l)->number + 1 != want))
        return fail(why, ERR_CORRUPT, "log file %s is missing", name_of(l, want).text);
    return OK;
}

static enum err open_all(struct wal *l, uint64_t first, const struct replay *r, struct fault *why)
{
    enum err e = l->w->ops->make_dir(l->w, l->directory, why);
    if (e == OK)
        e = l->w->ops->sync_dir(l->w, ".", why);
    if (e == OK)
        e = list_files(l, why);
    if (e == OK)
        e = replay_files(l, first, r, why);
    if (e != OK)
        return e;
    bool is_new = l->file_count == 0;
    if (is_new)
        add_file(l, (struct wal_file){first, 0});
    struct wal_file *f = last_file(l);
    if (f->bytes != 0)
        return continue_file(l, f, why);
    f->bytes = HEADER_BYTES;
    return start_file(l, f->number, !is_new, why);
}

// --- the door

// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
enum err wal_open(const struct world *w, const char *directory, uint64_t first,
                  enum err (*each)(void *context, struct slice payload, struct fault *why),
                  void *context, struct wal **out, struct fault *why)
{
    struct wal *l = calloc(1, sizeof *l);
    CHECK(l != NULL);
    CHECK(strlen(directory) < sizeof l->directory);
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length goes along.
    memcpy(l->directory, directory, strlen(directory));
    l->w = w;
    l->fd = -1;
    l->pending = buf_init(PENDING_BYTES_MAX);
    struct replay r = {each, context};
    enum err e = open_all(l, first, &r, why);
    if (e != OK) {
        wal_close(l);
        return e;
    }
    *out = l;
    return OK;
}

void wal_close(struct wal *l)
{
    if (!l)
        return;
    if (l->fd >= 0)
        l->w->ops->close(l->fd);
    buf_done(&l->pending);
    free(l->files);
    free(l);
}

static enum err check_whole(const struct wal *l, struct fault *why)
{
    if (l->broken)
        return fail(why, ERR_IO, "log takes no more after a failed write; open it anew");
    return OK;
}

enum err wal_append(struct wal *l, struct slice payload, struct fault *why)
{
    enum err e = check_whole(l, why);
    if (e != OK)
        return e;
    if (payload.len > RECORD_BYTES_MAX)
        return fail(why, ERR_LIMIT, "log record of %zu bytes; the limit is %d", payload.len,
                    RECORD_BYTES_MAX);
    if (l->pending.limit_bytes - l->pending.len < RECORD_HEADER_BYTES + payload.len)
        return fail(why, ERR_LIMIT, "more than %d bytes wait for the log", PENDING_BYTES_MAX);
    const struct wal_file *f = last_file(l);
    uint64_t offset = f->bytes + l->pending.len;
    buf_u32_le(&l->pending, (uint32_t)payload.len);
    buf_u32_le(&l->pending, 0);
    buf_u64_le(&l->pending, record_checksum(f->number, offset, payload));
    buf_slice_add(&l->pending, payload);
    return OK;
}

enum err wal_sync(struct wal *l, struct fault *why)
{
    enum err e = check_whole(l, why);
    if (e != OK || l->pending.len == 0)
        return e;
    e = l->w->ops->write(l->fd, buf_slice(&l->pending), why);
    if (e == OK)
        e = l->w->ops->sync(l->fd, why);
    if (e != OK) {
        l->broken = true;
        return fail_in(why, e, "log file %s", name_of(l, last_file(l)->number).text);
    }
    last_file(l)->bytes += l->pending.len;
    buf_reset(&l->pending);
    return OK;
}

enum err wal_roll(struct wal *l, uint64_t *out_first, struct fault *why)
{
    enum err e = wal_sync(l, why);
    if (e != OK)
        return e;
    uint64_t number = last_file(l)->number + 1;
    e = start_file(l, number, false, why);
    if (e != OK) {
        // The file may be there: were the one before it written on, it could no longer be
        // told whether its tail is torn or damaged.
        l->broken = true;
        return e;
    }
    add_file(l, (struct wal_file){number, HEADER_BYTES});
    *out_first = number;
    return OK;
}

static void forget_first_file(struct wal *l)
{
    l->file_count--;
    memmove(l->files, l->files + 1, l->file_count * sizeof *l->files);
}

enum err wal_drop_before(struct wal *l, uint64_t first, struct fault *why)
{
    enum err e = check_whole(l, why);
    if (e != OK)
        return e;
    bool dropped = false;
    while (l->file_count > 1 && l->files[0].number < first) {
        e = l->w->ops->remove(l->w, name_of(l, l->files[0].number).text, why);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        forget_first_file(l);
        dropped = true;
    }
    return dropped ? l->w->ops->sync_dir(l->w, l->directory, why) : OK;
}

uint64_t wal_bytes(const struct wal *l)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < l->file_count; i++)
        bytes += l->files[i].bytes;
    return bytes;
}
