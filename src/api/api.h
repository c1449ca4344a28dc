// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Elasticsearch API and tamis's own, without any HTTP library: a request in, a reply
// out.  server/http.c carries both over HTTPS.
//
// api_handle() may be called by any number of threads.  Authentication comes first and
// has no way around it; the only paths that need none are /healthz and /readyz.

#include "access/access.h"
#include "audit/audit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "data/push.h"
#include "engine/engine.h"
#include "metric/cube.h"

struct api_request {
    const char *method; // "GET", ...
    const char *path;   // as sent, still percent-encoded, without the query
    const char *query;  // after '?', still encoded; "" for none
    struct slice authorization, content_type, accept, opaque_id; // len 0 when absent
    struct slice otp;                                            // X-Tamis-OTP
    struct slice address;                                        // of the caller
    struct slice body;                                           // decompressed
    // He has closed the connection.  Any thread may ask while the request is answered.
    // NULL: he waits.
    bool (*is_gone)(void *asker);
    void *asker;
};

// A stretch of a body that is a kept answer, the same bytes whenever it has the same number.
struct api_kept {
    uint64_t number; // 0: there is none, or more than one
    size_t at, len;
    bool is_used; // there was one
};

struct api_reply {
    int status;
    struct slice content_type;
    struct slice authenticate; // WWW-Authenticate; len 0 for none
    struct slice allow;     // Allow: methods of a path that was asked with another; len 0 for none
    uint32_t retry_after_s; // 0 for none
    const char *cursor;     // of SQL's next page, as a header where the body has no room; or NULL
    struct buf body;        // the caller's to free; empty for HEAD
    struct api_kept kept;
    // Without it, or when it says no, not one byte of this may leave (server/http.c).
    const struct audited *on_record; // of the request's arena
};

struct cursors;

struct api {
    struct engine *engine;
    struct access *access;
    struct cubes *cubes;
    struct store *store;     // snapshots for cubes
    struct audit *audit;     // every reply is on record before it leaves
    struct cursors *cursors; // scrolls and points in time (cursor.h)
    const char *cluster_name;
    const char *node_name;
    const char *cluster_uuid;    // 22 characters
    const char *publish_address; // "127.0.0.1:9200"
    int64_t started_ms;
    // Takes documents; answers once they are durable (server/push_desk.h).  NULL: none are
    // taken.
    void *push_context;
    enum err (*push)(void *context, const struct push_head *head, struct slice body,
                     struct push_answer **out, struct fault *why);
    // Has keeper open a sealed value: `asked` is a question of guard/warrant_ask.h, what comes back
    // is locked for who asked.  NULL: there is no keeper.
    void *unseal_context;
    enum err (*unseal)(void *context, struct slice asked, struct buf *out, struct fault *why);
    // What the processes last said of themselves: JSON, and whether the copy is whole.
    void *state_context;
    enum err (*state_json)(void *context, struct buf *out);
    bool (*is_ready)(void *context);
};

// `request` is the arena of this request, reset by the caller afterwards.
void api_handle(const struct api *a, const struct api_request *r, struct arena *request,
                struct api_reply *out);
