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

static const struct {
    const char *name;
    enum penalty_account account;
    int64_t weight_ms;
} kinds[PENALTY_KIND_COUNT] = {
    [PENALTY_CREDENTIAL] = {"credential", PENALTY_GUESSES, PENALTY_CREDENTIAL_MS},
    [PENALTY_CODE] = {"code", PENALTY_GUESSES, PENALTY_CODE_MS},
    [PENALTY_SILENT] = {"silent", PENALTY_NOISE, PENALTY_SILENT_MS},
    [PENALTY_MALFORMED] = {"malformed", PENALTY_NOISE, PENALTY_MALFORMED_MS},
};

static const int64_t caps_ms[PENALTY_ACCOUNT_COUNT] = {PENALTY_GUESSES_CAP_MS,
                                                       PENALTY_NOISE_CAP_MS};

const char *penalty_kind_name(enum penalty_kind k)
{
    return kinds[k].name;
}

bool penalty_is_own(struct slice address)
{
    return slice_is(address, "127.0.0.1") || slice_is(address, "::1") ||
           slice_is(address, "::ffff:127.0.0.1");
}

static bool acts_at(const struct penalty_owed *o, int64_t now_ms)
{
    return o->acts && o->paid_off_ms > now_ms;
}

int64_t penalty_wait_ms(const struct penalties *p, enum penalty_account account,
                        struct slice address, int64_t now_ms)
{
    uint8_t source[16];
    source_of(address, source);
    const struct penalty *set = p->table[set_of(p, source)];
    for (int i = 0; i < PENALTY_WAYS; i++) {
        const struct penalty_owed *owed = &set[i].owed[account];
        if (memcmp(set[i].source, source, 16) == 0)
            return acts_at(owed, now_ms) ? owed->paid_off_ms - now_ms : 0;
    }
    return 0;
}

static int64_t last_ms(const struct penalty *p)
{
    int64_t guesses = p->owed[PENALTY_GUESSES].paid_off_ms;
    int64_t noise = p->owed[PENALTY_NOISE].paid_off_ms;
    return guesses > noise ? guesses : noise;
}

static struct penalty *place_for(struct penalty *set, const uint8_t source[16])
{
    struct penalty *least = &set[0];
    for (int i = 0; i < PENALTY_WAYS; i++) {
        if (last_ms(&set[i]) && memcmp(set[i].source, source, 16) == 0)
            return &set[i];
        if (last_ms(&set[i]) < last_ms(least))
            least = &set[i];
    }
    *least = (struct penalty){0};
    memcpy(least->source, source, 16);
    return least;
}

void penalty_add(struct penalties *p, enum penalty_kind kind, struct slice address, int64_t now_ms)
{
    uint8_t source[16];
    enum penalty_account account = kinds[kind].account;
    p->of[kind]++;
    source_of(address, source);
    struct penalty_owed *owed = &place_for(p->table[set_of(p, source)], source)->owed[account];
    if (owed->paid_off_ms <= now_ms)
        *owed = (struct penalty_owed){.paid_off_ms = now_ms};
    owed->paid_off_ms += kinds[kind].weight_ms;
    if (owed->paid_off_ms > now_ms + caps_ms[account])
        owed->paid_off_ms = now_ms + caps_ms[account];
    if (owed->paid_off_ms >= now_ms + PENALTY_ACT_MS)
        owed->acts = true;
}

void penalties_stats(const struct penalties *p, int64_t now_ms, struct penalty_stats *out)
{
    *out = (struct penalty_stats){.refused = p->refused};
    memcpy(out->of, p->of, sizeof out->of);
    for (size_t i = 0; i < (size_t)PENALTY_SETS * PENALTY_WAYS; i++) {
        const struct penalty *one = &p->table[i / PENALTY_WAYS][i % PENALTY_WAYS];
        out->sources += last_ms(one) > now_ms;
        out->acting += acts_at(&one->owed[PENALTY_GUESSES], now_ms) ||
                       acts_at(&one->owed[PENALTY_NOISE], now_ms);
    }
}
