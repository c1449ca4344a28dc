// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers that were given before, to give again.
//
// What Elasticsearch's shard request cache does: the same question of the same caller about
// rows that have not changed since is answered with the same bytes.  It is asked after the
// caller's permit was made and the indices were found, and by all that can change an answer:
// the body and the parameters as they came, the tables, the permit (permit_key()) and the
// version of the rows.  Nothing is left out of the key for being understood, so there is
// nothing that can be forgotten there.
//
// Not kept: answers that show rows or name people, as each showing is a reading of its own; those
// that may depend on the time of day ("now" in the body); profiles; pretty ones.
// `request_cache=false` leaves a question out, in the URL or in a header of _msearch; `true` is the
// default here.
//
//     entry = u64 total | u32 index_count | u64 buckets | the reply from "timed_out" on

#include "api/api_private.h"

struct agg_cached;
struct search_call;

struct reuse {
    bool is_off;                    // the question is not looked for
    bool is_refused;                // and nothing that was kept is to be used for it
    struct slice key;               // len 0: it was not
    uint64_t version;               // that is in the key
    uint64_t buckets;               // of what was found, with those inside others
    const struct agg_cached *found; // given back by answer_reuse_write()
};

// After permit, tables and request are known; the key stays in `arena`.  True: c->answer has its
// total, and the reply is written by answer_reuse_write().
bool answer_reuse_get(struct exchange *x, struct arena *arena, struct search_call *c);
void answer_reuse_write(struct exchange *x, const struct search_call *c, int64_t took_ms);

// `reply`: the members that were written for the answer, "took" first.
void answer_reuse_keep(struct exchange *x, const struct search_call *c, struct slice reply);
