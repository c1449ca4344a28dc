// SPDX-License-Identifier: Apache-2.0
#include "server/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 8, PATH_BYTES = 4096 };

static enum err system_said(struct fault *why, const char *what, const char *name)
{
    return fail(why, ERR_IO, "%s %s: %s", what, name, strerror(errno));
}

static void count_entry(void *context, const char *entry)
{
    (void)entry;
    ++*(int *)context;
}

static enum err make_inside(const struct world *w, const char *path, struct fault *why)
{
    static const char *const names[] = {DIRECTORY_KEYS, DIRECTORY_TLS,   DIRECTORY_ACCESS,
                                        DIRECTORY_DATA, DIRECTORY_AUDIT, DIRECTORY_RUN};
    int entries = 0;
    enum err e = w->ops->list(w, ".", count_entry, &entries, why);
    if (!e && entries > 0)
        e = fail(why, ERR_CONFLICT, "%s is not empty; tamis init takes a new directory", path);
    for (size_t i = 0; !e && i < sizeof names / sizeof names[0]; i++)
        e = w->ops->make_dir(w, names[i], why);
    return e;
}

// Whoever owns the directory could put other keys and another certificate into it later.
static enum err check_owner(const struct world *w, const char *path, struct fault *why)
{
    struct stat st;
    if (fstat(w->dir, &st) < 0)
        return system_said(why, "look at", path);
    if (st.st_uid == geteuid())
        return OK;
    return fail(why, ERR_DENIED, "%s belongs to user %u and not to you (%u)", path, st.st_uid,
                geteuid());
}

enum err directory_make(const char *path, struct world *out, struct fault *why)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return system_said(why, "make directory", path);
    struct world w;
    enum err e = world_open(path, &w, why);
    if (e)
        return e;
    e = check_owner(&w, path, why);
    if (!e)
        e = make_inside(&w, path, why);
    if (!e && fchmod(w.dir, 0700) < 0)
        e = system_said(why, "change mode of", path);
    if (e)
        world_close(&w);
    else
        *out = w;
    return e;
}

// Owner and mode of one file or directory, through a descriptor that cannot be swapped.
static enum err give_one(int fd, const struct stat *st, const struct process_user *to,
                         const char *name, struct fault *why)
{
    if (S_ISLNK(st->st_mode))
        return OK; // belongs to nobody that matters, and is not followed
    if (!S_ISDIR(st->st_mode) && st->st_nlink > 1)
        return fail(why, ERR_DENIED, "%s has a second name elsewhere; remove one", name);
    if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
        return fail(why, ERR_DENIED, "%s is neither a file nor a directory", name);
    if (fchownat(fd, "", to->uid, to->gid, AT_EMPTY_PATH) < 0)
        return system_said(why, "change owner of", name);
    char path[64]; // fchmod() does not take a descriptor opened with O_PATH
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (chmod(path, S_ISDIR(st->st_mode) ? 0700 : 0600) < 0)
        return system_said(why, "change mode of", name);
    return OK;
}

static enum err give_tree(int dir, const char *name, const struct process_user *to, int depth,
                          struct fault *why);

static enum err give_entries(int dir, const struct process_user *to, int depth, struct fault *why)
{
    DIR *list = fdopendir(dir);
    if (!list) {
        close(dir);
        return system_said(why, "list", "a directory");
    }
    enum err e = OK;
    for (struct dirent *d = readdir(list); d && !e; d = readdir(list)) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            e = give_tree(dirfd(list), d->d_name, to, depth + 1, why);
    }
    closedir(list);
    return e;
}

static enum err give_tree(int dir, const char *name, const struct process_user *to, int depth,
                          struct fault *why)
{
    if (depth > DEPTH_MAX)
        return fail(why, ERR_LIMIT, "%s: more than %d directories deep", name, DEPTH_MAX);
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return system_said(why, "open", name);
    struct stat st;
    enum err e = fstat(fd, &st) < 0 ? system_said(why, "look at", name) : OK;
    if (!e)
        e = give_one(fd, &st, to, name, why);
    if (!e && S_ISDIR(st.st_mode)) {
        int inside = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        e = inside < 0 ? system_said(why, "open", name) : give_entries(inside, to, depth, why);
    }
    close(fd);
    return e;
}

static bool may_pass(const struct stat *st, const struct process_user *who)
{
    if (st->st_uid == who->uid)
        return st->st_mode & S_IXUSR;
    if (st->st_gid == who->gid)
        return st->st_mode & S_IXGRP;
    return st->st_mode & S_IXOTH;
}

// SQLite opens its file by the whole path, so serve must be able to walk it.
static enum err check_parents(const struct process_user *who, struct fault *why)
{
    char path[PATH_BYTES];
    if (!getcwd(path, sizeof path))
        return system_said(why, "name of", "the directory");
    for (char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        char kept = slash[1];
        slash[slash == path ? 1 : 0] = '\0';
        struct stat st;
        bool blocks = stat(path, &st) == 0 && !may_pass(&st, who);
        if (blocks)
            return fail(why, ERR_DENIED,
                        "user %u, which serve runs as, may not pass %s (mode %03o); give others "
                        "the right x on it, or keep the directory elsewhere",
                        who->uid, path, st.st_mode & 0777u);
        if (slash == path)
            slash[1] = kept;
        else
            slash[0] = '/';
    }
    return OK;
}

enum err directory_give(const struct world *w, const struct process_user users[PROCESS_COUNT],
                        struct fault *why)
{
    static const struct {
        const char *name;
        enum process owner;
    } parts[] = {{DIRECTORY_KEYS, PROCESS_KEEPER},
                 {DIRECTORY_ACCESS, PROCESS_SERVE},
                 {DIRECTORY_DATA, PROCESS_SERVE},
                 {DIRECTORY_AUDIT, PROCESS_SERVE},
                 {DIRECTORY_RUN, PROCESS_SERVE}};

    if (fchmod(w->dir, 0711) < 0)
        return system_said(why, "change mode of", "the directory");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        enum err e = give_tree(w->dir, parts[i].name, &users[parts[i].owner], 0, why);
        if (e)
            return e;
    }
    return check_parents(&users[PROCESS_SERVE], why);
}

enum err directory_give_part(const struct world *w, const char *name, const struct process_user *to,
                             struct fault *why)
{
    return give_tree(w->dir, name, to, 0, why);
}
