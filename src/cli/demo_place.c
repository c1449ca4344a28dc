// SPDX-License-Identifier: Apache-2.0
// What the demo needs before it starts anything: its programs, free ports, a directory.
#include "cli/child.h"
#include "cli/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char marker[] = ".tamis-demo"; // a directory without it is never removed

enum err demo_path(char out[DEMO_PATH_BYTES], struct fault *why, const char *between, const char *a,
                   const char *b)
{
    int len = snprintf(out, DEMO_PATH_BYTES, "%s%s%s", a, between, b);
    if (len < 0 || len >= DEMO_PATH_BYTES)
        return fail(why, ERR_LIMIT, "a path is longer than %d bytes", DEMO_PATH_BYTES);
    return OK;
}

static bool exists(const char *file)
{
    return access(file, F_OK) == 0;
}

static enum err find_postgres(struct demo *d, struct fault *why)
{
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
        return fail(why, ERR_NOT_FOUND,
                    "no PostgreSQL server is installed: apt-get install postgresql-15");
    snprintf(d->postgres_bin, sizeof d->postgres_bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    *strrchr(d->postgres_bin, '/') = '\0';
    return OK;
}

enum err demo_find_programs(struct demo *d, const char *bin, struct fault *why)
{
    enum err e = demo_path(d->program, why, "/", bin, "tamis");
    if (!e)
        e = demo_path(d->fleet, why, "/", bin, "tamis-fleet");
    if (!e)
        e = demo_path(d->policy, why, "/../demo/", bin, "policy.yml"); // in a checkout
    if (!e && !exists(d->policy))
        e = demo_path(d->policy, why, "/../share/tamis/", bin, "demo-policy.yml"); // installed
    if (e)
        return e;
    if (!exists(d->fleet) || !exists(d->policy))
        return fail(why, ERR_NOT_FOUND, "%s is missing: build it with `make`",
                    exists(d->fleet) ? d->policy : d->fleet);
    return find_postgres(d, why);
}

enum err demo_take_port(int port, int *out_port, struct fault *why)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    bool free_one = bind(fd, (struct sockaddr *)&at, len) == 0 &&
                    getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (!free_one && code == EADDRINUSE)
        return fail(why, ERR_CONFLICT,
                    "port %d of 127.0.0.1 is in use; choose another with --port P", port);
    if (!free_one)
        return fail(why, ERR_IO, "port %d of 127.0.0.1: %s; choose another with --port P", port,
                    strerror(code));
    *out_port = ntohs(at.sin_port);
    return OK;
}

enum err demo_make_directory(const char *name, mode_t mode, struct fault *why)
{
    if (mkdir(name, mode) < 0)
        return fail(why, ERR_IO, "cannot make %s: %s", name, strerror(errno));
    return OK;
}

// The marker is locked as long as the demo lives, so that a second one in the same place
// does not remove the database below the first.
static enum err lock_marker(struct demo *d, const char *mark, struct fault *why)
{
    d->marker_fd = open(mark, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->marker_fd < 0)
        return fail(why, ERR_IO, "%s: %s", mark, strerror(errno));
    if (flock(d->marker_fd, LOCK_EX | LOCK_NB) < 0)
        return fail(why, ERR_CONFLICT, "another demo runs in %s; choose --dir D", d->directory);
    return OK;
}

static enum err remove_earlier(struct demo *d, const char *mark, struct fault *why)
{
    if (!exists(d->directory))
        return OK;
    if (!exists(mark))
        return fail(why, ERR_CONFLICT, "%s is there and is not of an earlier demo; choose --dir D",
                    d->directory);
    enum err e = lock_marker(d, mark, why);
    struct child gone = {.words = {"rm", "-rf", "--", d->directory}};
    if (!e)
        e = child_run(&gone, why);
    if (d->marker_fd >= 0)
        close(d->marker_fd);
    d->marker_fd = -1;
    return e;
}

enum err demo_take_directory(struct demo *d, struct fault *why)
{
    char mark[DEMO_PATH_BYTES];
    d->marker_fd = -1;
    enum err e = demo_path(mark, why, "/", d->directory, marker);
    if (!e)
        e = remove_earlier(d, mark, why);
    if (!e)
        e = demo_make_directory(d->directory, 0755, why);
    if (!e)
        e = lock_marker(d, mark, why);
    if (!e)
        e = demo_path(d->home, why, "/", d->directory, "home");
    if (!e)
        e = demo_path(d->log, why, "/", d->directory, "demo.log");
    return e;
}

enum err demo_prepare(struct demo *d, struct fault *why)
{
    char self[DEMO_PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0)
        return fail(why, ERR_IO, "cannot find the own program: %s", strerror(errno));
    self[len] = '\0';
    enum err e = demo_find_programs(d, dirname(self), why);
    if (!e)
        e = demo_take_port(d->port, &d->port, why);
    if (!e)
        e = demo_take_port(0, &d->postgres_port, why);
    return e ? e : demo_take_directory(d, why);
}
