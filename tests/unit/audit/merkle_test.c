// SPDX-License-Identifier: Apache-2.0
#include "audit/merkle.h"
#include "test.h"

#include <stdio.h>

enum { LEAVES = 70 };

static struct hash256 leaves[LEAVES];

static void make_leaves(void)
{
    for (int i = 0; i < LEAVES; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "leaf %d", i);
        merkle_leaf(slice_of(text, (size_t)len), &leaves[i]);
    }
}

static struct merkle tree_of(uint64_t size)
{
    struct merkle m = {0};
    for (uint64_t i = 0; i < size; i++)
        merkle_add(&m, &leaves[i]);
    return m;
}

// RFC 6962's own definition, word for word.
static struct hash256 mth(const struct hash256 *d, uint64_t n)
{
    if (n == 1)
        return d[0];
    uint64_t k = 1;
    while (2 * k < n)
        k *= 2;
    const struct hash256 left = mth(d, k);
    const struct hash256 right = mth(d + k, n - k);
    struct hash256 out;
    static const uint8_t mark = 1;
    const struct slice parts[] = {slice_of(&mark, 1), slice_of(left.at, 32),
                                  slice_of(right.at, 32)};
    sha256_parts(parts, 3, out.at);
    return out;
}

static void expect_hex(const struct hash256 *h, const char *hex)
{
    for (int i = 0; i < 32; i++) {
        char two[3];
        snprintf(two, sizeof two, "%02x", h->at[i]);
        EXPECT(memcmp(two, hex + 2 * i, 2) == 0);
    }
}

// The vectors that certificate transparency implementations share.
TEST(merkle_roots_are_those_of_certificate_transparency)
{
    static const uint8_t data[][16] = {{0},
                                       {0},
                                       {0x10},
                                       {0x20, 0x21},
                                       {0x30, 0x31},
                                       {0x40, 0x41, 0x42, 0x43},
                                       {0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57},
                                       {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
                                        0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f}};
    static const size_t lens[] = {0, 1, 1, 2, 2, 4, 8, 16};
    struct merkle m = {0};
    struct hash256 root;
    merkle_root(&m, &root);
    expect_hex(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (int i = 0; i < 8; i++) {
        struct hash256 leaf;
        merkle_leaf(slice_of(data[i], lens[i]), &leaf);
        merkle_add(&m, &leaf);
    }
    merkle_root(&m, &root);
    expect_hex(&root, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(merkle_root_is_the_one_of_the_definition)
{
    make_leaves();
    for (uint64_t n = 1; n <= LEAVES; n++) {
        struct merkle m = tree_of(n);
        struct hash256 root;
        struct hash256 want = mth(leaves, n);
        merkle_root(&m, &root);
        EXPECT(hash256_equal(&root, &want));
    }
}

TEST(merkle_inclusion_proves_each_leaf_and_no_other)
{
    make_leaves();
    const struct merkle none = {0};
    const struct merkle_range all = {&none, leaves, LEAVES};
    for (uint64_t n = 1; n <= LEAVES; n++) {
        struct hash256 root = mth(leaves, n);
        for (uint64_t i = 0; i < n; i++) {
            struct merkle_proof p;
            EXPECT_EQ(merkle_inclusion(&all, i, n, &p, NULL), OK);
            EXPECT(merkle_inclusion_holds(&leaves[i], i, n, &p, &root));
            EXPECT(!merkle_inclusion_holds(&leaves[(i + 1) % LEAVES], i, n, &p, &root));
            EXPECT(n == 1 || !merkle_inclusion_holds(&leaves[i], (i + 1) % n, n, &p, &root));
            if (p.count) {
                p.at[p.count / 2].at[7] ^= 1;
                EXPECT(!merkle_inclusion_holds(&leaves[i], i, n, &p, &root));
                p.at[p.count / 2].at[7] ^= 1;
                p.count--;
                EXPECT(!merkle_inclusion_holds(&leaves[i], i, n, &p, &root));
            }
        }
    }
}

TEST(merkle_consistency_proves_each_beginning_and_no_other)
{
    make_leaves();
    const struct merkle none = {0};
    const struct merkle_range all = {&none, leaves, LEAVES};
    for (uint64_t n = 1; n <= LEAVES; n++) {
        for (uint64_t m = 1; m <= n; m++) {
            struct merkle_proof p;
            struct merkle_state first = {m, mth(leaves, m)};
            struct merkle_state second = {n, mth(leaves, n)};
            EXPECT_EQ(merkle_consistency(&all, m, n, &p, NULL), OK);
            EXPECT(merkle_consistency_holds(&first, &second, &p));
            first.root.at[3] ^= 4;
            EXPECT(!merkle_consistency_holds(&first, &second, &p));
            first.root.at[3] ^= 4;
            second.root.at[3] ^= 4;
            EXPECT(!merkle_consistency_holds(&first, &second, &p));
        }
    }
}

TEST(merkle_range_proves_what_is_left_when_its_start_is_gone)
{
    make_leaves();
    for (uint64_t gone = 0; gone <= LEAVES; gone++) {
        struct merkle before = tree_of(gone);
        const struct merkle_range rest = {&before, leaves + gone, LEAVES - gone};
        for (uint64_t n = gone ? gone : 1; n <= LEAVES; n++) {
            struct hash256 root;
            struct hash256 want = mth(leaves, n);
            EXPECT_EQ(merkle_root_at(&rest, n, &root, NULL), OK);
            EXPECT(hash256_equal(&root, &want));
            struct merkle_proof p;
            struct merkle_state first = {gone, mth(leaves, gone ? gone : 1)};
            struct merkle_state second = {n, want};
            EXPECT_EQ(merkle_consistency(&rest, gone, n, &p, NULL), OK);
            EXPECT(gone == 0 || merkle_consistency_holds(&first, &second, &p));
        }
        for (uint64_t i = gone; i < LEAVES; i++) {
            struct merkle_proof p;
            struct hash256 root = mth(leaves, LEAVES);
            EXPECT_EQ(merkle_inclusion(&rest, i, LEAVES, &p, NULL), OK);
            EXPECT(merkle_inclusion_holds(&leaves[i], i, LEAVES, &p, &root));
        }
        struct merkle_proof p;
        EXPECT(gone < 2 || merkle_inclusion(&rest, 0, LEAVES, &p, NULL) == ERR_NOT_FOUND);
        EXPECT_EQ(merkle_inclusion(&rest, LEAVES - 1, LEAVES + 1, &p, NULL), ERR_INVALID);
    }
}
