// SPDX-License-Identifier: Apache-2.0
#pragma once

// filter_path: which parts of a JSON reply are sent.
//
// A comma list of dotted paths: '*' stands for any part of one name, "**" for any number
// of levels, "\." for a dot within a name, '-' in front leaves out what it names.  Arrays
// are looked through.  Objects and arrays with nothing left are dropped.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

// `reply` is a JSON text of ours.  Writes what is left into `out` ("{}" for nothing).
enum err filter_path_apply(struct slice reply, struct slice paths, bool pretty, struct buf *out,
                           struct fault *why);
