// SPDX-License-Identifier: Apache-2.0
#include "audit/trace.h"
#include "test.h"

static struct trace trace_of(const char *text)
{
    struct trace t = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
    EXPECT_EQ(trace_parse(slice_text(text), &t, NULL), OK);
    return t;
}

TEST(trace_reads_what_it_prints)
{
    static const char *const all[] = {"device:YTEAAAAAAAAAAAAAAAAAAA", "events/000000000000000b",
                                      "events", "events.outcome", "events.device.model"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct buf text AUTO(buf_donep) = buf_init(1024);
        struct trace t = trace_of(all[i]);
        trace_print(&t, &text);
        EXPECT(slice_is(buf_slice(&text), all[i]));
    }
    static const char *const bad[] = {"",
                                      ":YTEAAAAAAAAAAAAAAAAAAA",
                                      "device:",
                                      "device:YTEAAAAAAAAAAAAAAAAAA",
                                      "device:YTEAAAAAAAAAAAAAAAAAAAA",
                                      "device:YTEAAAAAAAAAAAAAAAAAA=",
                                      "/000000000000000b",
                                      "events/",
                                      "events/x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct trace t;
        EXPECT_EQ(trace_parse(slice_text(bad[i]), &t, NULL), ERR_INVALID);
    }
}

// An answer about one index, that shows a row of a1.
struct example {
    struct audit_entry e;
    struct slice indices[1];
    struct audit_field fields[1];
    struct row_key rows[1];
    struct subject subjects[1];
    struct audit_set set;
    struct audit_fact fact;
};

static void make_example(struct example *x, const char *field)
{
    *x = (struct example){.indices = {slice_text("events")},
                          .fields = {{0, AUDIT_FIELD_SHOWN, slice_text(field)}},
                          .rows = {{0, 11}},
                          .subjects = {{{'a', '1'}}},
                          .fact = {slice_text("floor"), slice_text("5")}};
    x->set = (struct audit_set){0, slice_text("device"), x->rows, 1, x->subjects, 1};
    x->e = (struct audit_entry){.kind = AUDIT_ANSWER,
                                .status = 200,
                                .time_ms = 1000,
                                .principal = slice_text("ana"),
                                .action = slice_text("indices:data/read/search"),
                                .rows = 1,
                                .indices = x->indices,
                                .index_count = 1,
                                .fields = x->fields,
                                .field_count = 1,
                                .sets = &x->set,
                                .set_count = 1,
                                .facts = &x->fact,
                                .fact_count = 1};
}

static enum trace_found found(const struct example *x, const char *of)
{
    struct trace t = trace_of(of);
    return trace_find(&t, &x->e);
}

TEST(trace_finds_people_rows_indices_and_fields)
{
    struct example x;
    make_example(&x, "outcome");
    EXPECT_EQ(found(&x, "device:YTEAAAAAAAAAAAAAAAAAAA"), TRACE_READ);
    EXPECT_EQ(found(&x, "device:YTIAAAAAAAAAAAAAAAAAAA"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "user:YTEAAAAAAAAAAAAAAAAAAA"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "events/000000000000000b"), TRACE_READ);
    EXPECT_EQ(found(&x, "events/000000000000000c"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "devices/000000000000000b"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "events"), TRACE_READ);
    EXPECT_EQ(found(&x, "devices"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "events.outcome"), TRACE_READ);
    EXPECT_EQ(found(&x, "events.host"), TRACE_NOTHING);
    EXPECT_EQ(trace_floor(&x.e), 5);
}

// What an entry cannot exclude is never "nothing".
TEST(trace_says_perhaps_where_an_entry_does_not_say)
{
    struct example x;
    make_example(&x, "outcome");
    x.e.shape = slice_text("all size=1"); // a search: its total is over other rows too
    EXPECT_EQ(found(&x, "device:YTEAAAAAAAAAAAAAAAAAAA"), TRACE_READ);
    EXPECT_EQ(found(&x, "device:YTIAAAAAAAAAAAAAAAAAAA"), TRACE_COUNTED);
    EXPECT_EQ(found(&x, "events/000000000000000c"), TRACE_COUNTED);
    make_example(&x, "device.model"); // a row of another index is shown, which is in no set
    EXPECT_EQ(found(&x, "device:YTIAAAAAAAAAAAAAAAAAAA"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "devices/000000000000000c"), TRACE_COUNTED);
    EXPECT_EQ(found(&x, "devices"), TRACE_COUNTED);
    EXPECT_EQ(found(&x, "devices.model"), TRACE_COUNTED);
    EXPECT_EQ(found(&x, "devices.year"), TRACE_NOTHING);
    EXPECT_EQ(found(&x, "events.device.model"), TRACE_READ);
    make_example(&x, "outcome");
    x.e.set_count = 0; // a metric: buckets, and no shape
    x.e.rows = 0;
    x.e.buckets = 3;
    EXPECT_EQ(found(&x, "device:YTEAAAAAAAAAAAAAAAAAAA"), TRACE_COUNTED);
    x.e.fact_count = 0;
    EXPECT_EQ(trace_floor(&x.e), 0);
}

TEST(trace_leaves_out_what_told_nothing)
{
    struct example x;
    make_example(&x, "outcome");
    x.e.set_count = 0;
    x.e.rows = 0;
    EXPECT_EQ(found(&x, "events"), TRACE_READ);
    x.e.status = 404;
    EXPECT_EQ(found(&x, "device:YTEAAAAAAAAAAAAAAAAAAA"), TRACE_NOTHING);
    x.e.status = 200;
    x.e.kind = AUDIT_PUSH; // what a query finds is deleted: how many, was told
    EXPECT_EQ(found(&x, "device:YTEAAAAAAAAAAAAAAAAAAA"), TRACE_COUNTED);
    x.e.kind = AUDIT_REFUSAL;
    EXPECT_EQ(found(&x, "events"), TRACE_NOTHING);
    x.e.kind = AUDIT_ANSWER;
    x.e.action = slice_text("indices:admin/mappings/get");
    EXPECT_EQ(found(&x, "events"), TRACE_NOTHING);
    struct trace t = trace_of("events");
    EXPECT(trace_covers(&t, &x.e));
    t.from_ms = 1000;
    t.to_ms = 1001;
    EXPECT(trace_covers(&t, &x.e));
    t.principal = slice_text("bob");
    EXPECT(!trace_covers(&t, &x.e));
    t.principal = slice_text("ana");
    t.to_ms = 1000;
    EXPECT(!trace_covers(&t, &x.e));
}
