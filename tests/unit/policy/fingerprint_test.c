// SPDX-License-Identifier: Apache-2.0
#include "test.h"
#include "unit/policy/fleet.h"

static uint64_t fingerprint_of(const char *text)
{
    struct arena *a AUTO(arena_freep) = arena_new(POLICY_ARENA_BYTES);
    const struct policy *p = NULL;
    EXPECT_EQ(policy_parse(slice_text(text), a, &p, NULL), OK);
    return p->schema->fingerprint;
}

TEST(policy_fingerprint_is_of_what_rows_become)
{
    static const char plain[] = FLEET_SOURCE;
    uint64_t before = fingerprint_of(plain);
    EXPECT(before == fingerprint_of(FLEET_POLICY));
    char changed[sizeof plain];
    memcpy(changed, plain, sizeof plain);
    memcpy(strstr(changed, "to: 1h"), "to: 2h", 6);
    EXPECT(before != fingerprint_of(changed));
    memcpy(changed, plain, sizeof plain);
    memcpy(strstr(changed, "subject: customer"), "subject: costumer", 17);
    EXPECT(before != fingerprint_of(changed));
    memcpy(changed, plain, sizeof plain);
    memcpy(strstr(changed, "port=5432"), "port=5433", 9);
    EXPECT(before == fingerprint_of(changed));
}
