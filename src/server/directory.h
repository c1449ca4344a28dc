// SPDX-License-Identifier: Apache-2.0
#pragma once

// DIR: everything of one installation, below one directory.
//
//     tamis.yml  policy.yml      how it should run, what should enter   (see approved.h)
//     keys/      master.key, sign.key, ratchet.head, catalog.head, password files   keeper
//     tls/       ca.crt ca.key server.crt server.key               (read before the sandbox)
//     access/    catalog.db: users and API keys                    serve
//     data/      the store                                         serve
//     audit/     the log of answers and of changes                 serve
//     run/       status.json                                       serve
//
// Directories are 0700, files 0600.  Started as root, keys/ belongs to keeper's user and
// access/, data/, audit/ and run/ to serve's; DIR itself is then 0711, so that these two can pass
// through it, and nobody else can see what is in it.

#include "base/err.h"
#include "base/world.h"
#include "server/user.h"

#define DIRECTORY_KEYS   "keys"
#define DIRECTORY_TLS    "tls"
#define DIRECTORY_ACCESS "access"
#define DIRECTORY_DATA   "data"
#define DIRECTORY_AUDIT  "audit"
#define DIRECTORY_RUN    "run"
#define FILE_CONFIG      "tamis.yml"
#define FILE_POLICY      "policy.yml"
#define FILE_STATUS      "run/status.json"

// Makes `path` (its parent must be there) and the directories in it.  ERR_CONFLICT when
// it is there and not empty, ERR_DENIED when it is somebody else's.
enum err directory_make(const char *path, struct world *out, struct fault *why);

// As root: gives each user what is theirs, and takes group's and others' rights away.
// Never follows a symbolic link, and refuses a file with a second name, which could be
// somebody else's.  ERR_DENIED when serve cannot reach DIR, with the parent that blocks.
enum err directory_give(const struct world *w, const struct process_user users[PROCESS_COUNT],
                        struct fault *why);

// The same for one of the directories.
enum err directory_give_part(const struct world *w, const char *name, const struct process_user *to,
                             struct fault *why);
