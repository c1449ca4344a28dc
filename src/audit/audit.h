// SPDX-License-Identifier: Apache-2.0
#pragma once

// The record of what was answered, and of every change of what protects.
//
//     a request's thread     audit_answer(entry) ─▶ on record ─▶ the first byte leaves
//     a change               audit_change(...)   ─▶ on the disk ─▶ it is in force
//     every second           audit_tick()        ─▶ a signed head, given to the witness
//
// Gate 3.  A reply is sent only with a `struct audited` (server/http.c), and only audit.c
// makes one.  Where the entry could not be appended the `struct audited` says so, and what
// is sent is a 503 that says nothing else.
//
// What "on record" means.  An answer is handed to the system before its first byte leaves,
// so no end of the process loses it; it is on the disk at most AUDIT_SYNC_MS later, so a
// cut of power may lose the answers of that time.  A change is on the disk when
// audit_change() returns.  A head is signed over what is on the disk only.
// docs/decisions/022 has what each of these costs.
//
// Any thread may call audit_answer() and audit_change().

#include "audit/entry.h"
#include "audit/head.h"
#include "audit/journal.h"
#include "audit/last_change.h"
#include "base/arena.h"
#include "base/world.h"
#include "keys/key_ring.h"

enum {
    AUDIT_SYNC_MS = 50,
    // Of those who show no valid credential, a second; more are counted (AUDIT_MORE), or
    // whoever can reach the port could fill the log.
    AUDIT_STRANGERS_MAX = 50,
};

struct audit;

struct audit_options {
    struct journal_options journal;
    uint64_t bytes_max;   // of all segments; 0: 16 GB.  Then the oldest is deleted
    int64_t keep_days;    // older segments are deleted; 0: 400
    const char *witness;  // directory of another place; NULL: none
    bool syncs_by_itself; // with a thread of its own; a test does without
};

// `w` is the log's own directory; it stays the caller's and open.  ERR_CORRUPT when the
// log ends before what was signed, or what the witness has.
enum err audit_open(const struct world *w, const struct audit_options *o, struct audit **out,
                    struct fault *why);
void audit_close(struct audit *a); // NULL is fine; nobody may be appending

struct audited;

// Never NULL; lives in the request's arena.  Sets the entry's number and time.
const struct audited *audit_answer(struct audit *a, struct audit_entry *e, struct arena *request);
// For the answers that are the same for everybody and say only whether all is well.
const struct audited *audit_probe(void);
bool audited_may_leave(const struct audited *a); // else: 503 and nothing of the reply

struct audit_who {
    struct slice principal, key_id, address; // len 0: the server itself, no key, this machine
};

// A change of what protects: "user.add", "role.change", "policy.apply", "key.invalidate",
// "listener.add", "seal.open".  Facts name what changed and to what, never a secret.  Call
// it before the change is in force; when it fails, the change must not happen.
enum err audit_change(struct audit *a, const struct audit_who *who, const char *action,
                      const struct audit_fact *facts, uint32_t fact_count, struct fault *why);

// The server begins to answer: AUDIT_START with these facts, on the disk.
enum err audit_start(struct audit *a, const struct audit_fact *facts, uint32_t fact_count,
                     struct fault *why);

// Signs what audit_head_digest() gives.
typedef enum err (*audit_signer)(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                                 uint8_t out_signature[SIGNATURE_BYTES], struct fault *why);

// Once a second, by one thread: syncs, signs a head if there is something new, gives it to
// the witness, deletes what is too old.  What fails is tried again the next time.
enum err audit_tick(struct audit *a, audit_signer signer, void *context, struct fault *why);

struct audit_stats {
    struct journal_stats journal;
    bool has_head;
    struct audit_head head;  // the last
    uint64_t strangers_more; // counted and not yet told
    struct last_change change;
};

void audit_stats(struct audit *a, struct audit_stats *out);
// The log's directory, for who reads it while it grows: audit/reading.h, audit/book.h.
const struct world *audit_files(const struct audit *a);
