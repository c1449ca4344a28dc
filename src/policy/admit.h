// SPDX-License-Identifier: Apache-2.0
#pragma once

// Gate 1.  The store takes only `struct admitted`, and only admit.c makes one.
//
// There are two doors.  `sieve_*` (in the process mirror) treats raw rows by the
// policy, runs the detectors on every distinct value and yields an admitted
// changeset.  `admitted_decode` (in the process serve) makes again what its own
// mirror encoded, after checking every byte of it against the same policy.

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "data/changeset.h"

struct admitted; // lives in the arena it was made in

const struct changeset *admitted_changeset(const struct admitted *a);

// The encoded form that came in, or was made: what the log keeps.
struct slice admitted_bytes(const struct admitted *a);

enum err admitted_decode(struct slice bytes, const struct schema *s, struct arena *batch,
                         const struct admitted **out, struct fault *why);
