// SPDX-License-Identifier: Apache-2.0
#pragma once

// The three frames of PostgreSQL's streaming replication: 'w' carries a message, 'k' is
// the server's keepalive, 'r' is our status.  Pure; any thread.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct pg_frame {
    char kind;            // 'w' or 'k'
    uint64_t start_lsn;   // w: of the record; 0 for relations and types
    uint64_t end_lsn;     // w: the server's end of log; k: sent, and decoded, up to here
    int64_t send_time_us; // since 2000-01-01
    bool wants_reply;     // k
    struct slice payload; // w
};

enum err pg_frame_decode(struct slice bytes, struct pg_frame *out, struct fault *why);

// 34 bytes.  `durable_lsn` goes out as written, flushed and applied alike: what is not
// durable with us does not count.
void pg_status_encode(uint64_t durable_lsn, int64_t now_us_since_2000, struct buf *out);

// Microseconds between PostgreSQL's epoch, 2000-01-01, and ours, 1970-01-01.
#define PG_EPOCH_US INT64_C(946684800000000)

// PostgreSQL's timestamp to ours; the infinities (INT64_MIN, INT64_MAX) stay.
int64_t pg_time_us(int64_t us_since_2000);
