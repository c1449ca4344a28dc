// SPDX-License-Identifier: Apache-2.0
#pragma once

// What else listens on this machine, out of /proc/net/tcp and tcp6 (proc(5)).  Pure.

#include "base/slice.h"

#include <stdbool.h>

enum { NEIGHBOURS_MAX = 256, NEIGHBOUR_HOST_BYTES = 48 };

struct neighbour {
    char host[NEIGHBOUR_HOST_BYTES]; // to ask it at: "127.0.0.1" also for those that listen
                                     // everywhere
    uint16_t port;
    bool is_everywhere; // it listens beyond this machine
};

// Adds the listeners of one of the two files; a port of one host once.  Lines that are not as
// proc(5) has them are passed over.  The count after it.
unsigned neighbours_add(struct slice file, bool is_v6, struct neighbour out[NEIGHBOURS_MAX],
                        unsigned count);
