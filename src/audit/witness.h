// SPDX-License-Identifier: Apache-2.0
#pragma once

// The witness on another path: the last head, as a line of text in "tamis-head" of a
// directory that lies elsewhere, on another disk or another machine's.
//
// Whoever takes the log back to an earlier state has to take this file back too.  The
// server compares on opening, and refuses to begin with less than the witness has.
// One thread.

#include "audit/head.h"
#include "base/world.h"

#define WITNESS_NAME "tamis-head"

struct witness {
    struct world w; // ops NULL: there is none
    bool has_head;
    struct audit_head head; // what it holds
};

enum err witness_open(struct witness *w, const char *directory, struct fault *why);
void witness_close(struct witness *w);
// Fine when it holds it already, when there is no witness, or NULL no head.
enum err witness_tell(struct witness *w, const struct audit_head *head, struct fault *why);
