// SPDX-License-Identifier: Apache-2.0
#pragma once

// A new directory for one test, gone afterwards with all that is in it.

#include "base/arena.h"
#include "base/buf.h"
#include "base/world.h"
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char path[64];
};

static inline struct place place_make(void)
{
    struct place p;
    snprintf(p.path, sizeof p.path, "/tmp/tamis-test-XXXXXX");
    EXPECT(mkdtemp(p.path) != NULL);
    EXPECT_EQ(chmod(p.path, 0755), 0); // for tests that change their user
    return p;
}

static inline int place_drop_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

static inline void place_drop(struct place *p)
{
    EXPECT_EQ(nftw(p->path, place_drop_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline const char *place_name(const struct place *p, const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", p->path, name);
    return path;
}

static inline void place_write(const struct place *p, const char *name, const char *text)
{
    int fd = open(place_name(p, name), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
    EXPECT(fd >= 0);
    EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

// The mode bits; -1 when there is nothing.
static inline int place_mode(const struct place *p, const char *name)
{
    struct stat st;
    return lstat(place_name(p, name), &st) == 0 ? (int)(st.st_mode & 0777) : -1;
}
