// SPDX-License-Identifier: Apache-2.0
#pragma once

// An installation: DIR, opened to be served or changed.
//
// installation_make() is `tamis init`; installation_open() is what the launcher does
// before its first child: enter DIR, take its lock, read tamis.yml, find out what of it and of
// policy.yml is approved, and as root hand every part to its user.

#include "base/world.h"
#include "server/approved.h"
#include "server/config.h"
#include "server/user.h"

struct installation {
    struct world dir; // locked while it is open, also by the children that inherit it
    struct config config;
    struct process_user users[PROCESS_COUNT];
    struct approved approved; // what it runs with
};

// `listen` instead of tamis.yml's; NULL: not.  ERR_CONFLICT: somebody else serves it.
// The working directory is DIR afterwards.
enum err installation_open(const char *directory, const char *listen, struct installation *out,
                           struct fault *why);
void installation_close(struct installation *i);

// What the files of an open one say, and the ratchet allows, by now: config and approved of
// `out`, which the caller takes over or gives up with approved_done().
enum err installation_reread(const struct installation *i, const char *listen,
                             struct installation *out, struct fault *why);

// For verbs that change the catalog beside a running server: gives what they made to its
// owner when run as root.
enum err installation_give(const char *directory, struct fault *why);

struct installation_plan {
    const char *directory;
    const char *listen;      // NULL: 127.0.0.1:9200
    const char *policy_file; // NULL: one that admits nothing
    const char *admin;       // name of the first administrator
    struct slice password;   // theirs
};

// Makes everything anew in an empty or missing directory.  What fails half-way is left
// there to look at; a second try needs an empty directory again.
enum err installation_make(const struct installation_plan *plan, struct fault *why);
