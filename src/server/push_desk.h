// SPDX-License-Identifier: Apache-2.0
#pragma once

// The desk: where requests that push meet the one link to mirror and the one writer.
//
//     threads of http              main thread
//     push_desk_take() ──▶ waiting ──parts──▶ sent ──rows, items, end──▶ whole
//          sleeps                                                          │ append (writer)
//          │◀────────────── answered ◀──commit── appended ◀────────────────┘
//
// A body is the caller's until it is answered: it goes to mirror from there, part by part.
// When the link to mirror is lost, pushes that are not whole yet are refused
// (ERR_UNAVAILABLE); nothing of them was appended.  Those that were appended are answered
// by the commit.  What all requests together hold is bounded: ERR_LIMIT.

#include "base/err.h"
#include "data/push.h"
#include "guard/link.h"
#include "policy/admit.h"
#include "store/store.h"

struct push_desk;

struct push_desk *push_desk_new(const struct schema *schema);
void push_desk_free(struct push_desk *d); // no thread may be inside

// --- threads of http

// Blocks until it is answered.  ERR_INVALID: the body is refused, in Elasticsearch's words.
// ERR_LIMIT: too much is under way, try again.  ERR_UNAVAILABLE: mirror is away, or went;
// nothing of it was kept.  *out is the caller's to free.
enum err push_desk_take(struct push_desk *d, const struct push_head *head, struct slice body,
                        struct push_answer **out, struct fault *why);

// --- main thread

int push_desk_fd(const struct push_desk *d); // eventfd: a request came

// A new link to mirror that has said who it is, or NULL: none.
void push_desk_link(struct push_desk *d, struct link *l);

// Queues parts on the link, as many as it takes well.
enum err push_desk_send(struct push_desk *d, struct fault *why);

// How an admitted changeset is appended and its rows' outcomes are told, and which row has a key
// (store_append_told(), store_find()).
struct push_store {
    void *context;
    enum err (*append)(void *context, const struct admitted *a, const struct store_told *told,
                       struct fault *why);
    uint64_t (*find)(void *context, uint32_t table, struct row_key key);
};

// A message MESSAGE_PUSH_ROWS, MESSAGE_PUSH_ITEMS or MESSAGE_PUSHED.  With the last all its
// rows are appended.  ERR_CORRUPT: mirror broke the rules.  ERR_IO: the store failed.
enum err push_desk_on(struct push_desk *d, const struct message *m, const struct push_store *store,
                      bool *out_appended, struct fault *why);

// The store has committed: what was appended is answered.
void push_desk_committed(struct push_desk *d);

// Refuses all, and all that come later.  Before http is closed.
void push_desk_close(struct push_desk *d);
