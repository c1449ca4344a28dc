// SPDX-License-Identifier: Apache-2.0
#include "search/regexp_private.h"
#include "test.h"

TEST(regexp_node_is_made_once_for_each_meaning)
{
    struct nodes n;
    nodes_init(&n);
    uint32_t a = node_character(&n, 'a');
    uint32_t b = node_character(&n, 'b');
    uint32_t ab = node_cat(&n, a, b);
    uint32_t star = node_star(&n, ab);
    EXPECT_EQ(node_character(&n, 'a'), a);
    EXPECT_EQ(node_or(&n, star, ab), node_or(&n, ab, star));
    EXPECT_EQ(node_or(&n, node_or(&n, star, ab), star), node_or(&n, star, ab));
    EXPECT_EQ(node_cat(&n, node_cat(&n, a, b), star), node_cat(&n, a, node_cat(&n, b, star)));
    EXPECT_EQ(node_and(&n, star, ANYTHING), star);
    EXPECT_EQ(node_and(&n, star, NOTHING), NOTHING);
    EXPECT_EQ(node_or(&n, star, ANYTHING), ANYTHING);
    EXPECT_EQ(node_or(&n, star, NOTHING), star);
    EXPECT_EQ(node_not(&n, node_not(&n, ab)), ab);
    EXPECT_EQ(node_star(&n, star), star);
    EXPECT_EQ(node_cat(&n, star, NOTHING), NOTHING);
    nodes_done(&n);
}

TEST(regexp_node_joins_characters_into_one_set)
{
    struct nodes n;
    nodes_init(&n);
    struct code_range ranges[] = {{'x', 'z'}, {'a', 'c'}, {'d', 'f'}, {'b', 'b'}};
    uint32_t set = node_set(&n, ranges, 4);
    EXPECT_EQ(n.items[set].b, 2);
    EXPECT(node_has(&n, set, 'e') && node_has(&n, set, 'x') && !node_has(&n, set, 'g'));
    uint32_t grown = node_or(&n, set, node_character(&n, 'g'));
    EXPECT_EQ(n.items[grown].kind, NODE_SET);
    EXPECT(node_has(&n, grown, 'g'));
    EXPECT_EQ(node_set(&n, ranges, 0), NOTHING);
    nodes_done(&n);
}

TEST(regexp_node_repeats_between_bounds)
{
    struct nodes n;
    nodes_init(&n);
    uint32_t a = node_character(&n, 'a');
    EXPECT_EQ(node_repeat(&n, a, 0, 0), EMPTY);
    EXPECT_EQ(node_repeat(&n, a, 2, 2), node_cat(&n, a, a));
    EXPECT_EQ(node_repeat(&n, a, 0, UINT32_MAX), node_star(&n, a));
    EXPECT_EQ(node_repeat(&n, a, 3, 2), NOTHING);
    EXPECT_EQ(node_repeat(&n, EMPTY, 1000, 1000), EMPTY);
    EXPECT(!n.is_over);
    nodes_done(&n);
}
