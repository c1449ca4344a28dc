// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a password that was just made goes: once to the terminal, or into a new file
// (0600).  Never into a pipe or a log by accident.

#include "base/err.h"

struct password_out {
    const char *file; // NULL: the terminal
    int fd;
};

// Before anything is made, so that a password is not made and then lost.  ERR_INVALID:
// standard output is no terminal and no file was named; ERR_CONFLICT: the file is there.
enum err password_out_open(const char *file, struct password_out *out, struct fault *why);

// `name` is whose it is.  Closes.
enum err password_out_write(struct password_out *p, const char *name, const char *password,
                            struct fault *why);

// Nothing was made after all: closes, and removes the empty file.
void password_out_drop(struct password_out *p);
