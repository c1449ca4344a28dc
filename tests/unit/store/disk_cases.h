// SPDX-License-Identifier: Apache-2.0
#pragma once

// A directory of its own for a test, and a world over it whose n-th change of the disk
// fails.  A write that fails leaves half of its bytes behind.

#include "base/buf.h"
#include "base/world.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct disk {
    char path[64];
    struct world real;
    struct world faulty;
    struct world_ops ops;
};

// One test runs at a time, so the countdown may be one for all.
static int disk_fail_in = -1; // so many calls go well first; -1: none fails
static int disk_calls;

static inline bool disk_fails(void)
{
    disk_calls++;
    return disk_fail_in >= 0 && disk_fail_in-- == 0;
}

static inline enum err disk_error(struct fault *why)
{
    return fail(why, ERR_IO, "the test said no");
}

static enum err disk_open_read(const struct world *w, const char *name, int *out_fd,
                               struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.open_read(w, name, out_fd, why);
}

static enum err disk_open_write(const struct world *w, const char *name, bool exclusive,
                                int *out_fd, struct fault *why)
{
    return disk_fails() ? disk_error(why)
                        : world_real_ops.open_write(w, name, exclusive, out_fd, why);
}

static enum err disk_write(int fd, struct slice bytes, struct fault *why)
{
    if (!disk_fails())
        return world_real_ops.write(fd, bytes, why);
    EXPECT_EQ(world_real_ops.write(fd, slice_of(bytes.at, bytes.len / 2), why), OK);
    return disk_error(why);
}

static enum err disk_read_at(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.read_at(fd, at, len, offset, why);
}

static enum err disk_size(int fd, uint64_t *out_bytes, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.size(fd, out_bytes, why);
}

static enum err disk_truncate(int fd, uint64_t bytes, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.truncate(fd, bytes, why);
}

static enum err disk_sync(int fd, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.sync(fd, why);
}

static enum err disk_rename(const struct world *w, const char *from, const char *to,
                            struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.rename(w, from, to, why);
}

static enum err disk_remove(const struct world *w, const char *name, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.remove(w, name, why);
}

static enum err disk_make_dir(const struct world *w, const char *name, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.make_dir(w, name, why);
}

static enum err disk_sync_dir(const struct world *w, const char *name, struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.sync_dir(w, name, why);
}

static enum err disk_list(const struct world *w, const char *name,
                          void (*each)(void *context, const char *entry), void *context,
                          struct fault *why)
{
    return disk_fails() ? disk_error(why) : world_real_ops.list(w, name, each, context, why);
}

static inline void disk_new(struct disk *d)
{
    snprintf(d->path, sizeof d->path, "/tmp/tamis-test-XXXXXX");
    EXPECT(mkdtemp(d->path) != NULL);
    EXPECT_EQ(world_open(d->path, &d->real, NULL), OK);
    d->ops = world_real_ops;
    d->ops.open_read = disk_open_read;
    d->ops.open_write = disk_open_write;
    d->ops.write = disk_write;
    d->ops.read_at = disk_read_at;
    d->ops.size = disk_size;
    d->ops.truncate = disk_truncate;
    d->ops.sync = disk_sync;
    d->ops.rename = disk_rename;
    d->ops.remove = disk_remove;
    d->ops.make_dir = disk_make_dir;
    d->ops.sync_dir = disk_sync_dir;
    d->ops.list = disk_list;
    d->faulty = (struct world){.ops = &d->ops, .dir = d->real.dir};
    disk_fail_in = -1;
    disk_calls = 0;
}

static inline void disk_remove_entry(void *context, const char *entry)
{
    const struct disk *d = context;
    (void)d->real.ops->remove(&d->real, entry, NULL);
}

static inline void disk_empty(struct disk *d, const char *directory)
{
    struct disk sub = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", d->path, directory);
    if (world_open(path, &sub.real, NULL) != OK)
        return;
    EXPECT_EQ(sub.real.ops->list(&sub.real, ".", disk_remove_entry, &sub, NULL), OK);
    world_close(&sub.real);
}

// `directory`: one below that the test made, "." for none.
static inline void disk_done(struct disk *d, const char *directory)
{
    char path[128];
    disk_empty(d, directory);
    disk_empty(d, ".");
    snprintf(path, sizeof path, "%s/%s", d->path, directory);
    rmdir(path);
    world_close(&d->real);
    rmdir(d->path);
}

static inline struct buf disk_read(struct disk *d, const char *name)
{
    struct buf b = buf_init(64 << 20);
    EXPECT_EQ(world_read_file(&d->real, name, &b, NULL), OK);
    return b;
}

static inline void disk_put(struct disk *d, const char *name, struct slice bytes)
{
    EXPECT_EQ(world_write_file(&d->real, name, bytes, NULL), OK);
}
