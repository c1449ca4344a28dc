// SPDX-License-Identifier: Apache-2.0
#pragma once

// The writer: takes admitted changesets from mirror and makes them durable.
//
//     link to mirror ─▶ receive, decode, append ─ ... ─▶ one commit ─▶ MESSAGE_DURABLE
//                       up to 256 changesets or 64 MiB
//
// So many changesets share one fdatasync, and mirror confirms to its source only what is
// on disk.  Mirror is not trusted: what breaks the rules (a wrong fingerprint, a serial
// out of turn, bytes that do not decode) costs it the link, and writer_step() says so with
// ERR_CORRUPT; nothing of that changeset enters.  A store that fails is ERR_IO: what is
// on disk is not known then, and the process must start anew.
//
// One thread.

#include "data/changeset.h"
#include "guard/link.h"
#include "policy/admit.h"
#include "server/push_desk.h"

struct writer;

// What the writer needs of the store (store/store.h), as functions, so that a test can
// make each fail.
struct writer_store {
    void *context;
    enum err (*append)(void *context, const struct admitted *a, struct fault *why);
    enum err (*commit)(void *context, struct fault *why);
    void (*position)(void *context, const char *source, struct position *out);
    // As append, and tells what became of each row; NULL: nothing is pushed.
    enum err (*append_told)(void *context, const struct admitted *a, const struct store_told *told,
                            struct fault *why);
    uint64_t (*find)(void *context, uint32_t table, struct row_key key);
};

// `schema` and what `store` points to outlive the writer.
struct writer *writer_new(const struct writer_store *store, const struct schema *schema);
void writer_free(struct writer *w); // NULL is fine; closes the link

// Where pushes are taken; stays the caller's, and outlives the writer.
void writer_desk(struct writer *w, struct push_desk *d);

// A new link to mirror; the old one is dropped.  Takes it over.
void writer_link(struct writer *w, struct link *l);

// For poll(): the descriptor (-1 without a link) and whether it waits to write.
int writer_fd(const struct writer *w, bool *out_wants_write);

// More has been read from the link than the last step took: step again without poll().
bool writer_is_busy(const struct writer *w);

// Does what there is to do, up to one commit's worth.  *out_did: something was committed.
enum err writer_step(struct writer *w, bool *out_did, struct fault *why);

// What mirror last said of its sources: JSON, checked to be so; len 0 before it did.
// Good until the next step.
struct slice writer_mirror_state(const struct writer *w);
