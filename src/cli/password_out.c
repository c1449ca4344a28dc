// SPDX-License-Identifier: Apache-2.0
#include "cli/password_out.h"

#include "base/buf.h"
#include "base/world.h"
#include "keys/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 512 };

enum err password_out_open(const char *file, struct password_out *out, struct fault *why)
{
    *out = (struct password_out){.file = file, .fd = -1};
    if (!file)
        return isatty(STDOUT_FILENO) ? OK
                                     : fail(why, ERR_INVALID,
                                            "standard output is no terminal; say --password-file F "
                                            "for the password");
    out->fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    if (out->fd >= 0)
        return OK;
    if (errno == EEXIST)
        return fail(why, ERR_CONFLICT,
                    "password file %s is there already; name a new one, so that none is lost",
                    file);
    return fail(why, ERR_IO, "password file %s: %s", file, strerror(errno));
}

enum err password_out_write(struct password_out *p, const char *name, const char *password,
                            struct fault *why)
{
    char line[LINE_BYTES];
    if (!p->file) {
        printf("password of %s, shown this once: %s\n", name, password);
        return OK;
    }
    int len = snprintf(line, sizeof line, "%s\n", password);
    enum err e = world_real_ops.write(p->fd, slice_of(line, (size_t)len), why);
    if (!e)
        e = world_real_ops.sync(p->fd, why);
    wipe(line, sizeof line);
    close(p->fd);
    p->fd = -1;
    return e ? fail_in(why, e, "password file %s", p->file) : OK;
}

void password_out_drop(struct password_out *p)
{
    if (p->fd < 0)
        return;
    close(p->fd);
    p->fd = -1;
    (void)unlink(p->file); // empty, and ours: O_EXCL made it
}
