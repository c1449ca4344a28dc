// SPDX-License-Identifier: Apache-2.0
#pragma once

// The door: takes connections off the listening socket and looks at their first byte.
//
// A TLS handshake starts with the byte 0x16 and is handed on.  Anything else gets one
// readable answer in plain text, which names the https URL, and is closed: most often
// somebody typed http://.  A connection that says nothing is closed after ten seconds.
// The door has a thread of its own and holds a bounded number of silent connections.

#include "base/err.h"
#include "base/slice.h"

#include <sys/socket.h>

struct door;

struct door_guest {
    int fd; // non-blocking; the handler's from here on
    const struct sockaddr *address;
    socklen_t address_bytes;
};

struct door_options {
    int listening;     // non-blocking; stays the caller's
    const char *https; // "https://127.0.0.1:9200"
    void *context;     // for both
    void (*enter)(void *context, const struct door_guest *guest);
    // It did not begin with TLS; answered and closed afterwards.
    void (*plain)(void *context, const struct door_guest *guest);
    void (*tick)(void *context); // about once a second, on the door's thread
};

enum err door_open(const struct door_options *options, struct door **out, struct fault *why);
void door_close(struct door *d); // NULL is fine; ends the thread, closes silent connections

// What somebody who spoke plain HTTP is told; `out` is the whole answer, with its head.
struct buf;
void door_plain_answer(const char *https, struct buf *out);
