// SPDX-License-Identifier: Apache-2.0
#pragma once

// The life of a child of the launcher, from fork to its last breath.
//
// Parses the policy it was given, reads what another user owns (serve: the TLS key), binds (serve),
// enters the sandbox, and only then opens its keys, connects or answers.

#include "base/err.h"
#include "policy/policy.h"
#include "server/config.h"
#include "server/user.h"

enum { PROCESS_CONTROL_FD = 3, PROCESS_LOCK_FD = 4 };

struct approved;

struct process_start {
    enum process self;
    const struct config *config;
    const struct approved *approved; // what it runs with
    struct process_user user;
    int launcher_pid;
    uint32_t starts; // how often it was started, from 1
};

// In the forked child, with its descriptors in place (see launcher.c) and DIR as working
// directory.  Returns the exit status.
int process_main(const struct process_start *start);

// Wipes and clears the variables the process was started with.
void process_forget_environment(void);
