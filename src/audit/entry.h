// SPDX-License-Identifier: Apache-2.0
#pragma once

// One entry of the audit log: who got what, or who changed what protects.
//
// Names of tables, fields, actions and users are in it, never a value of a person: a
// query is told by its shape (see shape.h), rows by their identities, people by their
// pseudonyms, and both only as members of a set.
//
// An entry is a leaf, which the tree hashes, and a body, whose digest the leaf has:
//
//     leaf    number u64, time u64 (ms since 1970), SHA-256 of the body (32)
//     body    version u8 = 1, kind u8, status u16, then in this order, as buf_blob() and
//             buf_varint() write them: principal, key id, address, action, route, rows,
//             buckets, bytes, indices, fields, shape, sets, facts
//
// All numbers are little-endian.  There is one body for one entry: lists are sorted where
// their order says nothing, and a decoder refuses any other order.

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "data/changeset.h"

enum audit_kind {
    AUDIT_ANSWER = 1, // something was told
    AUDIT_REFUSAL,    // a request was refused or failed
    AUDIT_LOGIN,      // no credential, a wrong one, or too many of these
    AUDIT_PUSH,       // documents were taken
    AUDIT_CHANGE,     // of policy, role, user, key, listener, seal: of what protects
    AUDIT_START,      // the server began to answer
    AUDIT_DROP,       // retention deleted an epoch
    AUDIT_MORE,       // this many refusals of strangers came within one second
    AUDIT_KIND_COUNT
};

const char *audit_kind_name(enum audit_kind k); // "answer"

enum {
    AUDIT_LEAF_BYTES = 48,
    AUDIT_BODY_BYTES_MAX = 64 << 20, // a million rows with whom they are about
    SUBJECT_BYTES = 16,
};

// For audit_body_decode(): what a body says takes at most some 32 times its bytes.  So a log that
// somebody else wrote cannot stop who reads it.
#define AUDIT_ENTRY_ARENA_BYTES ((size_t)64 * AUDIT_BODY_BYTES_MAX)

// Values of a field were shown, or it decided what was shown: by a query, an order, an
// aggregation.
enum { AUDIT_FIELD_SHOWN = 1, AUDIT_FIELD_USED = 2 };

struct audit_field {
    uint32_t index; // of entry.indices
    uint8_t how;    // AUDIT_FIELD_* bits
    struct slice name;
};

struct subject {
    uint8_t at[SUBJECT_BYTES]; // a pseudonym
};

// Which rows of an index were shown, and whom they were about.
struct audit_set {
    uint32_t index;    // of entry.indices
    struct slice kind; // of the subjects, "device"; len 0: the index names nobody
    struct row_key *rows;
    uint32_t row_count;
    struct subject *subjects;
    uint32_t subject_count;
};

struct audit_fact {
    struct slice name, value;
};

struct audit_entry {
    uint64_t number; // without gaps, from 0; set by the log
    int64_t time_ms; // never goes back; set by the log
    enum audit_kind kind;
    uint16_t status;                // of the reply; 0 when there is none
    struct slice principal, key_id; // len 0: nobody known; no API key
    struct slice address;           // where he asked from
    struct slice action;            // "indices:data/read/search", "user.add"
    struct slice route;             // "GET /{index}/_search"
    uint64_t rows, buckets, bytes;  // shown; bytes of the reply before packing
    const struct slice *indices;
    uint32_t index_count;
    const struct audit_field *fields;
    uint32_t field_count;
    struct slice shape; // JSON; len 0 when nothing was asked
    const struct audit_set *sets;
    uint32_t set_count;
    const struct audit_fact *facts;
    uint32_t fact_count;
};

// Everything but number and time.  Rows and subjects are sorted in place, doubles leave.
void audit_body_encode(struct audit_entry *e, struct buf *out);
// Everything but number and time; slices point into `body`, lists lie in the arena.
// ERR_CORRUPT.
enum err audit_body_decode(struct slice body, struct arena *arena, struct audit_entry *out,
                           struct fault *why);

struct audit_leaf {
    uint64_t number;
    int64_t time_ms;
    uint8_t digest[32]; // of the body
};

void audit_body_digest(struct slice body, uint8_t out[32]);
void audit_leaf_encode(const struct audit_leaf *l, uint8_t out[AUDIT_LEAF_BYTES]);
struct audit_leaf audit_leaf_decode(const uint8_t bytes[AUDIT_LEAF_BYTES]);
