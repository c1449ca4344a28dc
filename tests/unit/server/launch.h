// SPDX-License-Identifier: Apache-2.0
#pragma once

// A whole tamis on a free port of loopback, started by the launcher in a child.  The
// sanitizers and seccomp do not go together, so who includes this asks SANITIZED first.

#include "server/installation.h"
#include "server/launcher.h"
#include "unit/server/place.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

struct launched {
    struct place place;
    char home[96], ready[96];
    pid_t pid;
};

static inline void launched_make(struct launched *l)
{
    l->place = place_make();
    snprintf(l->home, sizeof l->home, "%s/home", l->place.path);
    snprintf(l->ready, sizeof l->ready, "%s/ready", l->place.path);
    struct installation_plan plan = {.directory = l->home,
                                     .listen = "127.0.0.1:0",
                                     .admin = "admin",
                                     .password = slice_text("a long password for tests")};
    EXPECT_EQ(installation_make(&plan, NULL), OK);
}

static inline void launched_start(struct launched *l)
{
    l->pid = fork();
    if (l->pid != 0)
        return;
    int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(log, STDERR_FILENO);
    struct launcher_options options = {.directory = l->home, .ready_file = l->ready};
    _exit(launcher_run(&options, NULL) == OK ? 0 : 1);
}

// Looks again every 20 ms, for at most ten seconds.
static inline bool launched_until(bool (*is_so)(const struct launched *l), const struct launched *l)
{
    for (int i = 0; i < 500; i++) {
        if (is_so(l))
            return true;
        (void)poll(NULL, 0, 20);
    }
    return false;
}

static inline bool launched_is_ready(const struct launched *l)
{
    return access(l->ready, F_OK) == 0;
}

// The exit status; -1 when a signal ended it.
static inline int launched_stop(struct launched *l)
{
    int status = 0;
    EXPECT_EQ(kill(l->pid, SIGTERM), 0);
    EXPECT_EQ(waitpid(l->pid, &status, 0), l->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
