// SPDX-License-Identifier: Apache-2.0
#include "audit/entry.h"
#include "test.h"

#include <stdlib.h>

enum { SCRATCH = 1 << 24 };

static struct row_key rows[] = {{0, 900}, {0, 5}, {7, 1}, {0, 900}, {0, 1ULL << 60}, {7, 0}};
static struct subject people[] = {{{9}}, {{1}}, {{9}}};

static struct buf full_body(void)
{
    struct row_key own_rows[6];
    struct subject own_people[3];
    memcpy(own_rows, rows, sizeof rows);
    memcpy(own_people, people, sizeof people);
    const struct slice indices[] = {slice_text("devices"), slice_text("events")};
    const struct audit_field fields[] = {{1, AUDIT_FIELD_SHOWN, slice_text("outcome")},
                                         {1, AUDIT_FIELD_USED, slice_text("device.model")}};
    const struct audit_set sets[] = {{1, slice_text("device"), own_rows, 6, own_people, 3}};
    const struct audit_fact facts[] = {{slice_text("name"), slice_text("value")}};
    struct audit_entry e = {.kind = AUDIT_ANSWER,
                            .status = 200,
                            .principal = slice_text("ana"),
                            .key_id = slice_text("k1"),
                            .address = slice_text("10.0.0.1"),
                            .action = slice_text("indices:data/read/search"),
                            .route = slice_text("GET /{index}/_search"),
                            .rows = 6,
                            .buckets = 300,
                            .bytes = 70000,
                            .indices = indices,
                            .index_count = 2,
                            .fields = fields,
                            .field_count = 2,
                            .shape = slice_text("{}"),
                            .sets = sets,
                            .set_count = 1,
                            .facts = facts,
                            .fact_count = 1};
    struct buf body = buf_init(1 << 16);
    audit_body_encode(&e, &body);
    return body;
}

TEST(audit_entry_comes_back_with_its_sets_sorted_and_single)
{
    struct arena *scratch = arena_new(SCRATCH);
    struct buf body = full_body();
    struct audit_entry e;
    EXPECT_EQ(audit_body_decode(buf_slice(&body), scratch, &e, NULL), OK);
    EXPECT_EQ(e.kind, AUDIT_ANSWER);
    EXPECT_EQ(e.status, 200);
    EXPECT(slice_is(e.principal, "ana") && slice_is(e.route, "GET /{index}/_search"));
    EXPECT_EQ(e.rows, 6);
    EXPECT_EQ(e.buckets, 300);
    EXPECT_EQ(e.bytes, 70000);
    EXPECT_EQ(e.set_count, 1);
    EXPECT_EQ(e.sets[0].row_count, 5);
    static const struct row_key want[] = {{0, 5}, {0, 900}, {0, 1ULL << 60}, {7, 0}, {7, 1}};
    for (int i = 0; i < 5; i++)
        EXPECT(row_key_equal(e.sets[0].rows[i], want[i]));
    EXPECT_EQ(e.sets[0].subject_count, 2);
    EXPECT_EQ(e.sets[0].subjects[0].at[0], 1);
    EXPECT(slice_is(e.fields[1].name, "device.model"));
    EXPECT_EQ(e.fields[1].how, AUDIT_FIELD_USED);
    EXPECT(slice_is(e.facts[0].value, "value"));
    struct buf again = buf_init(1 << 16);
    audit_body_encode(&e, &again);
    EXPECT(slice_equal(buf_slice(&body), buf_slice(&again)));
    buf_done(&again);
    buf_done(&body);
    arena_free(scratch);
}

static enum err decode(struct slice body)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH);
    struct audit_entry e;
    return audit_body_decode(body, scratch, &e, NULL);
}

TEST(audit_entry_that_is_cut_is_refused)
{
    struct buf body = full_body();
    expect_every_prefix_refused(buf_slice(&body), decode);
    buf_done(&body);
}

// What is accepted is written again as it was read: no two bodies are one entry.
TEST(audit_entry_with_any_byte_changed_is_refused_or_another_entry)
{
    struct buf body = full_body();
    for (size_t i = 0; i < body.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct arena *scratch = arena_new(SCRATCH);
            struct audit_entry e;
            body.at[i] ^= (uint8_t)(1 << bit);
            if (audit_body_decode(buf_slice(&body), scratch, &e, NULL) == OK) {
                struct buf again = buf_init(1 << 16);
                audit_body_encode(&e, &again);
                EXPECT(again.len <= body.len);
                buf_done(&again);
            }
            body.at[i] ^= (uint8_t)(1 << bit);
            arena_free(scratch);
        }
    }
    buf_done(&body);
}

// As whoever may write the files could make it: as many things as its bytes can name.
TEST(audit_entry_that_names_all_it_can_fits_the_readers_memory)
{
    enum { THINGS = 1 << 16, RUN = 8190, PART = AUDIT_ENTRY_ARENA_BYTES / AUDIT_BODY_BYTES_MAX };

    static const uint32_t rows_of_set[] = {0, 1, RUN, 4096};
    for (size_t kind = 0; kind < sizeof rows_of_set / sizeof *rows_of_set; kind++) {
        struct audit_set *sets = calloc(THINGS, sizeof *sets);
        struct row_key *numbers = calloc(RUN, sizeof *numbers);
        const struct slice index = slice_text("events");
        struct audit_entry e = {.kind = AUDIT_ANSWER, .indices = &index, .index_count = 1};
        for (uint32_t i = 0; i < RUN; i++)
            numbers[i].lo = i;
        e.sets = sets;
        e.set_count = THINGS / (rows_of_set[kind] + 1);
        for (uint32_t i = 0; i < e.set_count; i++) {
            sets[i].rows = numbers;
            sets[i].row_count = rows_of_set[kind];
        }
        struct buf body AUTO(buf_donep) = buf_init(AUDIT_BODY_BYTES_MAX);
        audit_body_encode(&e, &body);
        struct arena *arena = arena_new(PART * body.len);
        struct audit_entry back;
        EXPECT_EQ(audit_body_decode(buf_slice(&body), arena, &back, NULL), OK);
        EXPECT_EQ(back.set_count, e.set_count);
        arena_free(arena);
        free(numbers);
        free(sets);
    }
}

TEST(audit_leaf_comes_back)
{
    struct audit_leaf l = {.number = 1ULL << 40, .time_ms = 1575417600000, .digest = {1, 2}};
    uint8_t bytes[AUDIT_LEAF_BYTES];
    audit_leaf_encode(&l, bytes);
    struct audit_leaf back = audit_leaf_decode(bytes);
    EXPECT(back.number == l.number && back.time_ms == l.time_ms);
    EXPECT(memcmp(back.digest, l.digest, sizeof l.digest) == 0);
}
