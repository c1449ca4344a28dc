// SPDX-License-Identifier: Apache-2.0
#include "search/ords.h"
#include "test.h"

static void add(struct ords *o, uint32_t parent, uint64_t key, uint64_t *counts)
{
    uint32_t ord;
    EXPECT(ords_add_many(o, &parent, &key, 1, &ord));
    counts[ord]++;
    EXPECT_EQ(ords_find(o, parent, key), ord);
}

static void expect_lists(struct ords *o, const uint64_t *counts, size_t len)
{
    const struct ords_entry *e;
    uint32_t count;
    EXPECT(ords_list(o, 1, counts, len, &e, &count));
    EXPECT_EQ(count, 2);
    EXPECT_EQ(e[0].key + e[1].key, 5 + 9);
    EXPECT_EQ(e[0].count + e[1].count, 3);
    EXPECT(ords_list(o, 0, counts, len, &e, &count));
    EXPECT_EQ(count, 1);
    EXPECT(ords_list(o, 7, counts, len, &e, &count));
    EXPECT_EQ(count, 0);
    EXPECT(ords_list(o, ORD_NONE, counts, len, &e, &count));
    EXPECT_EQ(count, 0);
}

static void run(uint64_t parent_bound, uint64_t key_bound)
{
    struct room room = room_init(16 << 20);
    struct ords o;
    ords_init(&o, &room, parent_bound, key_bound);
    uint64_t counts[64] = {0};
    add(&o, 1, 9, counts);
    add(&o, 0, 9, counts);
    add(&o, 1, 5, counts);
    add(&o, 1, 9, counts);
    expect_lists(&o, counts, 64);
    room_done(&room);
}

TEST(ords_are_products_when_few_and_handed_out_when_not)
{
    run(4, 10);
    run(0, 0);
    run(ORDS_DIRECT_MAX, 10);
}

TEST(ords_of_many_pairs_are_all_different)
{
    struct room room = room_init(64 << 20);
    struct ords o;
    ords_init(&o, &room, 0, 0);
    uint32_t parents[1000];
    uint64_t keys[1000];
    uint32_t out[1000];
    for (int round = 0; round < 50; round++) {
        for (uint32_t i = 0; i < 1000; i++) {
            parents[i] = i % 10;
            keys[i] = (uint64_t)(i / 10) << 40;
        }
        EXPECT(ords_add_many(&o, parents, keys, 1000, out));
        for (uint32_t i = 0; i < 1000; i++)
            EXPECT_EQ(ords_find(&o, parents[i], keys[i]), out[i]);
    }
    EXPECT_EQ(o.count, 1000);
    EXPECT_EQ(ords_find(&o, 3, 17), ORD_NONE);
    room_done(&room);
}
