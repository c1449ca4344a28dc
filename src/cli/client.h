// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks a running tamis over HTTPS, for the verbs that need an answer.
// The server's certificate is checked against DIR/tls/ca.crt (or --ca), always.

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

struct client;

// How a verb finds its server and says who it is; options --url, --ca, --user,
// --password-file, or --dir for a directory of this machine.
struct client_options {
    const char *directory; // DIR: tls/ca.crt, and the address out of run/status.json or tamis.yml
    const char *url;       // NULL: https://127.0.0.1:9200, or what `directory` says
    const char *ca_file;   // NULL: DIRECTORY/tls/ca.crt, else the system's
    const char *user;      // NULL: "admin"
    const char *password_file;        // NULL: asked for on the terminal
    const char *cert_file, *key_file; // that we show, where the server asks for one; NULL: none
};

enum err client_open(const struct client_options *o, struct client **out, struct fault *why);
void client_close(struct client *c); // NULL is fine

struct client_question {
    const char *method, *path;
    struct slice body; // JSON; len 0: none
};

// Asks and appends the reply to `out`.  ERR_UNAVAILABLE when
// nobody answers, with the reason in plain words.  An HTTP status of 400 and above is no
// error here.
enum err client_ask(struct client *c, const struct client_question *q, long *out_status,
                    struct buf *out, struct fault *why);

// The same, with the reply as a tree; a status of 400 and above is ERR_INVALID with the
// server's own reason in the words (ERR_DENIED for 403, and for 401, which is told as a wrong user
// or password).
enum err client_json(struct client *c, const struct client_question *q, struct arena *request,
                     const struct json **out, struct fault *why);
