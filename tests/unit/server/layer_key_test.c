// SPDX-License-Identifier: Apache-2.0
#include "server/layer_key.h"
#include "unit/access/ratchet.h"
#include "unit/policy/fleet.h"

static void approve(struct ratchet_place *p, const char *kind, const char *value)
{
    int64_t seq = 0;
    const struct ratchet_change c = {
        .kind = RATCHET_REKEY, .subject = kind, .who = "ann", .value = slice_text(value)};
    EXPECT_EQ(ratchet_propose(p->ratchet, &c, &seq, NULL), OK);
    EXPECT_EQ(ratchet_approve(p->ratchet, seq, "bob", NULL), OK);
}

TEST(layer_generation_is_what_two_people_approved)
{
    struct ratchet_place p;
    ratchet_place_make(&p);
    EXPECT_EQ(layer_generation(p.ratchet, "customer"), 0);
    int64_t seq = 0;
    const struct ratchet_change c = {
        .kind = RATCHET_REKEY, .subject = "customer", .who = "ann", .value = slice_text("1\n")};
    EXPECT_EQ(ratchet_propose(p.ratchet, &c, &seq, NULL), OK);
    EXPECT_EQ(layer_generation(p.ratchet, "customer"), 0);
    EXPECT_EQ(ratchet_approve(p.ratchet, seq, "bob", NULL), OK);
    EXPECT_EQ(layer_generation(p.ratchet, "customer"), 1);
    EXPECT_EQ(layer_generation(p.ratchet, "device"), 0);
    ratchet_place_drop(&p);
}

TEST(layer_generation_is_a_number_from_one_and_a_line_end)
{
    static const char *const wrong[] = {"", "\n", "0\n", "1", "-1\n", "x\n", "1000001\n", "1\n\n"};
    uint32_t n = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        EXPECT_EQ(layer_generation_parse(slice_text(wrong[i]), &n, NULL), ERR_CORRUPT);
    EXPECT_EQ(layer_generation_parse(slice_text("12\n"), &n, NULL), OK);
    EXPECT_EQ(n, 12);
}

TEST(layer_keys_are_made_for_what_is_in_force_and_forgotten_before)
{
    static const uint8_t none[KEY_BYTES];
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    const struct schema *s = fleet_policy(a)->schema;
    uint32_t generations[LAYER_KINDS_MAX];
    uint8_t first[KEY_BYTES];
    uint8_t second[KEY_BYTES];
    struct ratchet_place p;
    ratchet_place_make(&p);
    int customer = schema_subject(s, "customer");
    EXPECT_EQ(layer_key_get(&p.dir, p.ring, "customer", 0, first, NULL), OK);
    EXPECT(memcmp(first, none, KEY_BYTES) == 0);
    approve(&p, "customer", "1\n");
    EXPECT_EQ(layer_keys_settle(&p.dir, p.ratchet, s, generations, NULL), OK);
    EXPECT(generations[customer] == 1 && generations[schema_subject(s, "device")] == 0);
    EXPECT_EQ(layer_key_get(&p.dir, p.ring, "customer", 1, first, NULL), OK);
    approve(&p, "customer", "2\n");
    EXPECT_EQ(layer_keys_settle(&p.dir, p.ratchet, s, generations, NULL), OK);
    EXPECT_EQ(layer_key_get(&p.dir, p.ring, "customer", 2, second, NULL), OK);
    EXPECT(memcmp(first, second, KEY_BYTES) != 0 && memcmp(first, none, KEY_BYTES) != 0);
    EXPECT_EQ(layer_keys_forget(&p.dir, s, generations, NULL), OK);
    EXPECT_EQ(layer_keys_forget(&p.dir, s, generations, NULL), OK);
    EXPECT_EQ(layer_key_get(&p.dir, p.ring, "customer", 1, first, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(layer_key_get(&p.dir, p.ring, "customer", 2, second, NULL), OK);
    ratchet_place_drop(&p);
}
