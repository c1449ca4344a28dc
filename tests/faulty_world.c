// SPDX-License-Identifier: Apache-2.0
#include "faulty_world.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 4096, NAME = 128 };

// A file written to since faulty_arm().
struct written {
    char name[NAME];
    int fd; // -1 when closed
    uint64_t synced_bytes;
    bool is_new;     // its name is not on disk until its directory is synced
    char before[16]; // what its name named before it was renamed over that; "" for nothing
};

static struct {
    int dir;
    uint64_t fail_at;
    uint64_t calls;
    enum fault_kind kind;
    bool fired;
    bool is_dark; // power is off
    struct written files[FILES];
    int file_count;
    int backup_count;
} faulty;

static enum err step(struct fault *why)
{
    faulty.calls++;
    bool now = faulty.calls == faulty.fail_at;
    if (now)
        faulty.fired = true;
    if (now && faulty.kind == FAULT_POWER)
        faulty.is_dark = true;
    return now || faulty.is_dark
               ? fail(why, ERR_IO, "fault number %llu", (unsigned long long)faulty.fail_at)
               : OK;
}

static struct written *file_of(int fd)
{
    for (int i = 0; i < faulty.file_count; i++) {
        if (faulty.files[i].fd == fd)
            return &faulty.files[i];
    }
    return NULL;
}

static struct written *file_named(const char *name)
{
    for (int i = 0; i < faulty.file_count; i++) {
        if (strcmp(faulty.files[i].name, name) == 0)
            return &faulty.files[i];
    }
    return NULL;
}

static uint64_t size_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static enum err faulty_open_write(const struct world *w, const char *name, bool exclusive,
                                  int *out_fd, struct fault *why)
{
    enum err e = step(why);
    bool exists = faccessat(w->dir, name, F_OK, 0) == 0;
    if (!e)
        e = world_real_ops.open_write(w, name, exclusive, out_fd, why);
    if (e)
        return e;
    struct written *f = file_named(name);
    bool known = f != NULL;
    if (!f && faulty.file_count < FILES)
        f = &faulty.files[faulty.file_count++];
    if (!f)
        return fail(why, ERR_LIMIT, "more files than the faulty world can follow");
    snprintf(f->name, sizeof f->name, "%s", name);
    f->fd = *out_fd;
    if (!known) {
        f->synced_bytes = size_of(*out_fd);
        f->is_new = !exists;
    }
    return OK;
}

static enum err faulty_write(int fd, struct slice bytes, struct fault *why)
{
    enum err e = step(why);
    if (!e)
        return world_real_ops.write(fd, bytes, why);
    // A write that fails may have got half of it through.
    if (world_real_ops.write(fd, slice_of(bytes.at, bytes.len / 2), NULL) != OK)
        return ERR_IO;
    return e;
}

static enum err faulty_truncate(int fd, uint64_t bytes, struct fault *why)
{
    enum err e = step(why);
    if (!e)
        e = world_real_ops.truncate(fd, bytes, why);
    struct written *f = file_of(fd);
    if (!e && f && f->synced_bytes > bytes)
        f->synced_bytes = bytes;
    return e;
}

static enum err faulty_sync(int fd, struct fault *why)
{
    enum err e = step(why); // no need to really sync: the machine stays up
    struct written *f = file_of(fd);
    if (!e && f)
        f->synced_bytes = size_of(fd);
    return e;
}

static void faulty_close(int fd)
{
    struct written *f = file_of(fd);
    if (f)
        f->fd = -1;
    world_real_ops.close(fd);
}

static void forget(struct written *f)
{
    if (f->before[0])
        (void)unlinkat(faulty.dir, f->before, 0);
    *f = (struct written){.fd = f->fd};
}

