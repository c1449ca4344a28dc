// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs a command line of ours in a child, with its two outputs in memory.

#include "cli/cli.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_BYTES = 4096, RUN_WORDS_MAX = 24 };

struct ran {
    int status; // -1: a signal ended it
    char out[RUN_BYTES], err[RUN_BYTES];
};

static inline int run_file(void)
{
    char name[] = "/tmp/tamis-run-XXXXXX";
    int fd = mkstemp(name);
    EXPECT(fd >= 0);
    EXPECT_EQ(unlink(name), 0);
    return fd;
}

static inline void run_gather(int fd, char out[RUN_BYTES])
{
    ssize_t n = pread(fd, out, RUN_BYTES - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    close(fd);
}

// Words after "tamis", NULL at the end.
static inline struct ran run(const char *const *words)
{
    struct ran r;
    const char *line[RUN_WORDS_MAX] = {"tamis"};
    int count = 1;
    for (; words[count - 1] && count < RUN_WORDS_MAX; count++)
        line[count] = words[count - 1];
    int out = run_file();
    int err = run_file();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        enum exit_status status = cli_run(count, line);
        fflush(stdout);
        _exit((int)status);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    run_gather(out, r.out);
    run_gather(err, r.err);
    return r;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})
