// SPDX-License-Identifier: Apache-2.0
#include "store/kept.h"
#include "unit/store/disk_cases.h"

TEST(kept_file_is_read_only_as_it_was_written)
{
    struct disk d;
    disk_new(&d);
    EXPECT_EQ(d.real.ops->make_dir(&d.real, "segments", NULL), OK);
    struct manifest_kept kept = {.file = 5};
    EXPECT_EQ(kept_file_write(&d.real, slice_text("what was kept"), &kept, NULL), OK);
    EXPECT_EQ(kept.bytes, 13);
    struct buf out AUTO(buf_donep) = buf_init(1 << 10);
    EXPECT_EQ(kept_file_read(&d.real, &kept, &out, NULL), OK);
    EXPECT(slice_is(buf_slice(&out), "what was kept"));
    struct manifest_kept wrong[] = {kept, kept, kept};
    wrong[0].file = 6;
    wrong[1].bytes++;
    wrong[2].sum ^= 1;
    for (int i = 0; i < 3; i++) {
        buf_reset(&out);
        EXPECT_EQ(kept_file_read(&d.real, &wrong[i], &out, NULL), ERR_CORRUPT);
    }
    disk_done(&d, "segments");
}

TEST(kept_file_tells_every_fault_of_the_disk)
{
    struct disk d;
    disk_new(&d);
    EXPECT_EQ(d.real.ops->make_dir(&d.real, "segments", NULL), OK);
    enum err e = ERR_IO;
    for (int at = 0; e; at++) {
        struct manifest_kept kept = {.file = 5};
        disk_fail_in = at;
        e = kept_file_write(&d.faulty, slice_text("what was kept"), &kept, NULL);
        EXPECT(e == OK || e == ERR_IO);
        EXPECT_EQ(kept.bytes != 0, e == OK);
    }
    EXPECT(disk_calls > 3);
    disk_done(&d, "segments");
}
