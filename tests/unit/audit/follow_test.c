// SPDX-License-Identifier: Apache-2.0
#include "audit/follow.h"
#include "unit/audit/shelf.h"

#include <string.h>

static struct audit_head made(struct shelf *s, uint64_t number, uint64_t size, int64_t time_ms,
                              uint8_t root)
{
    struct audit_head h = {.number = number, .size = size, .time_ms = time_ms, .root = {{root}}};
    uint8_t digest[32];
    sign_public(s->seed, s->key);
    audit_head_digest(&h, digest);
    EXPECT_EQ(shelf_sign(s, digest, h.signature, NULL), OK);
    return h;
}

static void expect_wrong(struct shelf *s, const struct audit_head *before,
                         const struct audit_head *head, const char *words)
{
    struct fault why = {0};
    EXPECT_EQ(follow_head(before, head, s->key, &why), ERR_CORRUPT);
    if (!strstr(why.words, words))
        test_fail(__FILE__, __LINE__, "'%s' does not say '%s'", why.words, words);
}

TEST(follow_takes_what_goes_on_and_nothing_that_went_back)
{
    struct shelf s = {.seed = {5}};
    struct audit_head then = made(&s, 7, 100, 5000, 1);
    struct audit_head same = then;
    struct audit_head quiet = made(&s, 8, 100, 6000, 1);
    struct audit_head grown = made(&s, 9, 120, 7000, 2);
    EXPECT_EQ(follow_head(NULL, &then, s.key, NULL), OK);
    EXPECT_EQ(follow_head(&then, &same, s.key, NULL), OK);
    EXPECT_EQ(follow_head(&then, &quiet, s.key, NULL), OK);
    EXPECT_EQ(follow_head(&then, &grown, s.key, NULL), OK);
    expect_wrong(&s, &grown, &then, "last head's number was 9 and is 7 now");
    struct audit_head smaller = made(&s, 9, 99, 7000, 2);
    expect_wrong(&s, &then, &smaller, "number of entries was 100 and is 99 now");
    struct audit_head earlier = made(&s, 9, 120, 4000, 2);
    expect_wrong(&s, &then, &earlier, "last head's time was 5000 and is 4000 now");
    struct audit_head other = made(&s, 8, 100, 6000, 3);
    expect_wrong(&s, &then, &other, "its first 100 entries are others now");
    struct audit_head twice = made(&s, 7, 120, 6000, 2);
    expect_wrong(&s, &then, &twice, "head 7 was signed twice");
    grown.size++;
    expect_wrong(&s, &then, &grown, "head 9 is not signed");
    expect_wrong(&s, NULL, &grown, "head 9 is not signed");
}

TEST(follow_proof_is_that_of_the_tree)
{
    struct hash256 leaves[9];
    struct merkle nothing = {0};
    struct merkle tree = {0};
    for (uint8_t i = 0; i < 9; i++) {
        merkle_leaf(slice_of(&i, 1), &leaves[i]);
        merkle_add(&tree, &leaves[i]);
    }
    struct merkle_range range = {.before = &nothing, .leaves = leaves, .count = 9};
    for (uint64_t first = 1; first < 9; first++) {
        struct audit_head before = {.size = first};
        struct audit_head head = {.size = 9};
        struct merkle_proof proof = {0};
        EXPECT_EQ(merkle_root_at(&range, first, &before.root, NULL), OK);
        EXPECT_EQ(merkle_root_at(&range, 9, &head.root, NULL), OK);
        EXPECT_EQ(merkle_consistency(&range, first, 9, &proof, NULL), OK);
        EXPECT_EQ(follow_proof(&before, &head, &proof, NULL), OK);
        before.root.at[0] ^= 1;
        EXPECT_EQ(follow_proof(&before, &head, &proof, NULL), ERR_CORRUPT);
        before.root.at[0] ^= 1;
        head.root.at[31] ^= 1;
        EXPECT_EQ(follow_proof(&before, &head, &proof, NULL), ERR_CORRUPT);
    }
    struct audit_head none = {0};
    struct audit_head head = {.size = 9};
    EXPECT_EQ(follow_proof(&none, &head, &(struct merkle_proof){0}, NULL), OK);
}
