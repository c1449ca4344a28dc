// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers that were given before, to give again.
//
// What Elasticsearch's shard request cache does: the same question of the same caller about
// rows that have not changed since is answered with the same bytes.  It is asked after the
// caller's permit was made and the indices were found, and by all that can change an answer:
// the body and the parameters as they came, the tables, the permit (permit_key()) and the
// version of the rows of these tables and of those they refer to.  Nothing is left out of the
// key for being understood, so there is nothing that can be forgotten there.
//
// Each giving is a reading of its own: whom the buckets name is kept with the answer and goes on
// record every time.
//
// Not kept: answers that show rows; those that may depend on the time of day ("now" in the body);
// profiles; pretty ones.  `request_cache=false` leaves a question out, in the URL or in a header
// of _msearch; `true` is the default here.
//
//     entry = u64 total | u32 index_count | u64 buckets | blob people | the reply

#include "api/api_private.h"

struct agg_cached;
struct search_call;

enum { REUSE_KEY_BYTES_MAX = 64 * 1024 };

struct reuse {
    bool is_off;                    // the question is not looked for
    bool is_refused;                // and nothing that was kept is to be used for it
    struct slice key;               // len 0: it was not
    uint64_t version;               // that is in the key
    bool shows_rows;                // the new answer does
    struct slice people;            // whom it names, as record_since() has them
    uint64_t buckets;               // of what was found, with those inside others
    struct slice reply;             // the same
    const struct agg_cached *found; // given back by answer_reuse_write()
};

// After permit, tables and request are known; the key stays in `arena`.  True: c->answer has its
// total, whom it names is on record, and the reply is written by answer_reuse_write().
bool answer_reuse_get(struct exchange *x, struct arena *arena, struct search_call *c);
void answer_reuse_write(struct exchange *x, const struct search_call *c, int64_t took_ms);

// What was recorded of the answer since `before`.
void answer_reuse_note(struct exchange *x, struct arena *arena, struct search_call *c,
                       const struct record_mark *before);
// `reply`: the members that were written for the answer, "took" first.
void answer_reuse_keep(struct exchange *x, const struct search_call *c, struct slice reply);

// ---- for whoever answers something else than searches ----

// Begins a key; what else the answer depends on is appended to it, and a search's goes on with
// a length of at most REUSE_KEY_BYTES_MAX.
void reuse_key(const struct exchange *x, const struct permit *permit, const struct index_list *in,
               struct reuse *r, struct buf *key);
// Whether the URL has `request_cache` as false, or as something that is no truth value.
bool reuse_is_refused(const struct exchange *x);
// True: r->reply is it, and the people are on record.  Until reuse_write().
bool reuse_find(struct exchange *x, struct arena *arena, const struct buf *key, struct reuse *r);
// Writes it into the reply and gives it back.
void reuse_write(struct exchange *x, const struct reuse *r);
void reuse_put(struct exchange *x, const struct reuse *r, uint64_t total, uint32_t index_count,
               uint64_t buckets, struct slice reply);
