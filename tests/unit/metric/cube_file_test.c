// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_private.h"
#include "test.h"

static uint64_t numbers[] = {7, UINT64_MAX};
static uint32_t accounted[] = {0, CODE_UNSEEN, CODE_NONE, 300};
static uint32_t dirty[] = {3};
static struct dim_copy dims[] = {
    {.number_count = 2, .numbers = numbers},
    {.key_count = 4, .accounted = accounted, .all_dirty = true, .dirty_count = 1, .dirty = dirty}};
static uint32_t codes[] = {0, CODE_NONE, 1, 2};
static int64_t starts[] = {-5, 1000000};
static uint32_t cells_in[] = {2, 1};
static uint32_t combos[] = {1, 0, 1};
static struct cell_count counts[] = {{5, 2}, {1000000, -1}, {-3, 0}};
static struct cube_copy cubes[] = {{.identity = 99,
                                    .untimed = -2,
                                    .time_min = -4,
                                    .time_max = 77,
                                    .dim_count = 2,
                                    .dims = dims,
                                    .combo_count = 2,
                                    .codes = codes,
                                    .bucket_count = 2,
                                    .starts = starts,
                                    .bucket_cells = cells_in,
                                    .cell_count = 3,
                                    .combos = combos,
                                    .counts = counts},
                                   {.identity = 100}};
static const struct cubes_copy all = {.count = 2, .cubes = cubes};

static enum err decode(struct slice bytes)
{
    struct cubes_copy *copy = NULL;
    enum err e = cubes_file_decode(bytes, &copy, NULL);
    cubes_copy_free(copy);
    return e;
}

TEST(cubes_file_comes_back_as_it_was)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    struct buf again AUTO(buf_donep) = buf_init(1 << 20);
    struct cubes_copy *copy = NULL;
    cubes_file_encode(&all, &bytes);
    EXPECT_EQ(cubes_file_decode(buf_slice(&bytes), &copy, NULL), OK);
    EXPECT_EQ(copy->count, 2);
    const struct cube_copy *c = &copy->cubes[0];
    EXPECT_EQ(c->identity, 99);
    EXPECT_EQ(c->untimed, -2);
    EXPECT_EQ(c->time_min, -4);
    EXPECT_EQ(c->dims[0].numbers[1], UINT64_MAX);
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(c->dims[1].accounted[i], accounted[i]);
    EXPECT(c->dims[1].all_dirty);
    EXPECT_EQ(c->codes[1], CODE_NONE);
    EXPECT_EQ(c->starts[1], 1000000);
    EXPECT_EQ(c->counts[1].matched, -1);
    EXPECT_EQ(copy->cubes[1].identity, 100);
    cubes_file_encode(copy, &again);
    EXPECT(slice_equal(buf_slice(&bytes), buf_slice(&again)));
    cubes_copy_free(copy);
}

TEST(cubes_file_keeps_its_format)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    cubes_file_encode(&all, &bytes);
    EXPECT(slice_starts(buf_slice(&bytes), slice_of("TAMISCB1\x02\x63\0\0\0\0\0\0\0\x03", 18)));
}

TEST(cubes_file_refuses_every_prefix)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    cubes_file_encode(&all, &bytes);
    expect_every_prefix_refused(buf_slice(&bytes), decode);
}

// The checksum is the manifest's: a changed byte is refused or read, never a crash.
TEST(cubes_file_survives_every_changed_byte)
{
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    cubes_file_encode(&all, &bytes);
    int refused = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        for (int change = 0; change < 3; change++) {
            uint8_t before = bytes.at[i];
            bytes.at[i] = change == 0 ? 0xff : change == 1 ? 0 : (uint8_t)(before ^ 0x41);
            enum err e = decode(buf_slice(&bytes));
            EXPECT(e == OK || e == ERR_CORRUPT);
            refused += e != OK;
            bytes.at[i] = before;
        }
    }
    EXPECT(refused > 30);
}
