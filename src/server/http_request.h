// SPDX-License-Identifier: Apache-2.0
#pragma once

// One HTTP request while it comes in: its target, its body, and why it may not go on.
// Knows nothing of the HTTP library.  Used by one thread at a time.

#include "api/api.h"
#include "base/err.h"

#include <stdatomic.h>

// Bytes that all bodies under way hold together.
struct http_bodies {
    atomic_size_t bytes;
    size_t bytes_max;
};

struct http_request {
    struct http_bodies *bodies;
    char *target;      // as sent: path and query
    int status;        // 0 while well; else what to answer: 400, 413, 415, 429
    struct fault why;  // for that answer
    bool drops_body;   // no credential: its body is read and forgotten
    size_t seen_bytes; // of the body, dropped ones too
    struct buf body;
    bool has_begun;    // its head was looked at
    bool is_ambiguous; // so what follows on the connection may be no request
};

// NULL when there is no memory.
struct http_request *http_request_new(struct http_bodies *bodies, const char *target);
void http_request_free(struct http_request *r); // NULL is fine

// What the head says of the request's extent and of who asks; counts of header lines.
struct http_head {
    const char *length;   // Content-Length as sent, NULL without
    const char *transfer; // Transfer-Encoding as sent, NULL without
    unsigned lengths, transfers, credentials, hosts;
};

// The head is there.  One that a proxy before us may read otherwise than we do is refused
// (RFC 9112, 6.3): where the request ends, and whose it is, must not be a matter of taste.
void http_request_begin(struct http_request *r, const struct http_head *head);

// More of the body.  False: close the connection, it sends without end.
bool http_request_more(struct http_request *r, struct slice bytes);

// The body is whole; unpacks it.  `encoding` is Content-Encoding, NULL without.
void http_request_end(struct http_request *r, const char *encoding);

// Splits the target at '?'; `out` points into it.
void http_request_target(struct http_request *r, struct api_request *out);

// The answer to a request that may not go on, in Elasticsearch's shape.
void http_refusal(int status, const char *words, struct api_reply *out);
