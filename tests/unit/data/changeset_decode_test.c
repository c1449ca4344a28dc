// SPDX-License-Identifier: Apache-2.0
#include "data_cases.h"

static struct slice small_changeset(struct arena *a)
{
    uint64_t random = 21;
    struct batch batches[2] = {case_events(a, 5, 3, &random), case_events(a, 1, 0, &random)};
    uint8_t ops[1] = {ROW_MOVE};
    struct row_key old_key = {0, 4};
    batches[1].ops = ops;
    batches[1].old_keys = &old_key;
    struct changeset c = {.position = case_position(), .batch_count = 2, .batches = batches};
    return case_encode(&c, a);
}

TEST(changeset_prefixes_are_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    expect_every_prefix_refused(small_changeset(a), case_decode);
}

TEST(changeset_with_bytes_left_over_is_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    struct slice bytes = small_changeset(a);
    EXPECT_EQ(case_decode(arena_copy(a, bytes)), OK);
    EXPECT_EQ(case_decode(slice_of(arena_copy(a, bytes).at, bytes.len + 1)), ERR_CORRUPT);
}

// A changed byte may make another changeset (there is no checksum here), but never one
// that reads or writes outside: the address sanitizer watches.
TEST(changeset_with_a_changed_byte_is_refused_or_whole)
{
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    struct slice bytes = small_changeset(a);
    uint8_t *changed = ARENA_ARRAY(a, uint8_t, bytes.len);
    int refused = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        static const uint8_t flips[] = {1, 2, 0x80, 0xff};
        for (size_t f = 0; f < sizeof flips; f++) {
            memcpy(changed, bytes.at, bytes.len);
            changed[i] ^= flips[f];
            refused += case_decode(slice_of(changed, bytes.len)) != OK;
        }
    }
    EXPECT(refused > 100);
}

// The golden changeset: one event that has only a kind.  The bytes are the format.
static const uint8_t golden[] = {
    1,                                  // version
    1, 'm',                             // source
    2,                                  // phase streaming
    9, 0,   0, 0,   0,   0, 0,    0,    // generation
    8, 0,   0, 0,   0,   0, 0,    0,    // end_lsn
    7, 0,   0, 0,   0,   0, 0,    0,    // commit_time_ms
    6, 0,   0, 0,   0,   0, 0,    0,    // system_id
    5, 0,   0, 0,                       // timeline
    4, 0,   0, 0,   0,   0, 0,    0,    // policy_fingerprint
    3, 0,   0, 0,   0,   0, 0,    0,    // stopped
    0, 0,   0, 0,   0,   0, 0,    0,    //
    0, 0,   0, 0,   0,   0, 0,    0,    //
    0, 0,   0, 0,   0,   0, 0,    0,    //
    1,                                  // resets
    1,                                  // batches
    0, 1,   0,                          // table, rows, flags
    2, 0,   0, 0,   0,   0,             // key hi: constant 0
    4, 0,   0, 0,   0,   0, 0x34, 0x12, // key lo: constant 0x1234
    2, 1,   2, 'o', 'k',                // kind: values "ok"
    2, 0,   0, 0,   0,   0,             // its codes: constant 0
    0, 0,   0, 0,   0,   0,             // no other field has a value
};

enum {
    GOLDEN_RESETS = 80,
    GOLDEN_BATCHES,
    GOLDEN_TABLE,
    GOLDEN_ROWS,
    GOLDEN_FLAGS,
    GOLDEN_KIND = 99, // flags, count, length, 'o', 'k'
};

TEST(changeset_golden_bytes_decode)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    struct changeset c;
    EXPECT_EQ(changeset_decode(slice_of(golden, sizeof golden), &case_schema, a, &c, NULL), OK);
    EXPECT(strcmp(c.position.source, "m") == 0);
    EXPECT_EQ(c.position.generation, 9);
    EXPECT_EQ(c.position.policy_fingerprint, 4);
    EXPECT_EQ(c.position.stopped[0], 3);
    EXPECT(c.resets);
    const struct batch *b = &c.batches[0];
    EXPECT_EQ(b->ops[0], ROW_PUT);
    EXPECT(row_key_equal(b->keys[0], (struct row_key){0, 0x1234}));
    EXPECT(b->old_keys == NULL);
    EXPECT(slice_is(b->columns[KIND].values[b->columns[KIND].codes[0]], "ok"));
    EXPECT(!bit_get(b->columns[AT].present, 0));
    EXPECT_EQ(b->columns[AT].i64[0], 0);
    EXPECT_EQ(b->columns[DEVICE].codes[0], UINT32_MAX);
    struct slice again = case_encode(&c, a);
    EXPECT(slice_equal(again, slice_of(golden, sizeof golden)));
}

