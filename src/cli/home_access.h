// SPDX-License-Identifier: Apache-2.0
#pragma once

// catalog.db of DIR, beside a running server or without one, with its seal checked.

#include "access/access.h"
#include "base/world.h"
#include "keys/key_ring.h"

struct home_access {
    const char *directory;
    struct world dir;
    struct key_ring *ring;
    struct access *access;
};

enum err home_access_open(const char *directory, struct home_access *out, struct fault *why);
// Moves keys/catalog.head, and as root gives what was made to its owner.
enum err home_access_settle(struct home_access *h, struct fault *why);
void home_access_close(struct home_access *h); // all zero is fine
