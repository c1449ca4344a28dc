// SPDX-License-Identifier: Apache-2.0
#include "data/changeset.h"
#include "data_cases.h"

static void expect_same_column(const struct batch_column *got, const struct batch_column *want,
                               enum field_type type, uint32_t row_count)
{
    for (uint32_t i = 0; i < row_count; i++) {
        bool has = bit_get(want->present, i);
        EXPECT_EQ(bit_get(got->present, i), has);
        EXPECT_EQ(got->unchanged && bit_get(got->unchanged, i),
                  want->unchanged && bit_get(want->unchanged, i));
        switch (field_storage(type)) {
        case STORAGE_CODE:
            EXPECT_EQ(got->codes[i], has ? want->codes[i] : UINT32_MAX);
            EXPECT(!has || slice_equal(got->values[got->codes[i]], want->values[want->codes[i]]));
            break;
        case STORAGE_I64:
            EXPECT_EQ(got->i64[i], has ? want->i64[i] : 0);
            break;
        case STORAGE_F64:
            EXPECT(got->f64[i] == (has ? want->f64[i] : 0));
            break;
        }
    }
}

static void expect_same_position(const struct position *got, const struct position *want)
{
    EXPECT(strcmp(got->source, want->source) == 0);
    EXPECT_EQ(got->phase, want->phase);
    EXPECT_EQ(got->generation, want->generation);
    EXPECT_EQ(got->end_lsn, want->end_lsn);
    EXPECT_EQ(got->commit_time_ms, want->commit_time_ms);
    EXPECT_EQ(got->system_id, want->system_id);
    EXPECT_EQ(got->timeline, want->timeline);
    EXPECT_EQ(got->policy_fingerprint, want->policy_fingerprint);
    EXPECT(memcmp(got->stopped, want->stopped, sizeof got->stopped) == 0);
}

static void expect_same_batch(const struct batch *got, const struct batch *want)
{
    const struct table *t = &case_tables[want->table];
    EXPECT_EQ(got->table, want->table);
    EXPECT_EQ(got->row_count, want->row_count);
    EXPECT(memcmp(got->ops, want->ops, want->row_count) == 0);
    EXPECT(memcmp(got->keys, want->keys, want->row_count * sizeof *want->keys) == 0);
    for (uint32_t f = 0; f < t->field_count; f++)
        expect_same_column(&got->columns[f], &want->columns[f], t->fields[f].type, want->row_count);
}

static void expect_round_trip(const struct changeset *c, struct arena *a)
{
    struct slice bytes = case_encode(c, a);
    struct changeset got;
    struct fault why = {0};
    EXPECT_EQ(changeset_decode(bytes, &case_schema, a, &got, &why), OK);
    expect_same_position(&got.position, &c->position);
    EXPECT_EQ(got.resets, c->resets);
    EXPECT_EQ(got.batch_count, c->batch_count);
    for (uint32_t i = 0; i < c->batch_count; i++)
        expect_same_batch(&got.batches[i], &c->batches[i]);
}

TEST(changeset_comes_back_whole)
{
    static const uint32_t counts[] = {1, 2, 63, 64, 65, 8191, 8192, 8193, 65536};
    uint64_t random = 11;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (uint32_t gap_in = 0; gap_in < 4; gap_in++) {
            struct arena *a AUTO(arena_freep) = arena_new(256 << 20);
            struct batch batches[2] = {case_events(a, counts[i], gap_in, &random),
                                       case_events(a, 3, gap_in, &random)};
            struct changeset c = {.position = case_position(),
                                  .resets = gap_in == 1,
                                  .batch_count = 2,
                                  .batches = batches};
            expect_round_trip(&c, a);
        }
    }
}

TEST(changeset_may_only_move_the_position)
{
    struct arena *a AUTO(arena_freep) = arena_new(1 << 20);
    struct changeset c = {.position = case_position()};
    memset(c.position.source, 'x', 63);
    expect_round_trip(&c, a);
}

