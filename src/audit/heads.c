// SPDX-License-Identifier: Apache-2.0
#include "audit/heads.h"

#include "audit/segment_file.h"
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

void heads_name(uint64_t first, char out[HEADS_NAME_BYTES])
{
    snprintf(out, HEADS_NAME_BYTES, "%016llx.heads", (unsigned long long)first);
}

bool heads_name_parse(const char *name, uint64_t *out_first)
{
    char segment[SEGMENT_NAME_BYTES];
    if (strlen(name) != 22 || strcmp(name + 16, ".heads") != 0)
        return false;
    snprintf(segment, sizeof segment, "%.16s.seg", name);
    return segment_name_parse(segment, out_first);
}

struct listing {
    uint32_t count;
    uint64_t at[4 * HEADS_FILES];
};

static void add_entry(void *context, const char *name)
{
    struct listing *l = context;
    uint64_t first;
    if (heads_name_parse(name, &first) && l->count < sizeof l->at / sizeof *l->at)
        l->at[l->count++] = first;
}

static int by_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The last whole head of one file, if it has one.
static enum err read_last_of(struct heads *h, const char *name, struct fault *why)
{
    const struct world_ops *ops = h->w->ops;
    int fd = -1;
    uint64_t bytes = 0;
    uint8_t last[AUDIT_HEAD_BYTES];
    enum err e = ops->open_read(h->w, name, &fd, why);
    if (e)
        return e;
    e = ops->size(fd, &bytes, why);
    uint64_t whole = bytes - bytes % AUDIT_HEAD_BYTES;
    if (!e && whole > 0)
        e = ops->read_at(fd, last, sizeof last, whole - AUDIT_HEAD_BYTES, why);
    ops->close(fd);
    if (!e && whole > 0) {
        h->has_last = true;
        h->last = audit_head_decode(last);
    }
    return e;
}

// A file whose first head never came to the disk is empty: then the last is in one before it.
static enum err read_last(struct heads *h, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = h->file_count; !e && !h->has_last && i > 0; i--) {
        char name[HEADS_NAME_BYTES];
        heads_name(h->files[i - 1], name);
        e = read_last_of(h, name, why);
    }
    return e;
}

static enum err open_last_file(struct heads *h, struct fault *why)
{
    const struct world_ops *ops = h->w->ops;
    char name[HEADS_NAME_BYTES];
    uint64_t bytes = 0;
    heads_name(h->files[h->file_count - 1], name);
    enum err e = ops->open_write(h->w, name, false, &h->fd, why);
    if (!e)
        e = ops->size(h->fd, &bytes, why);
    if (!e && bytes % AUDIT_HEAD_BYTES)
        e = ops->truncate(h->fd, bytes - bytes % AUDIT_HEAD_BYTES, why);
    return e;
}

enum err heads_open(struct heads *h, const struct world *w, struct fault *why)
{
    struct listing l = {0};
    *h = (struct heads){.w = w, .fd = -1};
    enum err e = w->ops->list(w, ".", add_entry, &l, why);
    if (e || l.count == 0)
        return e;
    qsort(l.at, l.count, sizeof *l.at, by_first);
    uint32_t from = l.count > HEADS_FILES ? l.count - HEADS_FILES : 0;
    for (uint32_t i = from; i < l.count; i++)
        h->files[h->file_count++] = l.at[i];
    e = read_last(h, why);
    if (!e)
        e = open_last_file(h, why);
    if (e)
        heads_close(h);
    return e;
}

void heads_close(struct heads *h)
{
    if (h->fd >= 0)
        h->w->ops->close(h->fd);
    h->fd = -1;
}

static enum err drop_oldest(struct heads *h, struct fault *why)
{
    char name[HEADS_NAME_BYTES];
    heads_name(h->files[0], name);
    enum err e = h->w->ops->remove(h->w, name, why);
    if (e)
        return e;
    h->file_count--;
    memmove(h->files, h->files + 1, h->file_count * sizeof *h->files);
    return OK;
}

static enum err start_file(struct heads *h, uint64_t first, struct fault *why)
{
    char name[HEADS_NAME_BYTES];
    heads_name(first, name);
    int fd = -1;
    enum err e = h->file_count == HEADS_FILES ? drop_oldest(h, why) : OK;
    if (!e)
        e = h->w->ops->open_write(h->w, name, false, &fd, why);
    if (!e)
        e = h->w->ops->truncate(fd, 0, why); // of a try before this one
    if (!e)
        e = h->w->ops->sync_dir(h->w, ".", why);
    if (e) {
        if (fd >= 0)
            h->w->ops->close(fd);
        return e;
    }
    heads_close(h);
    h->fd = fd;
    h->files[h->file_count++] = first;
    return OK;
}

// What a failed write may have left behind is cut off again, or tried to be.
enum err heads_add(struct heads *h, const struct audit_head *head, struct fault *why)
{
    uint64_t before = 0;
    struct buf bytes AUTO(buf_donep) = buf_init(AUDIT_HEAD_BYTES);
    audit_head_encode(head, &bytes);
    bool is_full =
        h->file_count > 0 && head->number - h->files[h->file_count - 1] >= HEADS_PER_FILE;
    enum err e = h->fd < 0 || is_full ? start_file(h, head->number, why) : OK;
    if (!e)
        e = h->w->ops->size(h->fd, &before, why);
    if (!e && before % AUDIT_HEAD_BYTES) {
        before -= before % AUDIT_HEAD_BYTES;
        e = h->w->ops->truncate(h->fd, before, why);
    }
    if (e)
        return e;
    e = h->w->ops->write(h->fd, buf_slice(&bytes), why);
    if (!e)
        e = h->w->ops->sync(h->fd, why);
    if (e) {
        (void)h->w->ops->truncate(h->fd, before, NULL); // or by the next one
        return e;
    }
    h->has_last = true;
    h->last = *head;
    return OK;
}