static enum err golden_with(size_t at, uint8_t byte)
{
    uint8_t bytes[sizeof golden];
    memcpy(bytes, golden, sizeof golden);
    bytes[at] = byte;
    return case_decode(slice_of(bytes, sizeof bytes));
}

TEST(changeset_checks_every_field)
{
    EXPECT_EQ(golden_with(0, 2), ERR_CORRUPT);           // version
    EXPECT_EQ(golden_with(2, 0), ERR_CORRUPT);           // NUL in the source's name
    EXPECT_EQ(golden_with(3, PHASE_COUNT), ERR_CORRUPT); // phase
    EXPECT_EQ(golden_with(GOLDEN_RESETS, 2), ERR_CORRUPT);
    EXPECT_EQ(golden_with(GOLDEN_TABLE, 2), ERR_CORRUPT);
    EXPECT_EQ(golden_with(GOLDEN_ROWS, 0), ERR_CORRUPT);
    EXPECT_EQ(golden_with(GOLDEN_FLAGS, 4), ERR_CORRUPT);
    EXPECT_EQ(golden_with(GOLDEN_KIND, 4), ERR_CORRUPT);        // flags
    EXPECT_EQ(golden_with(GOLDEN_KIND + 1, 2), ERR_CORRUPT);    // more values than rows
    EXPECT_EQ(golden_with(GOLDEN_KIND + 1, 0), ERR_CORRUPT);    // code without a value
    EXPECT_EQ(golden_with(GOLDEN_KIND + 3, 0xff), ERR_CORRUPT); // not UTF-8
}

static enum err decode_one(struct batch *b, struct arena *a)
{
    struct changeset c = {.position = case_position(), .batch_count = 1, .batches = b};
    return case_decode(case_encode(&c, a));
}

TEST(changeset_refuses_numbers_outside_their_type)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    uint64_t random = 22;
    struct batch b = case_events(a, 3, 0, &random);
    struct batch_column columns[EVENT_FIELDS];
    memcpy(columns, b.columns, sizeof columns);
    b.columns = columns;
    EXPECT_EQ(decode_one(&b, a), OK);
    int64_t numbers[3] = {0, 1, 2};
    columns[IS_OK].i64 = numbers;
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
    numbers[2] = 0;
    EXPECT_EQ(decode_one(&b, a), OK);
    int64_t places[3] = {INT32_MIN, INT32_MAX, 0};
    columns[PLACE].i64 = places;
    EXPECT_EQ(decode_one(&b, a), OK);
    places[2] = (int64_t)INT32_MAX + 1;
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
}

TEST(changeset_refuses_values_of_rows_that_go)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    uint64_t random = 23;
    struct batch b = case_events(a, 3, 0, &random);
    uint8_t ops[3] = {ROW_PUT, ROW_DELETE, ROW_PUT};
    b.ops = ops;
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
    b = case_events(a, 3, 1, &random);
    b.ops = ops;
    EXPECT_EQ(decode_one(&b, a), OK);
    ops[1] = ROW_TRUNCATE; // of a row that has a key
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
    ops[1] = ROW_MOVE; // without old keys
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
    ops[1] = ROW_OP_COUNT;
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
}

TEST(changeset_refuses_a_value_both_given_and_unchanged)
{
    struct arena *a AUTO(arena_freep) = arena_new(8 << 20);
    uint64_t random = 24;
    struct batch b = case_events(a, 3, 0, &random);
    struct batch_column columns[EVENT_FIELDS];
    memcpy(columns, b.columns, sizeof columns);
    uint64_t unchanged = 2;
    columns[MS].unchanged = &unchanged;
    b.columns = columns;
    EXPECT_EQ(decode_one(&b, a), ERR_CORRUPT);
}

TEST(changeset_that_unfolds_without_end_is_refused)
{
    struct arena *a AUTO(arena_freep) = arena_new(64 << 20);
    uint64_t random = 25;
    struct batch one = case_events(a, 65536, 1, &random);
    struct changeset c = {.position = case_position(), .batch_count = 1, .batches = &one};
    struct row_key *keys = ARENA_ARRAY(a, struct row_key, 65536);
    one.keys = keys;
    struct slice bytes = case_encode(&c, a);
    // The same batch so often that its memory goes over the limit.
    size_t head = GOLDEN_TABLE + 3; // source "main" is three bytes longer than "m"
    struct buf many AUTO(buf_donep) = buf_init(16 << 20);
    buf_bytes(&many, bytes.at, head - 1);
    buf_varint(&many, 1000);
    for (int i = 0; i < 1000; i++)
        buf_slice_add(&many, slice_from(bytes, head));
    EXPECT(many.len < 1 << 20);
    EXPECT_EQ(case_decode(buf_slice(&many)), ERR_LIMIT);
}
