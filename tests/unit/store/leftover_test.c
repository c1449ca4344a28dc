// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

static void make_file(const struct world *w, const char *name)
{
    int fd = -1;
    EXPECT_EQ(w->ops->open_write(w, name, true, &fd, NULL), OK);
    w->ops->close(fd);
}

static bool is_there(const struct world *w, const char *name)
{
    int fd = -1;
    if (w->ops->open_read(w, name, &fd, NULL) != OK)
        return false;
    w->ops->close(fd);
    return true;
}

TEST(leftovers_go_and_named_and_foreign_files_stay)
{
    static const char *const left[] = {
        "segments/00000000000000ff.segment",
        "segments/00000000000000fe.live",
        "segments/00000000000000fd.segment.tmp",
        "dict/00000000000000fc.dict",
        "manifest.tmp",
    };
    static const char *const foreign[] = {"segments/readme", "dict/00000000000000fc.note"};
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 20, 1);
    EXPECT_EQ(seal_freeze(f.st, NULL), OK);
    EXPECT_EQ(seal_run(f.st, NULL), OK);
    for (int i = 0; i < 5; i++)
        make_file(&f.w, left[i]);
    for (int i = 0; i < 2; i++)
        make_file(&f.w, foreign[i]);
    fixture_reopen(&f);
    for (int i = 0; i < 5; i++)
        EXPECT(!is_there(&f.w, left[i]));
    for (int i = 0; i < 2; i++)
        EXPECT(is_there(&f.w, foreign[i]));
    fixture_check(&f);
    fixture_close(&f);
}
