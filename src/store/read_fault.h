// SPDX-License-Identifier: Apache-2.0
#pragma once

// A read that failed: of a column that lies in a file and could not be had.
//
// Columns are read in the middle of loops over rows, which have no place for an error.  So
// a read that fails gives rows without values, and notes the error for its thread; whoever
// began the work looks at it between two pieces, before anything is made of the rows:
//
//     (void)read_fault_take(NULL);          nothing is left from before
//     ... read some blocks ...
//     enum err e = read_fault_take(why);    names file, field and block
//
// A note that nobody takes makes the next work of the thread fail, never an answer wrong.

#include "base/err.h"

#include <stdbool.h>

// Keeps the first until it is taken.
void read_fault_note(const struct fault *why);
// There is a note; for who would keep what was read for others.
bool read_fault_is_noted(void);
// OK: every read of this thread since the last call went well.
enum err read_fault_take(struct fault *why);
