// SPDX-License-Identifier: Apache-2.0
#pragma once

// A survey of a source's database, made in a process of its own that ends again.
//
// That process is in mirror's sandbox, with mirror's user: it may connect to the source's port and
// to nothing else, and can write no file.  What comes back from it is the text of a proposed
// policy, which policy/suggest.h makes of counts; no value of a row leaves it.

#include "base/buf.h"
#include "policy/suggest.h"
#include "server/user.h"

struct suggest_needs {
    struct suggest_source source;
    const char *user;     // the database role that looks
    const char *password; // NULL: none needed
    struct process_user as;
};

// ERR_DENIED, ERR_UNAVAILABLE: as source_open().  Run it with one thread.
enum err suggest_run(const struct suggest_needs *needs, struct buf *out, struct fault *why);
