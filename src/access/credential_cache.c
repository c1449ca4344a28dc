// SPDX-License-Identifier: Apache-2.0
#include "access/credential_cache.h"

void credential_cache_init(struct credential_cache *c)
{
    memset(c, 0, sizeof *c);
    random_bytes(c->key, sizeof c->key);
}

void credential_cache_drop(struct credential_cache *c)
{
    wipe(c->places, sizeof c->places);
}

// The tag is a keyed hash, so its first bytes choose the place: nobody outside can
// steer two credentials into one.
static size_t place_of(const struct credential_cache *c, struct slice authorization,
                       uint8_t tag[CACHE_TAG_BYTES])
{
    keyed_hash(c->key, authorization, tag, CACHE_TAG_BYTES);
    return (size_t)(tag[0] | tag[1] << 8) % CACHE_PLACES;
}

bool credential_cache_find(const struct credential_cache *c, struct slice authorization,
                           int64_t now_ms, struct principal *out)
{
    uint8_t tag[CACHE_TAG_BYTES];
    const struct cached_credential *at = &c->places[place_of(c, authorization, tag)];
    if (at->until_ms <= now_ms || !equal_in_constant_time(at->tag, tag, sizeof tag))
        return false;
    *out = at->who;
    return true;
}

void credential_cache_add(struct credential_cache *c, struct slice authorization, int64_t now_ms,
                          const struct principal *who)
{
    uint8_t tag[CACHE_TAG_BYTES];
    struct cached_credential *at = &c->places[place_of(c, authorization, tag)];
    memcpy(at->tag, tag, sizeof tag);
    at->until_ms = now_ms + CACHE_LIFE_MS;
    at->who = *who;
}
