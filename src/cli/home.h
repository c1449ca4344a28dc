// SPDX-License-Identifier: Apache-2.0
#pragma once

// What verbs read out of DIR beside a running server, or without one.

#include "base/arena.h"
#include "json/json.h"
#include "policy/policy.h"

enum { HOME_SCRATCH_BYTES = 256 << 20 };

// Is `directory` an installation that this user may read?  The words say what to do when
// not: ERR_NOT_FOUND (nothing there), ERR_INVALID (something else there), ERR_DENIED.
enum err home_check(const char *directory, struct fault *why);

// policy.yml of DIR, or `file` when it is given.  A mistake in it is told with the file's
// name and the line.
enum err home_policy(const char *directory, const char *file, struct arena *scratch,
                     const struct policy **out, struct fault *why);

// The source of that name; ERR_NOT_FOUND lists those there are.
enum err home_source(const struct policy *p, const char *name, const struct policy_source **out,
                     struct fault *why);

// run/status.json as the server last wrote it, and how long ago.  ERR_NOT_FOUND: it never
// ran here.
struct home_status {
    const struct json *json;
    struct slice bytes;
    int64_t age_ms;
    bool is_running; // the launcher of its pid is there, and the status is fresh
};

enum err home_status(const char *directory, struct arena *scratch, struct home_status *out,
                     struct fault *why);

// Sends a signal to the launcher of the server that runs here.  The status is serve's word, and a
// serve that strangers have taken must not have whoever calls, often root, signal a process of its
// choice: what gets it has DIR as its working directory.  ERR_UNAVAILABLE: no server runs.
enum err home_signal(const char *directory, int signal_number, struct arena *scratch,
                     struct fault *why);

// Members of the status, with a default where there is none.
int64_t status_number(const struct json *object, const char *key);
struct slice status_text(const struct json *object, const char *key); // len 0 when null or missing
const struct json *status_list(const struct json *object, const char *key); // never NULL
