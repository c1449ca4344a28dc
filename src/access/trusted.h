// SPDX-License-Identifier: Apache-2.0
#pragma once

// catalog.db, opened by who may read keys/: with its seal checked, and with the number of its
// changes held against keys/catalog.head, so that one that was put back as it once was is found.
//
// The head moves at every start and with every change of the command line.  A file of after the
// last of these, put back while nobody serves, passes here; the audit log knows better.

#include "access/access.h"
#include "base/world.h"
#include "keys/key_ring.h"

// `directory` is the way to DIR/access, `dir` DIR.  A catalogue of an installation that never had
// a head gets its first seal.  ERR_CORRUPT: a row is not as it was sealed, or the file is older.
enum err access_open_trusted(const char *directory, bool create, const struct world *dir,
                             const struct key_ring *ring, struct access **out, struct fault *why);
// Moves the head.
enum err access_settle_head(struct access *a, const struct world *dir, struct fault *why);
