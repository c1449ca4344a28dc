// SPDX-License-Identifier: Apache-2.0
#pragma once

// Both ends of a push without processes: store, writer and desk on one end of a real link,
// the push thread of mirror on the other, and a thread that does what their main threads
// do.  The test itself is a thread of http.

#include "server/mirror_push.h"
#include "server/push_desk.h"
#include "server/writer.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

struct push_place {
    struct arena *arena;
    const struct policy *policy;
    const struct schema *schema;
    char directory[64];
    struct world data;
    struct store *store;
    struct writer *writer;
    struct push_desk *desk;
    struct mirror_push *mirror;
    struct link *link; // mirror's end
    uint32_t asked;
    pthread_t pump;
    atomic_bool stops;
    struct fault why; // of the last call
};

void push_place_open(struct push_place *p);
void push_place_close(struct push_place *p);

// Mirror goes, with all it had, and comes again.
void push_place_new_mirror(struct push_place *p);
void push_place_lose_mirror(struct push_place *p);
// Serve goes and its store is opened again.
void push_place_reopen(struct push_place *p);

// A bulk body for app-events (unit/policy/pushed.h), by one who may write everywhere.
enum err push_place_bulk(struct push_place *p, const char *body, struct push_answer **out);
// The reply's text, "took" 0; the test's to free.
char *push_place_reply(struct push_place *p, const char *body);
uint64_t push_place_rows(struct push_place *p, uint32_t table);
