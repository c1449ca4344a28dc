// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another certificate while serve runs.
//
//     launcher ──▶ three descriptors ──▶ read, parsed, judged ──▶ on record ──▶ new connections
//
// What cannot be read, does not belong together, has ended or has not begun changes nothing: the
// one before stays in use, the log says why, and so does the status until other files are taken.
// The end of the one in use is told a month ahead, once a day.  One thread.

#include "audit/audit.h"
#include "server/status.h"
#include "server/tls.h"

enum { RENEWAL_AHEAD_DAYS = 30 };

struct renewal {
    struct tls *tls;   // in use; counted
    int64_t since_ms;  // it is
    int64_t looked_ms; // at files of another; 0: at none yet
    int64_t told_ms;   // that it ends soon; 0: not yet
    char refused[FAULT_WORDS_BYTES];
};

void renewal_begin(struct renewal *r, struct tls *tls, int64_t now_ms);
void renewal_end(struct renewal *r);

// Takes what is in `files`: key, certificate and, when it is a third, authorities of clients.
// Reads them, does not close them.  *out_new: another one is in r->tls.  What fails is in
// r->refused, and is told in the log.
void renewal_take(struct renewal *r, const int *files, size_t count, struct audit *audit,
                  int64_t now_ms, bool *out_new);

void renewal_tick(struct renewal *r, int64_t now_ms); // tells of its end
struct status_tls renewal_status(const struct renewal *r);
