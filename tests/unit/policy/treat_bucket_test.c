// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "test.h"
#include "unit/policy/fleet.h"
#include "unit/policy/one_column.h"

#include <math.h>

static bool bucket_is(const char *options, struct raw value, const char *label)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_bucket, options, a);
    EXPECT_EQ(one_column_put(&o, value, NULL), OK);
    bool same = bit_get(o.column.present, 0)
                    ? slice_is(intern_get(&o.column.texts, o.column.codes[0]), label)
                    : *label == '\0' && o.column.missing_count == 1;
    one_column_done(&o);
    return same;
}

static struct raw number(double n)
{
    return (struct raw){.type = RAW_F64, .f64 = n};
}

TEST(treat_bucket_names_the_edges_a_number_lies_between)
{
    static const char edges[] = "{edges: [0, 18, 35.5, 65]}";
    EXPECT(bucket_is(edges, number(-3), "..0"));
    EXPECT(bucket_is(edges, number(0), "0..18"));
    EXPECT(bucket_is(edges, number(17.999), "0..18"));
    EXPECT(bucket_is(edges, number(18), "18..35.5"));
    EXPECT(bucket_is(edges, (struct raw){.type = RAW_I64, .i64 = 36}, "35.5..65"));
    EXPECT(bucket_is(edges, (struct raw){.type = RAW_TEXT, .text = slice_text("65")}, "65.."));
    EXPECT(bucket_is(edges, number((double)INFINITY), ""));
}

TEST(treat_bucket_has_buckets_of_one_width)
{
    EXPECT(bucket_is("{width: 10}", number(0), "0..10"));
    EXPECT(bucket_is("{width: 10}", number(19.9), "10..20"));
    EXPECT(bucket_is("{width: 10}", number(-0.5), "-10..0"));
    EXPECT(bucket_is("{width: 0.25}", number(0.6), "0.5..0.75"));
    EXPECT(bucket_is("{width: 0.25}", number(1e300), ""));
}

TEST(treat_bucket_refuses_what_is_no_number)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    struct fault why = {0};
    one_column_init(&o, &treat_bucket, "{width: 10}", a);
    EXPECT_EQ(one_column_put(&o, (struct raw){.type = RAW_TEXT, .text = slice_text("ten")}, &why),
              ERR_INVALID);
    EXPECT(strcmp(why.words, "a text is no double") == 0);
    one_column_done(&o);
}

// Every number lies in the bucket it is named after, and no label says more than the edges.
TEST(treat_bucket_holds_each_number_between_its_edges)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct one_column o;
    one_column_init(&o, &treat_bucket, "{width: 4}", a);
    uint64_t state = 7;
    for (int i = 0; i < 5000; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;
        double n = ((double)(int64_t)(state >> 20) - 8e12) / 1024 / (double)(1 + i % 100000);
        EXPECT_EQ(one_column_put(&o, number(n), NULL), OK);
        struct slice label = intern_get(&o.column.texts, o.column.codes[0]);
        const uint8_t *points = memmem(label.at, label.len, "..", 2);
        EXPECT(points != NULL);
        double low = 0;
        double high = 0;
        EXPECT_EQ(parse_f64(slice_of(label.at, (size_t)(points - label.at)), &low), OK);
        EXPECT_EQ(parse_f64(slice_from(label, (size_t)(points - label.at) + 2), &high), OK);
        EXPECT(low <= n && n < high && high - low == 4);
    }
    one_column_done(&o);
}

TEST(treat_bucket_is_declared_with_edges_or_a_width)
{
    static const char old[] = "{treat: round, to: 0.5}";
    expect_edit_refused(old, "{treat: bucket}",
                        "26: column load: bucket needs edges: [0, 18, 65], or width: 10, and not "
                        "both");
    expect_edit_refused(old, "{treat: bucket, width: 1, edges: [1]}",
                        "26: column load: bucket needs edges: [0, 18, 65], or width: 10, and not "
                        "both");
    expect_edit_refused(old, "{treat: bucket, width: 0}",
                        "26: column load: width is a number over 0");
    expect_edit_refused(old, "{treat: bucket, edges: []}",
                        "26: column load: edges is a list of 1 to 256 numbers");
    expect_edit_refused(old, "{treat: bucket, edges: [1, 1]}",
                        "26: column load: edges are numbers, each over the last");
    expect_edit_refused(old, "{treat: bucket, edges: [1, x]}",
                        "26: column load: edges are numbers, each over the last");
    expect_edit_refused(old, "{treat: bucket, to: 3}",
                        "26: column load: to is no key of treatment bucket");
}
