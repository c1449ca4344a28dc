// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which administrator is at the command line: a name, and a password that fits it.
//
// The command line runs as the owner of DIR or as root, who could read the keys anyway; the name
// is there so that two people are two people and not one with a second terminal.

#include "access/access.h"
#include "base/err.h"

struct admin_claim { // who says to be whom
    const char *name;
    const char *password_file; // its first line; NULL: asked for at the terminal
    const char *otp; // a code of the authenticator, for who has one; NULL: asked for there too
};

// ERR_DENIED: not the password, no administrator, or a wrong code.
enum err admin_check(const char *directory, const struct admin_claim *claim, struct fault *why);

// The same of another role.
enum err person_check(const char *directory, const struct admin_claim *claim, enum role role,
                      struct fault *why);

// A password: the first line of `file`, or asked for at the terminal as that of `name`.  The caller
// wipes it.
enum { PASSWORD_LINE_BYTES = 1024 };
enum err admin_password(const char *name, const char *file, char out[PASSWORD_LINE_BYTES],
                        struct fault *why);
