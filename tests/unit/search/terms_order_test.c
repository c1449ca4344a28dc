// SPDX-License-Identifier: Apache-2.0
#include "search/terms_order.h"
#include "test.h"

static struct agg_order orders[2];

static struct terms_order make(struct room *room, struct agg *agg)
{
    static const struct agg_node *none[2];
    return (struct terms_order){.room = room,
                                .agg = agg,
                                .type = FIELD_KEYWORD,
                                .nodes = none,
                                .order_count = agg->order_count};
}

static void add(struct terms_order *o, const char *key, uint64_t count)
{
    struct terms_candidate c = {.key = {.text = slice_text(key)}, .count = count};
    EXPECT(terms_order_add(o, &c));
}

static void expect_order(struct agg agg, const char *want, uint64_t want_other)
{
    struct room room = room_init(1 << 20);
    struct terms_order o = make(&room, &agg);
    terms_order_reset(&o);
    add(&o, "b", 5);
    add(&o, "a", 5);
    add(&o, "d", 1);
    add(&o, "c", 9);
    const uint32_t *chosen;
    uint32_t count;
    uint64_t other;
    terms_order_choose(&o, &chosen, &count, &other);
    EXPECT_EQ(count, strlen(want));
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(o.candidates[chosen[i]].key.text.at[0], want[i]);
    EXPECT_EQ(other, want_other);
    room_done(&room);
}

TEST(terms_order_is_by_count_then_key_unless_told)
{
    expect_order((struct agg){.size = 10}, "cabd", 0);
    expect_order((struct agg){.size = 2}, "ca", 6);
    expect_order((struct agg){.size = 10, .min_doc_count = 5}, "cab", 0);
    orders[0] = (struct agg_order){.by = ORDER_KEY, .ascending = false};
    expect_order((struct agg){.size = 3, .orders = orders, .order_count = 1}, "dcb", 5);
    orders[0] = (struct agg_order){.by = ORDER_COUNT, .ascending = true};
    orders[1] = (struct agg_order){.by = ORDER_KEY, .ascending = false};
    expect_order((struct agg){.size = 4, .orders = orders, .order_count = 2}, "dbac", 0);
}