TEST(changeset_carries_deletes_moves_and_unchanged_values)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    uint64_t random = 12;
    struct batch b = case_events(a, 100, 0, &random);
    uint8_t *ops = ARENA_ARRAY(a, uint8_t, 100);
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, 100);
    struct row_key *old_keys = ARENA_ARRAY(a, struct row_key, 100);
    struct batch_column *columns = ARENA_ARRAY(a, struct batch_column, EVENT_FIELDS);
    memcpy(columns, b.columns, EVENT_FIELDS * sizeof *columns);
    for (uint32_t i = 0; i < 100; i++) {
        ops[i] = (uint8_t)(i % ROW_OP_COUNT);
        keys[i] = ops[i] == ROW_TRUNCATE ? (struct row_key){0} : (struct row_key){i, i + 1};
        if (ops[i] == ROW_MOVE)
            old_keys[i] = (struct row_key){i + 7, i};
    }
    for (int f = 0; f < EVENT_FIELDS; f++) {
        uint64_t *present = ARENA_ARRAY(a, uint64_t, 2);
        uint64_t *unchanged = ARENA_ARRAY(a, uint64_t, 2);
        for (uint32_t i = 0; i < 100; i++) {
            if (ops[i] == ROW_PUT || ops[i] == ROW_MOVE)
                bit_set(i % 3 ? present : unchanged, i);
        }
        columns[f].present = present;
        columns[f].unchanged = unchanged;
    }
    b.ops = ops;
    b.keys = keys;
    b.old_keys = old_keys;
    b.columns = columns;
    struct changeset c = {.position = case_position(), .batch_count = 1, .batches = &b};
    expect_round_trip(&c, a);

    struct slice bytes = case_encode(&c, a);
    struct changeset got;
    EXPECT_EQ(changeset_decode(bytes, &case_schema, a, &got, NULL), OK);
    EXPECT(memcmp(got.batches[0].old_keys, old_keys, 100 * sizeof *old_keys) == 0);
}

TEST(changeset_of_small_numbers_and_times_is_small)
{
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    uint64_t random = 13;
    struct batch b = case_events(a, 65536, 0, &random);
    struct changeset c = {.position = case_position(), .batch_count = 1, .batches = &b};
    // Key 8 bytes; kind and device 6 bits each, ms 13, place 1, degrees 10, ok 1, at 8.
    EXPECT(case_encode(&c, a).len < 65536 * 8 + 65536 / 8 * 46 + 4000);
}

TEST(changeset_past_the_limit_of_its_buf_is_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    uint64_t random = 14;
    struct batch b = case_events(a, 20, 3, &random);
    struct changeset c = {.position = case_position(), .batch_count = 1, .batches = &b};
    size_t whole = case_encode(&c, a).len;
    for (size_t limit = 0; limit < whole; limit++) {
        struct buf out AUTO(buf_donep) = buf_init(limit);
        EXPECT_EQ(changeset_encode(&c, &case_schema, &out, NULL), ERR_LIMIT);
    }
}

TEST(changeset_of_too_many_batches_or_too_much_memory_is_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    uint64_t random = 15;
    struct batch b = case_events(a, 1, 0, &random);
    struct batch *batches = ARENA_ARRAY(a, struct batch, 1025);
    for (int i = 0; i < 1025; i++)
        batches[i] = b;
    struct changeset c = {.position = case_position(), .batch_count = 1025, .batches = batches};
    struct buf out AUTO(buf_donep) = buf_init(16 << 20);
    EXPECT_EQ(changeset_encode(&c, &case_schema, &out, NULL), ERR_LIMIT);

    b = case_events(a, 65536, 1, &random); // no values at all and one key, so few bytes
    b.keys = ARENA_ARRAY(a, struct row_key, 65536);
    for (int i = 0; i < 1024; i++)
        batches[i] = b;
    c.batch_count = 60;
    buf_reset(&out);
    struct fault why = {0};
    EXPECT_EQ(changeset_encode(&c, &case_schema, &out, &why), ERR_LIMIT);
    EXPECT(strstr(why.words, "of memory"));
}
