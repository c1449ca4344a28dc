// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sandbox of a process, entered once and for good.
//
// In this order, each step fatal when it fails: resource limits, own user and group,
// death with the launcher, no core and no tracing, no_new_privs, Landlock, seccomp.
// Call it with one thread running, after the listening socket is bound and the keys
// that another user owns are read, before any byte from outside is parsed.

#include "base/err.h"
#include "guard/message.h"

#include <stdint.h>

enum { SANDBOX_PATHS_MAX = 64, SANDBOX_PORTS_MAX = 64 };

struct sandbox {
    enum process self;
    bool own_user;     // change to uid and gid (needs root)
    uint32_t uid, gid; // of the process, when own_user
    uint32_t guests;   // connections it may have open, a thread each; serve
    uint32_t read_count;
    const char *read[SANDBOX_PATHS_MAX]; // may be missing; strings stay the caller's
    uint32_t store_count;
    const char *store[SANDBOX_PATHS_MAX]; // must be there
    uint32_t port_count;
    uint16_t ports[SANDBOX_PORTS_MAX]; // TCP ports it may connect to
};

// For tamis status.
struct sandbox_facts {
    uint32_t uid;
    int landlock_abi;
    bool tcp_by_landlock;     // from ABI 4; below, seccomp alone keeps serve and keeper off the net
    bool signals_by_landlock; // from ABI 6
};

// ERR_LIMIT when there is no room.
enum err sandbox_read(struct sandbox *s, const char *path, struct fault *why);
enum err sandbox_store(struct sandbox *s, const char *path, struct fault *why);
enum err sandbox_port(struct sandbox *s, uint16_t port, struct fault *why);

enum err sandbox_enter(const struct sandbox *s, struct sandbox_facts *out, struct fault *why);
