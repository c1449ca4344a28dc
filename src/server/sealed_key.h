// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key of a sealed column, which keeper alone has, and which can be destroyed.
//
//     keys/seal-NAME.key     32 bytes by chance; NAME is a hash of table and column
//     keys/seal-NAME.gone    it is destroyed: when, in milliseconds, and of which column
//     keys/warrant-N         proposal N was approved: whom keeper opens which value for
//
// The secret half (keys/seal.h) derives from the master key and this file together: the file
// alone opens nothing, and without it nothing does, master key or not.  So what was sealed is
// erased by destroying 32 bytes, in every copy of the data that was ever made.
//
// The file is made when a policy with the column is settled (server/approved.h), and never
// again once the ledger of the ratchet says that it was destroyed; put back from a backup of keys/,
// it is destroyed again at the next start.

#include "access/ratchet.h"
#include "base/world.h"
#include "keys/key_ring.h"
#include "keys/seal.h"
#include "policy/policy.h"

#define RATCHET_SEAL_OPEN    "sealed-open"
#define RATCHET_SEAL_DESTROY "sealed-destroy"

enum { SEALED_NAME_BYTES = 256 };

struct sealed_column {
    const char *table, *column; // of the schema
    uint32_t table_at, field_at;
};

// "TABLE.COLUMN", or "SOURCE.TABLE.COLUMN".  ERR_NOT_FOUND: no column of the policy is called so;
// ERR_INVALID: it is not sealed.
enum err sealed_column_find(const struct schema *s, struct slice name, struct sealed_column *out,
                            struct fault *why);
// The policy's i-th (schema_sealed()).
struct sealed_column sealed_column_at(const struct schema *s, uint32_t index);
void sealed_column_print(const struct sealed_column *c, char out[SEALED_NAME_BYTES]);

// `w` is DIR.  Draws the key unless it is there, or destroyed.
enum err sealed_key_make(const struct world *w, const struct sealed_column *c, struct fault *why);

// The secret half.  ERR_DENIED: it is destroyed; the words say when.  ERR_NOT_FOUND: there is none.
enum err sealed_key_secret(const struct world *w, const struct key_ring *ring,
                           const struct sealed_column *c, uint8_t out[AGREE_BYTES],
                           struct fault *why);
// The public half; all zero when it is destroyed.
enum err sealed_key_public(const struct world *w, const struct key_ring *ring,
                           const struct sealed_column *c, uint8_t out[AGREE_BYTES],
                           struct fault *why);

// Overwrites the file and removes it; says so in its place first.  Again is fine.
enum err sealed_key_destroy(const struct world *w, const struct sealed_column *c, int64_t at_ms,
                            struct fault *why);

// Every column of the policy has a key, but for those that the ledger says are destroyed, which
// have none.  *out_destroyed: how many.
enum err sealed_keys_settle(const struct world *w, const struct ratchet *r, const struct schema *s,
                            uint32_t *out_destroyed, struct fault *why);

// A warrant: what an approved proposal allows.  The proposal's value and the warrant's file are the
// same text, five lines: TABLE.COLUMN, the row's id, who, the reason, until when.
struct warrant {
    int64_t number; // of the proposal
    char column[SEALED_NAME_BYTES];
    char row[64];
    char why[512];
    char who[PRINCIPAL_NAME_BYTES]; // who asked, and may open
    int64_t until_ms;
};

enum { WARRANT_TEXT_BYTES = 2048, WARRANT_DAYS = 1 };

void warrant_print(const struct warrant *of, struct buf *out);
enum err warrant_parse(struct slice text, struct warrant *out, struct fault *why);
void warrant_name(int64_t number, char *out, size_t size); // of its file
enum err warrant_write(const struct world *w, const struct warrant *of, struct fault *why);
// ERR_NOT_FOUND: nobody approved it.
enum err warrant_read(const struct world *w, int64_t number, struct warrant *out,
                      struct fault *why);
// Under which keeper locks what it opened, on its way to who asked: serve never reads it.
void warrant_key(const struct key_ring *ring, int64_t number, uint8_t out[KEY_BYTES]);
