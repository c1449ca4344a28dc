// SPDX-License-Identifier: Apache-2.0
#include "server/drawn_key.h"

#include "base/arena.h"
#include "base/buf.h"
#include "server/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum err drawn_key_give(const struct world *w, const char *name, struct fault *why)
{
    struct stat keys;
    if (geteuid() != 0)
        return OK;
    if (fstatat(w->dir, DIRECTORY_KEYS, &keys, AT_SYMLINK_NOFOLLOW) < 0 ||
        fchownat(w->dir, name, keys.st_uid, keys.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(why, ERR_IO, "give %s to its owner: %s", name, strerror(errno));
    return OK;
}

enum err drawn_key_is_there(const struct world *w, const char *name, bool *out, struct fault *why)
{
    int fd = -1;
    struct fault said = {0};
    enum err e = w->ops->open_read(w, name, &fd, &said);
    *out = e == OK;
    if (e == OK)
        w->ops->close(fd);
    return e && e != ERR_NOT_FOUND ? fail(why, e, "%s", said.words) : OK;
}

enum err drawn_key_make(const struct world *w, const char *name, struct fault *why)
{
    bool is_there = false;
    enum err e = drawn_key_is_there(w, name, &is_there, why);
    if (e || is_there)
        return e;
    struct secret *drawn = secret_random(KEY_BYTES);
    e = world_write_file(w, name, secret_bytes(drawn), why);
    secret_free(drawn);
    return e ? e : drawn_key_give(w, name, why);
}

enum err drawn_key_read(const struct world *w, const char *name, uint8_t out[KEY_BYTES],
                        struct fault *why)
{
    struct buf bytes AUTO(buf_donep) = buf_init(KEY_BYTES + 1);
    enum err e = world_read_file(w, name, &bytes, why);
    if (e)
        return e;
    if (bytes.len != KEY_BYTES)
        e = fail(why, ERR_CORRUPT, "%s is not of %d bytes", name, KEY_BYTES);
    else
        memcpy(out, bytes.at, KEY_BYTES);
    if (bytes.at)
        wipe(bytes.at, bytes.len);
    return e;
}

// In place, so that the blocks it lay in are written over where the file system does that.
static enum err write_over(const struct world *w, const char *name, struct fault *why)
{
    uint8_t chance[KEY_BYTES];
    random_bytes(chance, sizeof chance);
    int fd = openat(w->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND
                               : fail(why, ERR_IO, "open %s: %s", name, strerror(errno));
    bool done = pwrite(fd, chance, sizeof chance, 0) == (ssize_t)sizeof chance && fsync(fd) == 0;
    int error = errno;
    close(fd);
    return done ? OK : fail(why, ERR_IO, "write over %s: %s", name, strerror(error));
}

enum err drawn_key_destroy(const struct world *w, const char *name, struct fault *why)
{
    enum err e = write_over(w, name, why);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e)
        e = w->ops->remove(w, name, why);
    return e ? e : w->ops->sync_dir(w, DIRECTORY_KEYS, why);
}
