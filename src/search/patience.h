// SPDX-License-Identifier: Apache-2.0
#pragma once

// Patience: how long somebody waits for an answer, and whether he still does.
//
// Looked at between pieces of work, by any of the threads that do them.  The clock is read
// each time; whether the asker has gone costs a system call, so one thread asks that, every
// few milliseconds.  Once it is over it stays so.

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PATIENCE_LOOK_US = 2000 };

enum patience_end { PATIENCE_GOES_ON, PATIENCE_IS_LATE, PATIENCE_IS_GONE };

struct patience {
    int64_t deadline_us;          // monotonic; 0: none
    bool (*is_gone)(void *asker); // any thread; NULL: he stays
    void *asker;
    _Atomic int64_t next_look_us;
    _Atomic int end; // enum patience_end
};

// The same without words, for a thread that only has to stop.
bool patience_is_over(struct patience *p);

// ERR_TIMEOUT past the deadline, or when nobody waits any more.
enum err patience_check(struct patience *p, struct fault *why);
