// SPDX-License-Identifier: Apache-2.0
#pragma once

// The answers to pushes in Elasticsearch's shape, key by key in its order: shippers look
// for `"errors":false,"items":[` as text.

#include "base/buf.h"
#include "data/push.h"

// What the rendering needs of the request.
struct push_reply {
    const struct schema *schema;
    struct slice body;
    const struct push_answer *answer;
    bool forced_refresh; // ?refresh=true
    bool only_failed;    // ?filter_path leaves nothing of other items
    uint64_t term;       // store_term()
};

// {"took":..,"errors":..,"items":[..]}, compact.
void push_reply_bulk(const struct push_reply *r, int64_t took_ms, struct buf *out);

// What became of an item.
struct push_end {
    int status;         // as HTTP's
    const char *result; // "created", ...; NULL when it failed
    uint64_t version, seq_no;
    struct slice words; // failed: "type: reason"
    bool is_of_row;     // the row's state was the reason, and push_reply_words() says more
};

void push_end_of(const struct push_reply *r, const struct push_item *item, struct push_end *out);

// Why an item failed, "type: reason", with its id where Elasticsearch has that.
void push_reply_words(const struct push_reply *r, const struct push_item *item,
                      const struct push_end *end, struct fault *out);

// {"_index":..,"_id":..,...} of an item that did not fail; its status is not in it.
void push_reply_one(const struct push_reply *r, const struct push_item *item,
                    const struct push_end *end, struct buf *out);
