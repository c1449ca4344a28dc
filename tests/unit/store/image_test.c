// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

static bool is_there(const struct world *w, const char *name)
{
    int fd = -1;
    if (w->ops->open_read(w, name, &fd, NULL) != OK)
        return false;
    w->ops->close(fd);
    return true;
}

TEST(image_is_written_as_the_manifest_says_it)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 9, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    struct buf bytes AUTO(buf_donep) = buf_init(1 << 20);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct manifest m;
    EXPECT_EQ(world_read_file(&f.w, "manifest", &bytes, NULL), OK);
    EXPECT_EQ(manifest_decode(buf_slice(&bytes), arena, &m, NULL), OK);
    const struct image *im = f.st->image;
    EXPECT_EQ(m.log_first, im->log_first);
    EXPECT_EQ(m.tables[NOTES].segment_count, 1);
    EXPECT_EQ(m.tables[NOTES].segments[0].file, im->tables[NOTES].segments[0].entry.part->file);
    EXPECT_EQ(m.tables[NOTES].dicts[0].count, 1);
    EXPECT_EQ(m.position_count, 1);
    EXPECT(m.next_file > m.tables[NOTES].segments[0].file);
    fixture_close(&f);
}

TEST(image_that_takes_over_removes_files_it_does_not_name)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 9, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    char name[SEGMENT_FILE_NAME_BYTES];
    segment_file_name(f.st->image->tables[NOTES].segments[0].entry.part->file, name);
    EXPECT(is_there(&f.w, name));
    struct image *next = image_new(fixture_schema());
    next->log_first = f.st->image->log_first;
    image_replace(f.st, next);
    EXPECT(!is_there(&f.w, name));
    EXPECT_EQ(f.st->disk_bytes[NOTES], 0);
    fixture_check(&f); // readers have it in memory
    fixture_close(&f);
}
