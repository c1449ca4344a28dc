// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sieve for one pushed index: documents in, admitted changesets out.
//
//     push_sieve_row(s, &row, why)               any number of times
//     push_sieve_cut(s, arena, &admitted, why)
//
// Columns are treated as a source's are.  What differs: a document that does not fit, or
// trips a detector, is refused alone, and nothing of it enters; fields that the policy
// does not name are left out without a word, as columns of a source are.
//
// Rows are numbered: s->number grows by one with each row taken, is the row's sequence
// number, and its key when the client gave no _id.  The changeset's position says the last
// one (end_lsn), so the store knows where to go on after a restart.
//
// Not for two threads at once.  Texts of subjects stay in the batch until the cut, which
// wipes them.

#include "json/json.h"
#include "policy/admit.h"
#include "policy/policy.h"
#include "policy/sieve.h"

struct push_sieve;

enum err push_sieve_new(const struct policy *p, uint32_t push, const struct sieve_keys *keys,
                        struct push_sieve **out, struct fault *why);
void push_sieve_free(struct push_sieve *s); // NULL is fine

struct push_row {
    enum row_op op;   // PUT, CREATE, UPDATE, DELETE
    struct slice id;  // len 0: none; only for PUT and CREATE
    struct slice doc; // JSON; not looked at when `tree` is there, or for DELETE
    const struct json *tree;
    bool keeps_others; // columns that the document does not name keep their value
    bool is_trial;     // only whether it would be taken
};

// ERR_INVALID, in Elasticsearch's words "type: reason": the document is refused.  ERR_LIMIT:
// the changeset is full and the row was not taken: cut, and give it again.
enum err push_sieve_row(struct push_sieve *s, const struct push_row *row, struct fault *why);

// Every row that came before goes.  The sieve is empty, and is cut next.
void push_sieve_clear(struct push_sieve *s);

uint32_t push_sieve_row_count(const struct push_sieve *s); // since the last cut
uint64_t push_sieve_number(const struct push_sieve *s);    // of the last row taken
// Goes on from there, when that is further.
void push_sieve_go_on(struct push_sieve *s, uint64_t number);

// Ends the changeset; the sieve is empty afterwards, also when it fails.
enum err push_sieve_cut(struct push_sieve *s, struct arena *batch, const struct admitted **out,
                        struct fault *why);

// Gives back the rows taken since the last cut.  Their numbers stay used.
void push_sieve_drop(struct push_sieve *s);

// The key of an _id, as rows of this index have it.
struct row_key push_sieve_key(const struct push_sieve *s, struct slice id);

struct push_sieve_counts {
    uint64_t admitted, refused; // documents since the start
};

struct push_sieve_counts push_sieve_counts(const struct push_sieve *s);
