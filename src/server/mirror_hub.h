// SPDX-License-Identifier: Apache-2.0
#pragma once

// The hub: where the sources' threads meet the one link to serve.
//
//     put ──▶ waiting ──link_send──▶ flying ──MESSAGE_DURABLE──▶ gone, durable_lsn moves
//
// A link to serve has an epoch.  When serve goes, everything waiting and flying is
// forgotten and the epoch moves: each source's session ends, asks the new serve where it
// stands, and reads from the database again what was forgotten here.
//
// Which thread: functions say "source" (its own thread only) or "main".  The lock guards
// queues, asks and answers; counters that a source looks at for each message are atomic.

#include "base/err.h"
#include "base/slice.h"
#include "data/changeset.h"

#include <stdatomic.h>

// Waiting and flying, of all sources: a good second's work for the store's process.
enum { HUB_WINDOW_BYTES = 16 << 20 };

struct mirror_hub;

struct mirror_hub *mirror_hub_new(uint32_t source_count, struct fault *why);
void mirror_hub_free(struct mirror_hub *h); // no source thread may be running

// --- source

int mirror_hub_source_fd(const struct mirror_hub *h, uint32_t source); // eventfd, for poll
bool mirror_hub_is_stopping(struct mirror_hub *h);
uint64_t mirror_hub_epoch(struct mirror_hub *h);

// Asks serve and waits, first until all that this source put is durable or forgotten:
// else the answer might be behind what is under way, and a transaction be counted from
// its middle twice.  *out_epoch is that of the link the answer came over.  `name` is
// the source's.  ERR_UNAVAILABLE when stopping.
enum err mirror_hub_position(struct mirror_hub *h, uint32_t source, const char *name,
                             struct position *out, uint64_t *out_epoch, struct fault *why);

// Queues an encoded changeset (copies).  ERR_UNAVAILABLE: the epoch is over.  ERR_LIMIT:
// over LIMIT_CHANGESET_BYTES.
enum err mirror_hub_put(struct mirror_hub *h, uint32_t source, uint64_t epoch, struct slice encoded,
                        uint64_t end_lsn, struct fault *why);

bool mirror_hub_is_full(struct mirror_hub *h, uint32_t source); // its share of the window
uint64_t mirror_hub_durable(struct mirror_hub *h, uint32_t source);
void mirror_hub_set_durable(struct mirror_hub *h, uint32_t source, uint64_t lsn);

// --- main

int mirror_hub_main_fd(const struct mirror_hub *h); // eventfd: a source put or asked
void mirror_hub_stop(struct mirror_hub *h);         // wakes every source
void mirror_hub_up(struct mirror_hub *h);           // a new link to serve
void mirror_hub_down(struct mirror_hub *h);         // it is gone

// The next changeset to send, with its serial; false when none waits.  The bytes are the
// hub's until mirror_hub_sent().
bool mirror_hub_next(struct mirror_hub *h, struct slice *out_encoded, uint64_t *out_serial);
void mirror_hub_sent(struct mirror_hub *h);

// The name a source wants its position of; false when none does.  Gives each ask once.
bool mirror_hub_ask(struct mirror_hub *h, char out_name[64]);

// What came from serve.  ERR_CORRUPT: durable what was never sent, a position not asked for.
enum err mirror_hub_on_durable(struct mirror_hub *h, uint64_t serial, struct fault *why);
enum err mirror_hub_on_position(struct mirror_hub *h, const struct position *p, struct fault *why);
