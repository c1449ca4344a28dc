// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/reader.h"
#include "store/manifest.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdlib.h>

static struct manifest_dict dicts[FIELDS_MAX] = {{1, 100, 7, 3, 5}, {2, 200, 8, 4, 0}};
static struct manifest_segment segments[] = {{5, 0, 100}, {6, 7, 200}};
static struct manifest_table tables[TABLES] = {
    {2, segments, dicts}, {0, segments, dicts}, {1, segments, dicts}};

static void encode(struct buf *out)
{
    static struct position positions[1];
    positions[0] = fixture_position("fleet", 12345);
    positions[0].commit_time_ms = -5;
    positions[0].stopped[3] = 1;
    struct manifest m = {
        .schema = *fixture_schema(),
        .log_first = 4,
        .next_file = 9,
        .position_count = 1,
        .positions = positions,
        .tables = tables,
        .subject_dicts = dicts,
        .kept = {3, 900, 77},
    };
    EXPECT_EQ(manifest_encode(&m, out, NULL), OK);
}

static enum err decode(struct slice bytes)
{
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct manifest m;
    return manifest_decode(bytes, arena, &m, NULL);
}

TEST(manifest_comes_back_as_it_was)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    encode(&bytes);
    struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
    struct manifest m;
    EXPECT_EQ(manifest_decode(buf_slice(&bytes), arena, &m, NULL), OK);
    EXPECT_EQ(m.log_first, 4);
    EXPECT_EQ(m.next_file, 9);
    EXPECT_EQ(m.positions[0].end_lsn, 12345);
    EXPECT_EQ(m.positions[0].commit_time_ms, -5);
    EXPECT_EQ(m.positions[0].stopped[3], 1);
    EXPECT_EQ(m.schema.table_count, TABLES);
    for (int t = 0; t < TABLES; t++)
        EXPECT(table_same_shape(&m.schema.tables[t], &fixture_schema()->tables[t]));
    EXPECT(!table_same_shape(&m.schema.tables[0], &m.schema.tables[1]));
    EXPECT_EQ(m.schema.tables[EVENTS].fields[0].lookup_table, DEVICES);
    EXPECT_EQ(m.tables[0].segments[1].live_file, 7);
    EXPECT_EQ(m.tables[0].dicts[1].chain, 8);
    EXPECT_EQ(m.subject_dicts[1].count, 4);
    EXPECT(m.subject_dicts[0].generation == 5 && m.subject_dicts[1].generation == 0);
    EXPECT_EQ(m.tables[0].dicts[0].generation, 0); // of subjects only
    EXPECT_EQ(m.kept.file, 3);
    EXPECT_EQ(m.kept.bytes, 900);
    EXPECT_EQ(m.kept.sum, 77);
    struct buf again AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(manifest_encode(&m, &again, NULL), OK);
    EXPECT(slice_equal(buf_slice(&bytes), buf_slice(&again)));
}

TEST(manifest_keeps_its_format)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    encode(&bytes);
    EXPECT(slice_starts(buf_slice(&bytes), slice_text("TAMISMF4\x04\x09\x02\x06"
                                                      "device")));
}

// Takes the generation behind each subject's dictionary out.
static struct buf without_generations(const struct buf *bytes)
{
    struct buf old = buf_init(1 << 20);
    struct reader in = reader_over(slice_from(buf_slice(bytes), 10));
    uint32_t subjects = fixture_schema()->subject_count;
    buf_bytes(&old, bytes->at, 10);
    EXPECT_EQ(reader_varint(&in), subjects);
    buf_varint(&old, subjects);
    for (uint32_t i = 0; i < subjects; i++) {
        buf_blob(&old, reader_blob(&in));
        buf_varint(&old, reader_varint(&in));
        buf_varint(&old, reader_varint(&in));
        buf_u64_le(&old, reader_u64_le(&in));
        buf_varint(&old, reader_varint(&in));
        EXPECT_EQ(reader_varint(&in), dicts[i].generation);
    }
    buf_slice_add(&old, reader_bytes(&in, reader_left(&in)));
    return old;
}

// Formats before are read as what they are: without generations, and one of them keeps nothing.
TEST(manifest_of_the_formats_before_is_read)
{
    enum { KEPT_BYTES = 1 + 2 + 8, SUM_BYTES = 8 };

    for (int keeps = 0; keeps < 2; keeps++) {
        struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
        encode(&bytes);
        struct buf old AUTO(buf_donep) = without_generations(&bytes);
        old.len -= (keeps ? 0 : KEPT_BYTES) + SUM_BYTES;
        memcpy(old.at, keeps ? "TAMISMF3" : "TAMISMF2", 8);
        buf_u64_le(&old, checksum(old.at, old.len));
        struct arena *arena AUTO(arena_freep) = arena_new(64 << 20);
        struct manifest m;
        EXPECT_EQ(manifest_decode(buf_slice(&old), arena, &m, NULL), OK);
        EXPECT_EQ(m.positions[0].end_lsn, 12345);
        EXPECT_EQ(m.kept.file, keeps ? 3 : 0);
        EXPECT(m.subject_dicts[0].count == 3 && m.subject_dicts[0].generation == 0);
    }
}

TEST(manifest_refuses_every_prefix)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    encode(&bytes);
    expect_every_prefix_refused(buf_slice(&bytes), decode);
}

TEST(manifest_refuses_every_changed_byte)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    encode(&bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.at[i] ^= 0x41;
        EXPECT_EQ(decode(buf_slice(&bytes)), ERR_CORRUPT);
        bytes.at[i] ^= 0x41;
    }
    EXPECT_EQ(decode(buf_slice(&bytes)), OK);
}

// A byte changed by somebody who knows the checksum: refused or read, never a crash.
TEST(manifest_survives_changed_bytes_under_a_right_checksum)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    encode(&bytes);
    int refused = 0;
    for (size_t i = 0; i + 8 < bytes.len; i++) {
        uint8_t before = bytes.at[i];
        bytes.at[i] = 0xff;
        uint64_t sum = checksum(bytes.at, bytes.len - 8);
        memcpy(bytes.at + bytes.len - 8, &sum, 8);
        enum err e = decode(buf_slice(&bytes));
        EXPECT(e == OK || e == ERR_CORRUPT);
        refused += e != OK;
        bytes.at[i] = before;
    }
    EXPECT(refused > 50);
}
