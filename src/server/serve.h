// SPDX-License-Identifier: Apache-2.0
#pragma once

// The process serve: owns the store, answers over HTTPS.
//
//     main thread      control socket, link to mirror, the only writer of the store
//     door, pool       http.h: answer requests from snapshots
//     store's own      seals and merges
//
// When the launcher hands over the files of another certificate, connections that come afterwards
// get it, and those that are open go on with theirs (certificate_renewal.h).
//
// It takes links from the launcher as they come, says MESSAGE_READY once requests are
// answered, and writes run/status.json every second.  It complains about a mirror that
// breaks the rules, and ends when its store fails: the launcher then starts it anew.

#include "base/err.h"
#include "guard/sandbox.h"
#include "policy/policy.h"
#include "server/config.h"

struct approved;
struct tls;

struct serve_context {
    int control;   // stays the caller's
    int listening; // bound before the sandbox; stays the caller's
    struct endpoint endpoint;
    const struct policy *policy;
    const struct config *config;
    const struct approved *approved;
    struct tls *tls; // of the start; stays the caller's
    bool has_own_user;
    uint32_t starts; // how often the launcher has started it
    struct sandbox_facts sandbox;
};

// Inside the sandbox, with DIR as working directory.  OK when the launcher closes `control`.
enum err serve_run(const struct serve_context *context, struct fault *why);
