// SPDX-License-Identifier: Apache-2.0
#pragma once

// Credentials found right lately, so that one Argon2id serves many requests.
//
// Holds a keyed hash of the header, never the password; the key is drawn at start and
// never leaves memory.  An entry is good for CACHE_LIFE_MS and for one generation of the
// catalogue: any change of users or keys drops them all.  Not for two threads at once.

#include "access/access.h"
#include "keys/crypto.h"

enum { CACHE_PLACES = 256, CACHE_LIFE_MS = 60 * 1000, CACHE_TAG_BYTES = 32 };

struct cached_credential {
    uint8_t tag[CACHE_TAG_BYTES];
    int64_t until_ms; // 0: the place is free
    struct principal who;
};

struct credential_cache {
    uint8_t key[KEY_BYTES];
    struct cached_credential places[CACHE_PLACES];
};

void credential_cache_init(struct credential_cache *c);
void credential_cache_drop(struct credential_cache *c);
bool credential_cache_find(const struct credential_cache *c, struct slice authorization,
                           int64_t now_ms, struct principal *out);
void credential_cache_add(struct credential_cache *c, struct slice authorization, int64_t now_ms,
                          const struct principal *who);
