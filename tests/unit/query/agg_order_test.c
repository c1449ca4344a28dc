// SPDX-License-Identifier: Apache-2.0
#include "unit/query/parse.h"

static const struct agg *ordered(struct arena *request, const char *order)
{
    struct slice text = arena_print(request, "{'a':{'terms':{'field':'f','order':%s}}}", order);
    return agg_of(request, (const char *)text.at);
}

TEST(terms_are_ordered_by_count_then_key)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = agg_of(request, "{'a':{'terms':{'field':'f'}}}");
    EXPECT_EQ(a->order_count, 2);
    EXPECT(a->orders[0].by == ORDER_COUNT && !a->orders[0].ascending);
    EXPECT(a->orders[1].by == ORDER_KEY && a->orders[1].ascending);
}

TEST(order_by_key_needs_no_tie_break)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = ordered(request, "{'_key':'DESC'}");
    EXPECT(a->order_count == 1 && a->orders[0].by == ORDER_KEY && !a->orders[0].ascending);
    EXPECT_EQ(ordered(request, "{'_term':'asc'}")->orders[0].by, ORDER_KEY);
}

TEST(order_paths_name_an_aggregation_and_a_value)
{
    static const struct {
        const char *order, *path, *metric;
    } cases[] = {
        {"{'m':'asc'}", "m", ""},
        {"{'a>b':'asc'}", "a>b", ""},
        {"{'s.avg':'asc'}", "s", "avg"},
        {"{'a>s.avg':'asc'}", "a>s", "avg"},
        {"{'p[95.0]':'asc'}", "p", "95.0"},
        {"{'a>p[99.9]':'asc'}", "a>p", "99.9"},
        {"{'1[std_deviation]':'asc'}", "1", "std_deviation"},
        {"{'a>_count':'asc'}", "a", "_count"},
        {"{'a._count':'asc'}", "a", "_count"},
    };
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct agg_order *o = ordered(request, cases[i].order)->orders;
        EXPECT(o->by == ORDER_METRIC && o->ascending);
        EXPECT(slice_is(o->path, cases[i].path) && slice_is(o->metric, cases[i].metric));
    }
}

TEST(orders_may_be_several)
{
    struct arena *request AUTO(arena_freep) = arena_new(16 << 20);
    const struct agg *a = ordered(request, "[{'m':'desc'},{'_count':'asc'}]");
    EXPECT_EQ(a->order_count, 3);
    EXPECT(a->orders[1].by == ORDER_COUNT && a->orders[1].ascending);
    EXPECT_EQ(a->orders[2].by, ORDER_KEY);
}

TEST(orders_that_are_none_are_refused)
{
    agg_refused("{'a':{'terms':{'field':'f','order':{'_key':'up'}}}}",
                "parsing_exception: [1:44] Unknown order direction for [_key]");
    agg_refused("{'a':{'terms':{'field':'f','order':{'_key':'asc','b':'asc'}}}}",
                "parsing_exception: [1:36] Must specify exactly one field for [order], found an "
                "object of 2");
    agg_refused("{'a':{'terms':{'field':'f','order':'_key'}}}",
                "x_content_parse_exception: [1:36] [terms] order doesn't support values of type: "
                "VALUE_STRING");
    agg_refused("{'a':{'terms':{'field':'f','order':{'':'asc'}}}}",
                "parsing_exception: [1:40] Invalid path for the order of [a]");
}
