// SPDX-License-Identifier: Apache-2.0
#pragma once

// Gate 2.  The engine answers only a `struct permit`, and only permit.c makes one.
//
// A permit says who asks, what for and how far they may see: which indices, rows or
// only aggregates, which floor.  It is made anew for every request and never stored.

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum action {
    ACTION_INFO,      // GET /, cluster and node facts, license
    ACTION_AGGREGATE, // searches that show no row: size 0, counts, metrics
    ACTION_READ,      // rows: hits, _doc
    ACTION_SCHEMA,    // mappings, field_caps, _cat/indices, refresh
    ACTION_WRITE,     // documents
    ACTION_MANAGE,    // users, keys, status
    ACTION_AUDIT,     // reading the audit log
    ACTION_UNSEAL,    // sealed values, each with a warrant (server/sealed_key.h)
    ACTION_COUNT
};

const char *
action_name(enum action a); // "indices:data/read/search", ... as Elasticsearch's errors have

struct principal; // see access.h

struct permit;
struct query; // see query/query.h

// ERR_DENIED, words as Elasticsearch's security_exception: "action [...] is unauthorized
// for user [x] with roles [y]".  `index` may be a pattern or empty (no index).
enum err permit_make(const struct principal *who, enum action a, struct slice index,
                     struct arena *request, const struct permit **out, struct fault *why);

bool permit_index(const struct permit *p, const char *index); // may it see this index at all
bool permit_rows(const struct permit *p, const char *index);  // may it see rows, ids, pseudonyms
uint32_t permit_floor(const struct permit *p, const char *index,
                      uint32_t declared); // smallest group; 0 = none
// Whatever the action is: of this index he who asks may read groups, but no rows.
bool permit_groups_only(const struct permit *p, const char *index);
// Whatever the action is: he may read this index, and not all of its rows.
bool permit_hides_rows(const struct permit *p, const char *index);
// A field that it may not see ("device.model" for a look-up) is as one that is not there.
bool permit_field(const struct permit *p, const char *index, struct slice field);
bool permit_filters(const struct permit *p, const char *index); // not all rows may be seen
// Those that may, made in `arena`; NULL: all.  The filter itself may be about any field.
const struct query *permit_filter(const struct permit *p, const char *index, struct arena *arena);
bool permit_is_plain(const struct permit *p, const char *index); // neither of both bounds it
enum action permit_action(const struct permit *p);
const char *permit_user(const struct permit *p);

// The same, and of the index no rows but those of `filter`, which `text` says in bytes: an alias
// with a filter.  Narrower than `p`, whatever the filter.
const struct permit *permit_narrow(const struct permit *p, const char *index,
                                   const struct query *filter, struct slice text,
                                   struct arena *request);

// All that it says, as bytes: two permits of the same bytes get the same answer to a question.
void permit_key(const struct permit *p, struct buf *out);
