// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/home.h"
#include "server/launcher.h"
#include "server/setting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

// The register lists them (server/setting.h): a flag without a mark is none.
#define FLAG(name_, value_, protects_, loosens_) {name_, value_},

static const struct flag flags[] = {SETTINGS_OF_SERVE(FLAG){NULL, NULL}};

#undef FLAG

// The launcher changes into DIR, so a relative name must be made whole before.
static enum err whole_path(const char *path, char out[PATH_BYTES], struct fault *why)
{
    char here[PATH_BYTES] = "";
    if (path[0] != '/' && !getcwd(here, sizeof here))
        return fail(why, ERR_IO, "the working directory: %s", strerror(errno));
    int len = snprintf(out, PATH_BYTES, "%s%s%s", here, here[0] ? "/" : "", path);
    if (len < 0 || len >= PATH_BYTES)
        return fail(why, ERR_LIMIT, "a path of more than %d bytes", PATH_BYTES);
    return OK;
}

// Found out before anything is started: a file that never appears is waited for forever.
static enum err check_ready_file(const char *path, struct fault *why)
{
    char parent[PATH_BYTES];
    snprintf(parent, sizeof parent, "%s", path);
    *(strrchr(parent, '/') + 1) = '\0'; // whole_path() made it begin with one
    if (access(parent, W_OK | X_OK) < 0)
        return fail(why, ERR_INVALID, "--ready-file %s: %s", path, strerror(errno));
    return OK;
}

static enum exit_status run(const struct arguments *a)
{
    struct fault why = {0};
    char ready_file[PATH_BYTES];
    struct launcher_options options = {.directory = a->words[0],
                                       .listen = arguments_get(a, "listen")};
    const char *file = arguments_get(a, "ready-file");
    enum err e = home_check(a->words[0], &why);
    if (!e && file) {
        e = whole_path(file, ready_file, &why);
        options.ready_file = ready_file;
    }
    if (!e && file)
        e = check_ready_file(ready_file, &why);
    if (!e)
        e = launcher_run(&options, &why);
    return e ? cli_failed(&why) : EXIT_STATUS_OK;
}

const struct verb verb_serve = {
    .name = "serve",
    .summary = "mirror the sources and answer over HTTPS",
    .help =
        "tamis serve /var/lib/tamis\n\n"
        "tamis serve DIR [--listen ADDR:PORT] [--ready-file F]\n\n"
        "Runs until SIGTERM or Ctrl-C.  Log lines go to standard error.  Started as root, each\n"
        "of its processes takes a user of its own (tamis.yml, users).\n\n"
        "  --listen ADDR:PORT   numeric address to answer at, instead of tamis.yml's\n"
        "  --ready-file F       appears when requests are answered, goes when they are not\n",
    .flags = flags,
    .words = "DIR",
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
