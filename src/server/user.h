// SPDX-License-Identifier: Apache-2.0
#pragma once

// The users the processes run as.  Started as root, each of the three children has its
// own; started by anybody else, all run as that user and only the rest of the sandbox
// keeps them apart.

#include "base/err.h"
#include "server/config.h"

#include <stdint.h>

struct process_user {
    bool is_own; // change to it; false when not started as root
    uint32_t uid, gid;
};

// Looks names up.  ERR_INVALID: no such user, root, or two processes with one user.
enum err users_resolve(const struct config *c, bool as_root, struct process_user out[PROCESS_COUNT],
                       struct fault *why);
