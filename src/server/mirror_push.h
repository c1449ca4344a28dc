// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pushes in the process mirror: a thread that reads them, and the messages about them.
//
//     main thread                                   push thread
//     MESSAGE_PUSH, part by part ──▶ whole pushes ──▶ push_reader (sieve)
//     MESSAGE_PUSH_ROWS/_ITEMS/PUSHED ◀── outgoing ◀──┘
//
// No push is read before serve has said up to which number the rows of each index are
// kept, so that no number is given twice.  When serve goes, what waits and what is ready
// is forgotten: its clients are gone too.
//
// All functions but the thread's own are the main thread's.

#include "base/err.h"
#include "data/push.h"
#include "guard/message.h"
#include "policy/sieve.h"

struct mirror_push;

// `policy` outlives it.  ERR_IO when the system gives no thread.
enum err mirror_push_start(const struct policy *policy, const struct sieve_keys *keys,
                           struct mirror_push **out, struct fault *why);
void mirror_push_stop(struct mirror_push *m); // waits for the thread; NULL is fine

int mirror_push_fd(const struct mirror_push *m); // eventfd: something is to be sent

void mirror_push_up(struct mirror_push *m);   // a new link to serve
void mirror_push_down(struct mirror_push *m); // it is gone

// A part that came.  ERR_CORRUPT: no part, or of a push while another is not whole.
enum err mirror_push_part(struct mirror_push *m, uint64_t serial, struct slice part,
                          struct fault *why);

// Whether serve's answer is about a pushed index; then it was taken.
bool mirror_push_on_position(struct mirror_push *m, const struct position *p);

// The next index (of `from` on) whose position is to be asked for; NULL: no more.
const char *mirror_push_source(const struct mirror_push *m, uint32_t from);

struct mirror_push_message {
    enum message_type type;
    uint64_t serial;
    struct slice payload;
};

// The next message to send; false when there is none.  The payload is good until
// mirror_push_sent().
bool mirror_push_next(struct mirror_push *m, struct mirror_push_message *out);
void mirror_push_sent(struct mirror_push *m);
