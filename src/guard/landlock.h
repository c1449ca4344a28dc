// SPDX-License-Identifier: Apache-2.0
#pragma once

// Landlock: the kernel's own list of what a process may reach, by the bare system call
// (Debian 12 has no library for it).
//
// Everything is handled, so everything not named is refused: reading, writing, making,
// removing and running files, binding and connecting TCP ports (from ABI 4), and
// signals and abstract sockets to processes outside (from ABI 6).  A rule set binds the
// calling thread and those it starts later, so threads come after landlock_enforce().

#include "base/err.h"

#include <stdint.h>

// What may be done below a path.
enum landlock_rights {
    LANDLOCK_READ,  // open for reading, list directories
    LANDLOCK_STORE, // that, and make, write, truncate, rename and remove files and directories
};

// ERR_UNAVAILABLE when the kernel has none: then tamis does not start.
enum err landlock_abi(int *out_abi, struct fault *why);

// A rule set under construction; close the descriptor when done.
enum err landlock_new(int abi, int *out_ruleset, struct fault *why);

// ERR_NOT_FOUND when there is no such path.  A path that is a file gets the rights that
// make sense for one.
enum err landlock_path(int ruleset, int abi, const char *path, enum landlock_rights rights,
                       struct fault *why);

// Does nothing below ABI 4.
enum err landlock_connect_port(int ruleset, int abi, uint16_t port, struct fault *why);

// From here on, for good.  no_new_privs must be set.
enum err landlock_enforce(int ruleset, struct fault *why);