// Keeps what `to` names now until the directory is synced.
static void keep_before(const char *to, struct written *f)
{
    struct written *over = file_named(to);
    if (over && over->is_new) { // was not on disk, so what was before it counts
        memcpy(f->before, over->before, sizeof f->before);
        over->before[0] = '\0';
    } else if (faccessat(faulty.dir, to, F_OK, 0) == 0) {
        snprintf(f->before, sizeof f->before, "before-%d", faulty.backup_count++);
        (void)unlinkat(faulty.dir, f->before, 0); // of before faulty_arm()
        if (linkat(faulty.dir, to, faulty.dir, f->before, 0) != 0)
            fprintf(stderr, "cannot keep %s\n", to);
    }
    if (over)
        forget(over);
}

static enum err faulty_rename(const struct world *w, const char *from, const char *to,
                              struct fault *why)
{
    enum err e = step(why);
    struct written *f = file_named(from);
    if (!e && f)
        keep_before(to, f);
    if (!e)
        e = world_real_ops.rename(w, from, to, why);
    if (!e && f) {
        snprintf(f->name, sizeof f->name, "%s", to);
        f->is_new = true;
    }
    return e;
}

static enum err faulty_remove(const struct world *w, const char *name, struct fault *why)
{
    enum err e = step(why);
    if (!e)
        e = world_real_ops.remove(w, name, why);
    struct written *f = file_named(name);
    if (!e && f)
        forget(f);
    return e;
}

static enum err faulty_make_dir(const struct world *w, const char *name, struct fault *why)
{
    enum err e = step(why);
    return e ? e : world_real_ops.make_dir(w, name, why);
}

static bool is_in(const char *directory, const char *name)
{
    size_t len = strlen(directory);
    if (strcmp(directory, ".") == 0)
        return !strchr(name, '/');
    return strncmp(name, directory, len) == 0 && name[len] == '/';
}

static enum err faulty_sync_dir(const struct world *w, const char *name, struct fault *why)
{
    (void)w;
    enum err e = step(why);
    for (int i = 0; i < faulty.file_count && !e; i++) {
        struct written *f = &faulty.files[i];
        if (!is_in(name, f->name))
            continue;
        f->is_new = false;
        if (f->before[0])
            (void)unlinkat(faulty.dir, f->before, 0);
        f->before[0] = '\0';
    }
    return e;
}

static struct world_ops ops;

struct world faulty_world(const struct world *real)
{
    ops = world_real_ops;
    ops.open_write = faulty_open_write;
    ops.write = faulty_write;
    ops.truncate = faulty_truncate;
    ops.sync = faulty_sync;
    ops.close = faulty_close;
    ops.rename = faulty_rename;
    ops.remove = faulty_remove;
    ops.make_dir = faulty_make_dir;
    ops.sync_dir = faulty_sync_dir;
    faulty.dir = real->dir;
    return (struct world){.ops = &ops, .dir = real->dir};
}

void faulty_arm(uint64_t at, enum fault_kind kind)
{
    int dir = faulty.dir;
    memset(&faulty, 0, sizeof faulty);
    faulty.dir = dir;
    faulty.fail_at = at;
    faulty.kind = kind;
}

bool faulty_fired(void)
{
    return faulty.fired;
}

static void cut(struct written *f)
{
    if (f->is_new && f->before[0])
        (void)renameat(faulty.dir, f->before, faulty.dir, f->name);
    else if (f->is_new)
        (void)unlinkat(faulty.dir, f->name, 0);
    if (f->is_new)
        return;
    int fd = openat(faulty.dir, f->name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (size_of(fd) > f->synced_bytes && ftruncate(fd, (off_t)f->synced_bytes) != 0)
        fprintf(stderr, "cannot cut %s\n", f->name);
    close(fd);
}

void faulty_power_back(void)
{
    for (int i = 0; i < faulty.file_count && faulty.is_dark; i++) {
        if (faulty.files[i].name[0])
            cut(&faulty.files[i]);
    }
    faulty_arm(0, FAULT_ONCE);
}
