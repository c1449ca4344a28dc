// SPDX-License-Identifier: Apache-2.0
#include "store/live_file.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <unistd.h>

// A live file only asks for the rows and blocks of its segment, so memory will do.
static struct entry rows_entry(uint32_t rows)
{
    struct entry e = entry_of_part(part_of_memory(&fixture_schema()->tables[NOTES], 0));
    entry_grow(&e, rows);
    return e;
}

static struct segment *write_segment(const struct world *w, uint32_t rows)
{
    static struct row_key keys[BLOCK_ROWS];
    static uint32_t codes[BLOCK_ROWS];
    static int64_t sizes[BLOCK_ROWS];
    static uint64_t present[BLOCK_ROWS / 64];
    struct segment_column columns[] = {{.codes = codes}, {.i64 = sizes, .present = present}};
    const struct table *t = &fixture_schema()->tables[NOTES];
    struct segment_writer *sw = NULL;
    EXPECT_EQ(segment_writer_new(w, "segments/0.segment", t, &sw, NULL), OK);
    for (uint32_t left = rows; left > 0;) {
        uint32_t some = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        EXPECT_EQ(segment_writer_block(sw, some, keys, columns, NULL), OK);
        left -= some;
    }
    uint64_t bytes = 0;
    struct segment *s = NULL;
    EXPECT_EQ(segment_writer_finish(sw, &bytes, NULL), OK);
    EXPECT_EQ(segment_open(w, "segments/0.segment", t, fixture_units(), &s, NULL), OK);
    return s;
}

static struct entry segment_entry(const struct world *w, uint32_t rows)
{
    struct rowmap *map = rowmap_new(rows, rows);
    return entry_of_part(part_of_segment(write_segment(w, rows), 1, 0, rows, map));
}

TEST(live_file_gives_back_the_rows_that_live)
{
    struct world w = fixture_world();
    EXPECT_EQ(w.ops->make_dir(&w, "segments", NULL), OK);
    struct entry e = segment_entry(&w, 2 * BLOCK_ROWS + 9);
    struct entry back = segment_entry(&w, 2 * BLOCK_ROWS + 9);
    EXPECT(entry_kill(&e, 5));
    EXPECT(entry_kill(&e, 2 * BLOCK_ROWS + 8));
    EXPECT_EQ(live_file_write(&w, 3, &e, NULL), OK);
    EXPECT_EQ(live_file_read(&w, 3, &back, NULL), OK);
    EXPECT_EQ(back.live_rows, e.live_rows);
    for (uint32_t row = 0; row < e.rows; row++)
        EXPECT_EQ(entry_is_live(&back, row), entry_is_live(&e, row));
    struct entry other = segment_entry(&w, 10);
    EXPECT_EQ(live_file_read(&w, 3, &other, NULL), ERR_CORRUPT);
    EXPECT_EQ(live_file_read(&w, 4, &other, NULL), ERR_CORRUPT);
    entry_unref(&other);
    entry_unref(&e);
    entry_unref(&back);
    fixture_world_drop(&w);
}

TEST(live_file_refuses_changed_and_missing_bytes)
{
    struct world w = fixture_world();
    EXPECT_EQ(w.ops->make_dir(&w, "segments", NULL), OK);
    struct entry e = segment_entry(&w, 100);
    EXPECT(entry_kill(&e, 5));
    EXPECT_EQ(live_file_write(&w, 3, &e, NULL), OK);
    struct entry rows = rows_entry(100);
    char name[SEGMENT_FILE_NAME_BYTES];
    live_file_name(3, name);
    int fd = openat(w.dir, name, O_RDWR | O_CLOEXEC);
    off_t bytes = lseek(fd, 0, SEEK_END);
    for (off_t at = 0; at < bytes; at += 3) {
        uint8_t byte = 0;
        EXPECT_EQ(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        EXPECT_EQ(pwrite(fd, &byte, 1, at), 1);
        EXPECT_EQ(live_file_read(&w, 3, &rows, NULL), ERR_CORRUPT);
        byte ^= 0x10;
        EXPECT_EQ(pwrite(fd, &byte, 1, at), 1);
    }
    EXPECT_EQ(ftruncate(fd, bytes - 1), 0);
    EXPECT_EQ(live_file_read(&w, 3, &rows, NULL), ERR_CORRUPT);
    EXPECT_EQ(ftruncate(fd, 3), 0);
    EXPECT_EQ(live_file_read(&w, 3, &rows, NULL), ERR_CORRUPT);
    close(fd);
    entry_unref(&rows);
    entry_unref(&e);
    fixture_world_drop(&w);
}
