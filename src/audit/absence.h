// SPDX-License-Identifier: Apache-2.0
#pragma once

// A statement that somebody's records were not read, which another can check.
//
//     {"statement":"tamis audit absence 1","of":"device:...","principal":"bob","from":...,"to":...,
//      "until":...,"first":120,"next":4711,"head":"tamis-audit-head 1 ...","verdict":"not shown",
//      "read":{"count":0,"entries":[]},"counted":{"count":7,...},"audit_readings":0}
//     tamis-audit-statement 1 SIGNATURE
//
// What it says, exactly.  Of the entries of the log that the head is over, those from number
// `first` on and before `next` are all that were made from `from` on and before `until`, and
// the others are not.  Of these, of this principal or of everybody,
//
//     read      so many showed a row of it, named it or were asked for it (trace.h)
//     counted   so many others answered numbers in which it may be, in groups of any size or of
//               at least a floor
//
// and the verdict is "read" when any read it, else "not shown" when any counted it perhaps,
// else "not read".  `until` is before `to` when the log's last entry under a head is: nothing
// is said of later.  What retention deleted is never spoken of: a range that may reach into it
// is refused.  Where the pseudonyms of people were renewed within the range, a person is not
// known by this one all the time: then the verdict is at best "unknown".
//
// The proof is the log: the first line is a pure function of question, head and entries, so
// who has an export and the public key makes it again (absence_check()).  The signature says
// that this server's operator stated it.  It covers reading over the API; whoever can read
// the server's files or the primary database is not on this record.

#include "audit/book.h"
#include "audit/trace.h"
#include "keys/key_ring.h"

struct absence {
    uint64_t first, next; // entries of the range
    int64_t until_ms;
    enum trace_found found;
    bool is_renamed; // pseudonyms were renewed within the range
    uint64_t read, counted;
    uint64_t floorless; // of those that counted: groups of any size could be shown
    uint64_t floor_min; // of the others; 0: there are none
    uint64_t audit_readings;
};

const char *absence_verdict(const struct absence *a); // "not read"

// With the book's last head.  Two lines at the end of `out`; the second is left out without
// `signer`.  ERR_NOT_FOUND: no head yet.  ERR_INVALID: the range is not all here.
struct absence_signer {
    void (*sign)(void *context, const uint8_t digest[SIGN_DIGEST_BYTES],
                 uint8_t out_signature[SIGNATURE_BYTES]);
    void *context;
};

enum err absence_state(struct book *b, const struct trace *t, const struct absence_signer *signer,
                       struct absence *out_found, struct buf *out, struct fault *why);

// The head a statement is made under, to open the book with as a witness.
enum err absence_head(struct slice statement, struct audit_head *out, struct fault *why);
// ERR_CORRUPT: it is not signed by `key`, or the log says otherwise.
enum err absence_check(struct book *b, struct slice statement, const uint8_t key[SIGN_PUBLIC_BYTES],
                       struct absence *out_found, struct fault *why);
