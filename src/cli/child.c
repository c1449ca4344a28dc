// SPDX-License-Identifier: Apache-2.0
#include "cli/child.h"

#include "base/world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_NOT_STARTED = 127, POLL_MS = 20 };

static void open_as(int fd, const char *file, int flags)
{
    int from = open(file, flags | O_CLOEXEC, 0600);
    if (from < 0 || dup2(from, fd) < 0)
        _exit(STATUS_NOT_STARTED);
}

// A group of its own, so that Ctrl-C reaches only the verb, which then ends its children
// in order; no blocked signals, which exec would keep; and no life after the verb's.
static void stand_alone(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void become(const struct child *c)
{
    stand_alone();
    open_as(STDIN_FILENO, c->input ? c->input : "/dev/null", O_RDONLY);
    if (c->output) {
        open_as(STDOUT_FILENO, c->output, O_WRONLY | O_CREAT | O_APPEND);
        dup2(STDOUT_FILENO, STDERR_FILENO);
    }
    if (c->directory && chdir(c->directory) < 0)
        _exit(STATUS_NOT_STARTED);
    char *words[CHILD_WORDS_MAX];
    memcpy(words, c->words, sizeof words); // exec's signature has no const
    execvp(words[0], words);
    _exit(STATUS_NOT_STARTED);
}

enum err child_start(const struct child *c, pid_t *out_pid, struct fault *why)
{
    pid_t pid = fork();
    if (pid < 0)
        return fail(why, ERR_LIMIT, "cannot start %s: %s", c->words[0], strerror(errno));
    if (pid == 0)
        become(c);
    *out_pid = pid;
    return OK;
}

enum err child_wait(pid_t pid, int *out_status, struct fault *why)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return fail(why, ERR_IO, "wait for a child: %s", strerror(errno));
    }
    if (!WIFEXITED(status))
        return fail(why, ERR_UNAVAILABLE, "ended by signal %d", WTERMSIG(status));
    *out_status = WEXITSTATUS(status);
    return OK;
}

enum err child_run(const struct child *c, struct fault *why)
{
    pid_t pid = 0;
    enum err e = child_start(c, &pid, why);
    int status = 0;
    if (!e)
        e = child_wait(pid, &status, why);
    if (e)
        return fail_in(why, e, "%s", c->words[0]);
    if (status == STATUS_NOT_STARTED)
        return fail(why, ERR_UNAVAILABLE, "%s could not be started; is it installed?", c->words[0]);
    if (status)
        return fail(why, ERR_INVALID, "%s ended with status %d%s%s", c->words[0], status,
                    c->output ? "; see " : "", c->output ? c->output : "");
    return OK;
}

void child_end(pid_t pid, int patience_ms)
{
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    int64_t end_us = monotonic_us() + (int64_t)patience_ms * 1000;
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (monotonic_us() > end_us) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
}
