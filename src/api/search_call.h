// SPDX-License-Identifier: Apache-2.0
#pragma once

// One search on its way to the engine and back: shared by _search, _count, _msearch.

#include "api/answer_reuse.h"
#include "api/cursor.h"
#include "api/render.h"
#include "query/request.h"
#include "search/answer.h"

struct search_call {
    struct request request;
    const struct permit *permit; // to read rows when hits are asked for, else to aggregate
    struct index_list tables;
    struct answer answer;
    bool typed_keys, total_as_int;
    bool takes_scroll;       // `scroll` may stand in its URL
    int64_t scroll_ms;       // it begins a scroll that waits so long for each page; 0: none
    const char *cursor_name; // what its id is called in the reply; NULL: there is none
    struct slice cursor_id;  // of the scroll or the point in time
    struct slice body;       // as it came
    struct reuse reuse;      // of an answer that was given before
};

// Parameters of a URL laid over `c->request`; the last word on which are accepted.
enum err search_call_url(struct exchange *x, const struct parameters *p, struct search_call *c,
                         struct fault *why);
// What of the URL of this request only shapes the reply.
enum err search_call_shape(struct exchange *x, struct search_call *c, struct fault *why);

// The next page of a scroll: c->request is as on the first one.
enum err search_call_page(struct exchange *x, const struct cursor_ask *ask, struct search_call *c,
                          struct fault *why);

// Permit and tables for `wish`, with what Elasticsearch's shards would find wrong.
enum err search_call_tables(struct exchange *x, const struct index_wish *wish, struct arena *arena,
                            struct search_call *c, struct fault *why);

// Permit and tables for `wish`, then the engine.  A failure of the search itself comes
// back as it is: search_call_write_error() gives it Elasticsearch's shape.
enum err search_call_run(struct exchange *x, const struct index_wish *wish, struct arena *arena,
                         struct search_call *c, struct fault *why);

// The members of a search reply, into the object open in x->json.
enum err search_call_render(struct exchange *x, const struct search_call *c, int64_t took_ms,
                            struct fault *why);

// "error" and "status" into the object open in x->json; says the status.
int search_call_write_error(struct exchange *x, const struct search_call *c, enum err code,
                            const struct fault *why);
