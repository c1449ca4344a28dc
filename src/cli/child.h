// SPDX-License-Identifier: Apache-2.0
#pragma once

// Other programs that a verb starts (the demo's PostgreSQL, its fleet, a server).

#include "base/err.h"

#include <sys/types.h>

enum { CHILD_WORDS_MAX = 32 };

struct child {
    const char *words[CHILD_WORDS_MAX]; // program and arguments, NULL at the end
    const char *directory;              // to run in; NULL: here
    const char *output;                 // file its output is appended to; NULL: ours
    const char *input;                  // file it reads; NULL: nothing
};

// Starts it; the caller waits (child_wait) or ends it (child_end).
enum err child_start(const struct child *c, pid_t *out_pid, struct fault *why);
// Its status; ERR_UNAVAILABLE when a signal ended it.
enum err child_wait(pid_t pid, int *out_status, struct fault *why);
// Start and wait; any status but 0 is an error that names the program and the output file.
enum err child_run(const struct child *c, struct fault *why);
// Asks it to end (SIGTERM), after `patience_ms` makes it (SIGKILL).
void child_end(pid_t pid, int patience_ms);
