// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "segment_cases.h"

static bool exists(struct disk *d, const char *name)
{
    int fd;
    if (d->real.ops->open_read(&d->real, name, &fd, NULL) != OK)
        return false;
    d->real.ops->close(fd);
    return true;
}

TEST(segment_writer_shows_the_file_only_when_finished)
{
    struct disk d;
    disk_new(&d);
    struct segment_writer *sw;
    EXPECT_EQ(segment_writer_new(&d.real, "seg", &seg_table, &sw, NULL), OK);
    struct seg_block *b = seg_block_new(0, 10);
    EXPECT_EQ(seg_block_write(sw, b, NULL), OK);
    free(b);
    EXPECT(!exists(&d, "seg") && exists(&d, "seg.tmp"));
    uint64_t bytes = 0;
    EXPECT_EQ(segment_writer_finish(sw, &bytes, NULL), OK);
    EXPECT(exists(&d, "seg") && !exists(&d, "seg.tmp"));
    struct buf file AUTO(buf_donep) = disk_read(&d, "seg");
    EXPECT_EQ(file.len, bytes);
    disk_done(&d, ".");
}

TEST(segment_writer_that_gives_up_leaves_nothing)
{
    struct disk d;
    disk_new(&d);
    struct segment_writer *sw;
    EXPECT_EQ(segment_writer_new(&d.real, "seg", &seg_table, &sw, NULL), OK);
    segment_writer_drop(sw);
    segment_writer_drop(NULL);
    EXPECT(!exists(&d, "seg") && !exists(&d, "seg.tmp"));
    disk_done(&d, ".");
}

TEST(segment_writer_starts_anew_over_a_crashed_one)
{
    struct disk d;
    disk_new(&d);
    disk_put(&d, "seg.tmp", slice_text("half a segment that was being written"));
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", 100, &bytes), OK);
    struct segment *s = NULL;
    EXPECT_EQ(segment_open(&d.real, "seg", &seg_table, fixture_units(), &s, NULL), OK);
    EXPECT_EQ(segment_rows(s), 100);
    segment_close(s);
    disk_done(&d, ".");
}

TEST(segment_writer_writes_below_a_directory)
{
    struct disk d;
    disk_new(&d);
    EXPECT_EQ(d.real.ops->make_dir(&d.real, "events", NULL), OK);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "events/seg", 100, &bytes), OK);
    EXPECT(exists(&d, "events/seg"));
    disk_done(&d, "events");
}

// The file is whole or not there, whichever call fails; what fails is told.
TEST(segment_writer_may_fail_anywhere)
{
    enum err e = ERR_IO;
    for (int n = 0; e != OK; n++) {
        struct disk d;
        disk_new(&d);
        uint64_t bytes = 0;
        disk_fail_in = n;
        e = seg_write(&d.faulty, "seg", BLOCK_ROWS + 10, &bytes);
        disk_fail_in = -1;
        EXPECT(e == OK || e == ERR_IO);
        if (exists(&d, "seg")) {
            struct segment *s = NULL;
            EXPECT_EQ(segment_open(&d.real, "seg", &seg_table, fixture_units(), &s, NULL), OK);
            EXPECT_EQ(segment_rows(s), BLOCK_ROWS + 10);
            segment_close(s);
        }
        EXPECT(n < 50);
        disk_done(&d, ".");
    }
}

// The rows of the design: about a dozen bytes each.
TEST(segment_writer_makes_small_files)
{
    struct disk d;
    disk_new(&d);
    uint64_t bytes = 0;
    EXPECT_EQ(seg_write(&d.real, "seg", BLOCK_ROWS, &bytes), OK);
    // Key 8, kind 4 bits, device 17 + 1, ms 12 + 1, at 9 + 1, degrees 10 + 1.
    EXPECT(bytes < BLOCK_ROWS * 8 + BLOCK_ROWS / 8 * 57 + 1500);
    disk_done(&d, ".");
}
