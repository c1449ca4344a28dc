// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"
#include "test.h"

enum { SCRATCH_BYTES = 1 << 20 };

TEST(table_sets_numbers_right_and_words_left)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    struct table_print t = table_print_of(scratch, 3);
    const char *const cells[] = {"model", "count", "bar",   "cam-v1", "7",
                                 "█",     "plug",  "1,204", "██"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        table_cell(&t, "%s", cells[i]);
    table_render(&t, &out);
    EXPECT(slice_is(buf_slice(&out), "model   count  bar\n"
                                     "cam-v1      7  █\n"
                                     "plug    1,204  ██\n"));
}

TEST(table_knows_amounts_from_versions_and_days)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    struct table_print t = table_print_of(scratch, 4);
    const char *const cells[] = {"size",   "share", "version",  "day",
                                 "6.2 MB", "-3.1%", "1.0.0.12", "2019-12-04",
                                 "512 B",  "-",     "10.0.0.1", "2019-12-05"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        table_cell(&t, "%s", cells[i]);
    table_render(&t, &out);
    EXPECT(slice_is(buf_slice(&out), "  size  share  version   day\n"
                                     "6.2 MB  -3.1%  1.0.0.12  2019-12-04\n"
                                     " 512 B      -  10.0.0.1  2019-12-05\n"));
}

TEST(table_draws_no_control_character)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    struct table_print t = table_print_of(scratch, 1);
    table_cell(&t, "%s",
               "a\x1b[2Jb\r\nc\x7f\xc2\x9b"
               "d é");
    table_render(&t, &out);
    EXPECT(slice_is(buf_slice(&out), "a?[2Jb??c???d é\n"));
}

TEST(table_grows_past_its_first_room)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    struct buf out AUTO(buf_donep) = buf_init(SCRATCH_BYTES);
    struct table_print t = table_print_of(scratch, 1);
    for (int i = 0; i < 1000; i++)
        table_cell(&t, "%03d", i);
    table_render(&t, &out);
    EXPECT_EQ(out.len, 4000);
    EXPECT(slice_equal(slice_of(out.at + 3996, 3), slice_text("999")));
}

TEST(bar_is_as_long_as_its_share)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    EXPECT(slice_is(bar_of(scratch, 1, 2, 4), "██"));
    EXPECT(slice_is(bar_of(scratch, 9, 2, 2), "██"));
    EXPECT(slice_is(bar_of(scratch, 1, 16, 2), "▏"));
    EXPECT_EQ(bar_of(scratch, 0, 2, 4).len, 0);
    EXPECT_EQ(bar_of(scratch, 1, 0, 4).len, 0);
}

TEST(line_has_a_level_for_each_value)
{
    struct arena *scratch AUTO(arena_freep) = arena_new(SCRATCH_BYTES);
    const double values[] = {0, 7, 14};
    EXPECT(slice_is(line_of(scratch, values, 3), "▁▅█"));
}
