// SPDX-License-Identifier: Apache-2.0
#pragma once

// A catalogue in a directory of its own, for one test, with a clock the test moves.

#include "access/access_private.h"
#include "base/buf.h"

struct fixture {
    char directory[64];
    struct access *access;
};

extern int64_t fixture_now_ms;

struct fixture fixture_open(void);
void fixture_close(struct fixture *f);

// "Basic ..." of name and password; static memory.
const char *fixture_basic(const char *name, const char *password);
enum err fixture_check(struct fixture *f, const char *authorization, struct principal *out);
