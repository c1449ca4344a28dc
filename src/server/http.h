// SPDX-License-Identifier: Apache-2.0
#pragma once

// HTTPS: carries requests to a handler and replies back (libmicrohttpd, which only http.c
// knows).
//
//     door ─▶ a thread for each connection ─▶ body, unpacked ─▶ handler ─▶ reply
//
// So what takes long on one connection (a search, a password, packing) holds up no other:
// a few threads with an epoll each did, and answered small requests no sooner.  A thread
// costs a silent connection little beside its TLS state.
//
// Gate 3: a reply is sent with a `struct audited` or not at all.  What is not on record is
// answered with a 503 that says only this.  (The library's own pages on requests it cannot
// read, and the door's word to who comes without TLS, are the same for everybody.)
//
// TLS 1.2 and 1.3, nothing else.  A connection keeps the certificate it began with (tls.h).
// Every reply has X-Elastic-Product and, if the request
// had one, its X-Opaque-Id.  What a stranger can make the server hold is bounded: number
// of connections, also per address; bytes of one body (413) and of all together (429);
// the time of one request from its first byte to the reply's last; and a request without
// a credential has no body at all, because its answer never depends on one.

#include "api/api.h"
#include "base/err.h"
#include "server/tls.h"

struct http;

struct http_options {
    int listening;     // bound, listening, non-blocking; stays the caller's
    const char *https; // "https://127.0.0.1:9200", for those who come without TLS
    struct tls *tls;   // of the connections that come; http.c holds it as long as it needs it
    uint32_t connections, connections_per_address;
    uint32_t idle_seconds, request_seconds;
    void *context;
    // Called by many threads; see api_handle().
    void (*handle)(void *context, const struct api_request *r, struct arena *request,
                   struct api_reply *out);
    // Somebody spoke no TLS, began no request, or sent none that can be read; any thread.  NULL:
    // nobody is told.
    void (*malformed)(void *context, struct slice address);
    // Puts a reply on record that came to be before there was a request: never NULL.
    const struct audited *(*record)(void *context, int status, struct slice address,
                                    struct arena *request);
};

enum err http_open(const struct http_options *options, struct http **out, struct fault *why);
// For the connections that come from now on.  Any thread.
void http_renew(struct http *h, struct tls *tls);
void http_close(struct http *h); // NULL is fine; waits for requests under way
