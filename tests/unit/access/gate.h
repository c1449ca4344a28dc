// SPDX-License-Identifier: Apache-2.0
#pragma once

// A catalogue in a directory of its own, for one test, with a clock the test moves.

#include "access/access_private.h"
#include "base/buf.h"

struct gate {
    char directory[64];
    struct access *access;
};

extern int64_t gate_now_ms;

struct gate gate_open(void);
void gate_close(struct gate *f);

// "Basic ..." of name and password; static memory.
const char *gate_basic(const char *name, const char *password);
enum err gate_check(struct gate *f, const char *authorization, struct principal *out);
