// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which administrator is at the command line: a name, and a password that fits it.
//
// The command line runs as the owner of DIR or as root, who could read the keys anyway; the name
// is there so that two people are two people and not one with a second terminal.

#include "base/err.h"

// The password is the first line of `password_file`; NULL: asked for at the terminal.
// ERR_DENIED: not the password, or no administrator.
enum err admin_check(const char *directory, const char *name, const char *password_file,
                     struct fault *why);

// A password: the first line of `file`, or asked for at the terminal as that of `name`.  The caller
// wipes it.
enum { PASSWORD_LINE_BYTES = 1024 };
enum err admin_password(const char *name, const char *file, char out[PASSWORD_LINE_BYTES],
                        struct fault *why);
