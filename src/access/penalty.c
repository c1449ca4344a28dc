// SPDX-License-Identifier: Apache-2.0
#include "access/penalty.h"

#include "base/hash.h"

#include <arpa/inet.h>

enum { ADDRESS_TEXT_MAX = 64 };

void penalties_init(struct penalties *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->seed = seed;
}

// What is no address (a socket path, nothing) is hashed, so it is slowed as well.
static void source_of(struct slice address, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memset(out, 0, 16);
    char text[ADDRESS_TEXT_MAX] = "";
    if (address.len && address.len < sizeof text)
        memcpy(text, address.at, address.len);
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        memcpy(out, mapped, 12);
        memcpy(out + 12, &v4, 4);
    } else if (inet_pton(AF_INET6, text, &v6) == 1) {
        bool is_v4 = memcmp(v6.s6_addr, mapped, 12) == 0;
        memcpy(out, v6.s6_addr, is_v4 ? 16 : 8);
    } else {
        uint64_t hash = hash_bytes(address.at, address.len);
        out[0] = 0xff; // multicast: no caller's address starts so
        memcpy(out + 8, &hash, 8);
    }
}

static uint64_t set_of(const struct penalties *p, const uint8_t source[16])
{
    uint8_t seeded[24];
    memcpy(seeded, &p->seed, 8);
    memcpy(seeded + 8, source, 16);
    return hash_bytes(seeded, sizeof seeded) % PENALTY_SETS;
}

int64_t penalty_wait_ms(const struct penalties *p, struct slice address, int64_t now_ms)
{
    uint8_t source[16];
    source_of(address, source);
    const struct penalty *set = p->table[set_of(p, source)];
    for (int i = 0; i < PENALTY_WAYS; i++) {
        if (memcmp(set[i].source, source, 16) != 0)
            continue;
        return set[i].acts && set[i].paid_off_ms > now_ms ? set[i].paid_off_ms - now_ms : 0;
    }
    return 0;
}

static struct penalty *place_for(struct penalty *set, const uint8_t source[16])
{
    struct penalty *least = &set[0];
    for (int i = 0; i < PENALTY_WAYS; i++) {
        if (set[i].paid_off_ms && memcmp(set[i].source, source, 16) == 0)
            return &set[i];
        if (set[i].paid_off_ms < least->paid_off_ms)
            least = &set[i];
    }
    *least = (struct penalty){0};
    memcpy(least->source, source, 16);
    return least;
}

void penalty_add(struct penalties *p, struct slice address, int64_t now_ms)
{
    uint8_t source[16];
    source_of(address, source);
    struct penalty *owed = place_for(p->table[set_of(p, source)], source);
    if (owed->paid_off_ms <= now_ms) {
        owed->paid_off_ms = now_ms;
        owed->acts = false;
    }
    owed->paid_off_ms += PENALTY_FAILURE_MS;
    if (owed->paid_off_ms > now_ms + PENALTY_CAP_MS)
        owed->paid_off_ms = now_ms + PENALTY_CAP_MS;
    if (owed->paid_off_ms >= now_ms + PENALTY_ACT_MS)
        owed->acts = true;
}
