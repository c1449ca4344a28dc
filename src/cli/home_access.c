// SPDX-License-Identifier: Apache-2.0
#include "cli/home_access.h"

#include "access/trusted.h"
#include "server/directory.h"
#include "server/installation.h"

#include <stdio.h>

enum { PATH_BYTES = 4096 };

enum err home_access_open(const char *directory, struct home_access *out, struct fault *why)
{
    char path[PATH_BYTES];
    struct home_access h = {.directory = directory, .dir = {.dir = -1}};
    int len = snprintf(path, sizeof path, "%s/" DIRECTORY_ACCESS, directory);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(why, ERR_LIMIT, "--dir of more than %d bytes", PATH_BYTES);
    enum err e = crypto_start(why);
    if (!e)
        e = world_open(directory, &h.dir, why);
    if (!e)
        e = key_ring_open(&h.dir, &h.ring, why);
    if (!e)
        e = access_open_trusted(path, false, &h.dir, h.ring, &h.access, why);
    if (e)
        home_access_close(&h);
    else
        *out = h;
    return e;
}

enum err home_access_settle(struct home_access *h, struct fault *why)
{
    enum err e = access_settle_head(h->access, &h->dir, why);
    return e ? e : installation_give(h->directory, why);
}

void home_access_close(struct home_access *h)
{
    access_close(h->access);
    key_ring_close(h->ring);
    if (h->dir.ops && h->dir.dir >= 0)
        world_close(&h->dir);
}
