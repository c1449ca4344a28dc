// SPDX-License-Identifier: Apache-2.0
#pragma once

// How each source stands, for people: `tamis status` and the dashboard.
//
// The source's thread writes it, the main thread prints it; the lock guards all of it and
// is held over no I/O.  Words come from faults, so they name things and never a value.

#include "base/buf.h"
#include "base/err.h"

#include <pthread.h>

enum mirror_stage { STAGE_WAITING, STAGE_CONNECTING, STAGE_COPYING, STAGE_STREAMING, STAGE_FAILED };

struct mirror_table_state {
    const char *name;
    uint64_t rows;         // admitted since this copy or stream began
    uint64_t copied;       // by the first copy, before the sieve
    double rows_estimated; // -1 unknown
    char refused[256];     // why none of its rows enter; "" while it flows
};

struct mirror_state {
    pthread_mutex_t lock;
    const char *name;
    enum mirror_stage stage;
    char words[256];                    // what it does, or waits for
    char last_error[FAULT_WORDS_BYTES]; // "" when there was none
    int64_t last_error_ms;              // 1970
    uint64_t retries;                   // since the last success
    uint64_t copies;                    // first copies begun since the start
    uint64_t end_lsn;                   // handed to serve
    uint64_t durable_lsn;               // kept by serve
    uint64_t server_end_lsn;
    int64_t commit_ms; // of the last transaction handed over; 0 none
    uint64_t rows;     // handed over, copied and streamed
    uint32_t table_count;
    struct mirror_table_state *tables;
    bool has_changed; // since it was last printed

    uint64_t rows_before; // main thread's, for rows a second
    int64_t printed_ms;
    double rows_per_second;
};

void mirror_state_init(struct mirror_state *s, const char *name, uint32_t table_count);
void mirror_state_done(struct mirror_state *s);

// `format`: what it does now.
void mirror_state_stage(struct mirror_state *s, enum mirror_stage stage, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void mirror_state_copying(struct mirror_state *s, const char *reason); // STAGE_COPYING, counted
void mirror_state_failed(struct mirror_state *s, const struct fault *why, int64_t now_ms);

// {"at": ms, "sources": [{"name", "phase", "words", "rows_copied", "rows_estimated",
//  "rows_per_second", "end_lsn", "lag_bytes", "lag_ms", "last_commit_ms", "retries",
//  "copies", "last_error", "last_error_ms", "tables": [{"name", "rows", "refused"}]}]}
// Tables are left out when all would be more than out's limit.
void mirror_state_print(struct mirror_state *const *states, uint32_t count, int64_t now_ms,
                        struct buf *out);
