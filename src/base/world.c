// SPDX-License-Identifier: Apache-2.0
#include "base/world.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = 512 };

static enum err system_said(struct fault *why, const char *what, const char *name)
{
    int code = errno;
    char words[128];
    const char *said = strerror_r(code, words, sizeof words);
    return fail(why, code == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s %s: %s", what, name, said);
}

static enum err real_open_read(const struct world *w, const char *name, int *out_fd,
                               struct fault *why)
{
    int fd = openat(w->dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return system_said(why, "open", name);
    *out_fd = fd;
    return OK;
}

static enum err real_open_write(const struct world *w, const char *name, bool exclusive,
                                int *out_fd, struct fault *why)
{
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | (exclusive ? O_EXCL : 0);
    int fd = openat(w->dir, name, flags, 0600);
    if (fd < 0)
        return system_said(why, "create", name);
    *out_fd = fd;
    return OK;
}

static enum err real_write(int fd, struct slice bytes, struct fault *why)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.at, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return system_said(why, "write", "file");
        bytes = slice_from(bytes, (size_t)n);
    }
    return OK;
}

static enum err real_read_at(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    uint8_t *to = at;
    while (len > 0) {
        ssize_t n = pread(fd, to, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_said(why, "read", "file");
        if (n == 0)
            return fail(why, ERR_CORRUPT, "file ends %zu bytes too soon", len);
        to += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return OK;
}

static enum err real_size(int fd, uint64_t *out_bytes, struct fault *why)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return system_said(why, "stat", "file");
    *out_bytes = (uint64_t)st.st_size;
    return OK;
}

static enum err real_truncate(int fd, uint64_t bytes, struct fault *why)
{
    return ftruncate(fd, (off_t)bytes) < 0 ? system_said(why, "truncate", "file") : OK;
}

static enum err real_sync(int fd, struct fault *why)
{
    return fdatasync(fd) < 0 ? system_said(why, "sync", "file") : OK;
}

static void real_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

static enum err real_rename(const struct world *w, const char *from, const char *to,
                            struct fault *why)
{
    return renameat(w->dir, from, w->dir, to) < 0 ? system_said(why, "rename", from) : OK;
}

static enum err real_remove(const struct world *w, const char *name, struct fault *why)
{
    return unlinkat(w->dir, name, 0) < 0 ? system_said(why, "remove", name) : OK;
}

static enum err real_make_dir(const struct world *w, const char *name, struct fault *why)
{
    if (mkdirat(w->dir, name, 0700) < 0 && errno != EEXIST)
        return system_said(why, "make directory", name);
    return OK;
}

static enum err real_sync_dir(const struct world *w, const char *name, struct fault *why)
{
    int fd = openat(w->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return system_said(why, "open directory", name);
    enum err e = fsync(fd) < 0 ? system_said(why, "sync directory", name) : OK;
    close(fd);
    return e;
}

static enum err real_list(const struct world *w, const char *name,
                          void (*each)(void *context, const char *entry), void *context,
                          struct fault *why)
{
    int fd = openat(w->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        enum err e = system_said(why, "list", name);
        real_close(fd);
        return e;
    }
    for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            each(context, d->d_name);
    }
    closedir(dir);
    return OK;
}

static int64_t clock_us(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

enum err world_space(const struct world *w, uint64_t *out_bytes, uint64_t *out_free,
                     struct fault *why)
{
    struct statvfs st;
    if (fstatvfs(w->dir, &st) < 0)
        return system_said(why, "ask for the space of", ".");
    *out_bytes = (uint64_t)st.f_blocks * st.f_frsize;
    *out_free = (uint64_t)st.f_bavail * st.f_frsize;
    return OK;
}

int64_t now_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

const struct world_ops world_real_ops = {
    .open_read = real_open_read,
    .open_write = real_open_write,
    .write = real_write,
    .read_at = real_read_at,
    .size = real_size,
    .truncate = real_truncate,
    .sync = real_sync,
    .close = real_close,
    .rename = real_rename,
    .remove = real_remove,
    .make_dir = real_make_dir,
    .sync_dir = real_sync_dir,
    .list = real_list,
    .now_ms = now_ms,
    .monotonic_us = monotonic_us,
};

enum err world_open(const char *path, struct world *out, struct fault *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return system_said(why, "open directory", path);
    *out = (struct world){.ops = &world_real_ops, .dir = fd};
    return OK;
}

void world_close(struct world *w)
{
    real_close(w->dir);
    w->dir = -1;
}

static enum err read_into(const struct world *w, int fd, const char *name, struct buf *out,
                          struct fault *why)
{
    uint64_t size = 0;
    enum err e = w->ops->size(fd, &size, why);
    if (e)
        return fail_in(why, e, "%s", name);
    uint8_t *room = size ? buf_room(out, size) : NULL;
    if (size && !room)
        return fail(why, ERR_LIMIT, "%s is larger than %zu bytes", name, out->limit_bytes);
    e = size ? w->ops->read_at(fd, room, size, 0, why) : OK;
    return e ? fail_in(why, e, "%s", name) : OK;
}

enum err world_read_file(const struct world *w, const char *name, struct buf *out,
                         struct fault *why)
{
    int fd = -1;
    enum err e = w->ops->open_read(w, name, &fd, why);
    if (e)
        return e;
    size_t before = out->len;
    e = read_into(w, fd, name, out, why);
    if (e)
        out->len = before; // not room that nobody filled
    w->ops->close(fd);
    return e;
}

enum err world_write_file(const struct world *w, const char *name, struct slice bytes,
                          struct fault *why)
{
    char temporary[NAME_BYTES];
    int len = snprintf(temporary, sizeof temporary, "%s.tmp", name);
    if (len < 0 || (size_t)len >= sizeof temporary)
        return fail(why, ERR_LIMIT, "file name longer than %d bytes", NAME_BYTES);

    int fd = -1;
    enum err e = w->ops->open_write(w, temporary, false, &fd, why);
    if (e)
        return e;
    e = w->ops->truncate(fd, 0, why); // of an earlier try that did not end
    if (!e)
        e = w->ops->write(fd, bytes, why);
    if (!e)
        e = w->ops->sync(fd, why);
    w->ops->close(fd);
    if (!e)
        e = w->ops->rename(w, temporary, name, why);
    if (!e) {
        char directory[NAME_BYTES];
        snprintf(directory, sizeof directory, "%s", name);
        char *slash = strrchr(directory, '/');
        if (slash)
            *slash = '\0';
        e = w->ops->sync_dir(w, slash ? directory : ".", why);
    }
    return e ? fail_in(why, e, "%s", name) : OK;
}
