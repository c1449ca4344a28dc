// SPDX-License-Identifier: Apache-2.0
#pragma once

// A source's position as it goes from serve to mirror (MESSAGE_POSITION).
//
// The form is drawn in mirror_position.c.  Mirror trusts serve with it, but decodes it
// as bytes from outside.  Pure; any thread.

#include "base/buf.h"
#include "base/err.h"
#include "data/changeset.h"

enum { MIRROR_POSITION_BYTES = 64 + 1 + 5 * 8 + 4 + 4 * 8 };

void mirror_position_encode(const struct position *p, struct buf *out);

// ERR_CORRUPT: wrong length, a name without its NUL, or no such phase.
enum err mirror_position_decode(struct slice bytes, struct position *out, struct fault *why);
