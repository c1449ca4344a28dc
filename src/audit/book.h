// SPDX-License-Identifier: Apache-2.0
#pragma once

// A log as it lies in a directory, read and checked by somebody who trusts a public key
// and nothing else: the server's DIR/audit, or an export of it, which has the same files.
//
//     entries   whole, numbered without gaps, times that never go back
//     segments  each begins where the one before ended, with the same tree
//     start     what is missing there retention deleted, and an entry says so
//     heads     signed, numbered without gaps, and each the root of the tree at its size
//     witness   a head from elsewhere: signed, and the root of this tree at its size
//
// So a byte changed, an entry cut, moved, replaced or replayed is found, and so is a log
// taken back to before a head that the witness has.  Entries after the last head are not
// vouched for yet; a server signs every second.  One thread.

#include "audit/head.h"
#include "audit/segment_file.h"
#include "base/world.h"

struct book;

struct book_options {
    const uint8_t *key; // SIGN_PUBLIC_BYTES; NULL: signatures are not checked
    const struct audit_head *witnesses;
    uint32_t witness_count;
    bool is_whole; // an export: the last head is over all of it
};

struct book_facts {
    uint64_t first, entries; // kept from `first` on; the next would be number `entries`
    uint64_t heads;
    uint64_t unsigned_entries; // after the last head
    int64_t unsigned_since_ms; // time of the first of these
    bool has_head;
    struct audit_head head; // the last
};

// ERR_CORRUPT: the words name file and place of the first thing that does not hold.
enum err book_open(const struct world *w, const struct book_options *o, struct book **out,
                   struct fault *why);
void book_close(struct book *b); // NULL is fine
struct book_facts book_facts(const struct book *b);

// Every entry from number `from` on, in order; its memory is gone after the call.  An
// error of `each` stops and is returned.
enum err book_each(struct book *b, uint64_t from,
                   enum err (*each)(void *context, const struct audit_entry *e, struct fault *why),
                   void *context, struct fault *why);

// The log up to its last head into an empty directory, so that it is whole there
// (book_options.is_whole).  ERR_NOT_FOUND when no head is signed yet.
enum err book_export(struct book *b, const struct world *to, struct fault *why);

// The leaf of an entry and the proof that it is in the tree of `size`.
struct book_proof {
    uint8_t leaf[AUDIT_LEAF_BYTES];
    struct merkle_proof path;
};
enum err book_prove(const struct book *b, uint64_t number, uint64_t size, struct book_proof *out,
                    struct fault *why);
enum err book_consistency(const struct book *b, uint64_t first, uint64_t size,
                          struct merkle_proof *out, struct fault *why);
