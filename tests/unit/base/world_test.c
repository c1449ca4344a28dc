// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/buf.h"
#include "base/world.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
    char path[64];
    struct world w;
};

static struct place place_open(void)
{
    struct place p = {.path = "/tmp/tamis_world_XXXXXX"};
    struct fault why = {0};
    if (!mkdtemp(p.path) || world_open(p.path, &p.w, &why))
        test_fail(__FILE__, __LINE__, "no directory to test in: %s", why.words);
    return p;
}

static void place_close(struct place *p)
{
    static const char *const names[] = {"a", "a.tmp", "b", "d/x", "d/x.tmp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlinkat(p->w.dir, names[i], 0);
    unlinkat(p->w.dir, "d", AT_REMOVEDIR);
    world_close(&p->w);
    rmdir(p->path);
}

static bool holds(const struct world *w, const char *name, const char *want)
{
    struct buf got AUTO(buf_donep) = buf_init(1000);
    return world_read_file(w, name, &got, NULL) == OK && slice_is(buf_slice(&got), want);
}

TEST(world_writes_a_file_whole_and_reads_it_back)
{
    struct place p AUTO(place_close) = place_open();
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("one"), NULL), OK);
    EXPECT(holds(&p.w, "a", "one"));
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("two"), NULL), OK);
    EXPECT(holds(&p.w, "a", "two"));
    EXPECT_EQ(world_write_file(&p.w, "a", slice_of("", 0), NULL), OK);
    EXPECT(holds(&p.w, "a", ""));
    EXPECT(faccessat(p.w.dir, "a.tmp", F_OK, 0) != 0);
}

TEST(world_writes_below_a_directory)
{
    struct place p AUTO(place_close) = place_open();
    EXPECT_EQ(p.w.ops->make_dir(&p.w, "d", NULL), OK);
    EXPECT_EQ(p.w.ops->make_dir(&p.w, "d", NULL), OK);
    EXPECT_EQ(world_write_file(&p.w, "d/x", slice_text("deep"), NULL), OK);
    EXPECT(holds(&p.w, "d/x", "deep"));
}

TEST(world_says_what_is_missing_and_what_is_too_large)
{
    struct place p AUTO(place_close) = place_open();
    struct buf out AUTO(buf_donep) = buf_init(4);
    struct fault why = {0};
    EXPECT_EQ(world_read_file(&p.w, "a", &out, &why), ERR_NOT_FOUND);
    EXPECT(strcmp(why.words, "open a: No such file or directory") == 0);
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("12345"), NULL), OK);
    EXPECT_EQ(world_read_file(&p.w, "a", &out, &why), ERR_LIMIT);
    EXPECT(strcmp(why.words, "a is larger than 4 bytes") == 0);
    struct world none;
    EXPECT_EQ(world_open("/nowhere/at/all", &none, &why), ERR_NOT_FOUND);
}

static enum err read_nothing(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    (void)fd, (void)at, (void)len, (void)offset;
    return fail(why, ERR_IO, "the disk is gone");
}

TEST(world_adds_nothing_when_it_cannot_read)
{
    struct place p AUTO(place_close) = place_open();
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("12345"), NULL), OK);
    struct world_ops ops = *p.w.ops;
    ops.read_at = read_nothing;
    struct world broken = {.ops = &ops, .dir = p.w.dir};
    struct buf out AUTO(buf_donep) = buf_init(100);
    buf_text(&out, "before");
    struct fault why = {0};
    EXPECT_EQ(world_read_file(&broken, "a", &out, &why), ERR_IO);
    EXPECT(strcmp(why.words, "a: the disk is gone") == 0);
    EXPECT(slice_is(buf_slice(&out), "before"));
    EXPECT_EQ(world_read_file(&p.w, "a", &out, NULL), OK);
    EXPECT(slice_is(buf_slice(&out), "before12345"));
}

TEST(world_files_are_private_close_on_exec_and_appended_to)
{
    struct place p AUTO(place_close) = place_open();
    const struct world_ops *ops = p.w.ops;
    int fd = -1;
    EXPECT_EQ(ops->open_write(&p.w, "a", true, &fd, NULL), OK);
    EXPECT_EQ(ops->write(fd, slice_text("ab"), NULL), OK);
    EXPECT_EQ(ops->write(fd, slice_text("cd"), NULL), OK);
    EXPECT_EQ(ops->sync(fd, NULL), OK);
    EXPECT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    uint64_t size = 0;
    EXPECT_EQ(ops->size(fd, &size, NULL), OK);
    EXPECT_EQ(size, 4);
    EXPECT_EQ(ops->truncate(fd, 3, NULL), OK);
    ops->close(fd);
    EXPECT(holds(&p.w, "a", "abc"));
    EXPECT_EQ(ops->open_write(&p.w, "a", true, &fd, NULL), ERR_IO);
}

TEST(world_reads_at_a_place_all_or_nothing)
{
    struct place p AUTO(place_close) = place_open();
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("abcdef"), NULL), OK);
    int fd = -1;
    char got[4] = {0};
    struct fault why = {0};
    EXPECT_EQ(p.w.ops->open_read(&p.w, "a", &fd, NULL), OK);
    EXPECT_EQ(p.w.ops->read_at(fd, got, 3, 2, NULL), OK);
    EXPECT(strcmp(got, "cde") == 0);
    EXPECT_EQ(p.w.ops->read_at(fd, got, 3, 4, &why), ERR_CORRUPT);
    EXPECT(strcmp(why.words, "file ends 1 bytes too soon") == 0);
    p.w.ops->close(fd);
}

static void count_entry(void *context, const char *entry)
{
    int *count = context;
    *count += strcmp(entry, "a") == 0 || strcmp(entry, "b") == 0 ? 1 : 100;
}

TEST(world_lists_renames_and_removes)
{
    struct place p AUTO(place_close) = place_open();
    int count = 0;
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("1"), NULL), OK);
    EXPECT_EQ(world_write_file(&p.w, "b", slice_text("2"), NULL), OK);
    EXPECT_EQ(p.w.ops->list(&p.w, ".", count_entry, &count, NULL), OK);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(p.w.ops->rename(&p.w, "a", "b", NULL), OK);
    EXPECT(holds(&p.w, "b", "1"));
    EXPECT_EQ(p.w.ops->remove(&p.w, "b", NULL), OK);
    EXPECT_EQ(p.w.ops->remove(&p.w, "b", NULL), ERR_NOT_FOUND);
    EXPECT_EQ(p.w.ops->list(&p.w, "d", count_entry, &count, NULL), ERR_NOT_FOUND);
}

TEST(monotonic_time_never_goes_back)
{
    int64_t before = monotonic_us();
    for (int i = 0; i < 1000; i++) {
        int64_t after = monotonic_us();
        EXPECT(after >= before);
        before = after;
    }
    EXPECT(now_ms() > 1577836800000);
}

// A world whose n-th call that touches the system fails.
static int calls_left;

static bool fails_now(void)
{
    return calls_left-- == 0;
}

static enum err broken_open_write(const struct world *w, const char *name, bool exclusive,
                                  int *out_fd, struct fault *why)
{
    return fails_now() ? fail(why, ERR_IO, "broken")
                       : world_real_ops.open_write(w, name, exclusive, out_fd, why);
}

static enum err broken_truncate(int fd, uint64_t bytes, struct fault *why)
{
    return fails_now() ? fail(why, ERR_IO, "broken") : world_real_ops.truncate(fd, bytes, why);
}

static enum err broken_write(int fd, struct slice bytes, struct fault *why)
{
    return fails_now() ? fail(why, ERR_IO, "broken") : world_real_ops.write(fd, bytes, why);
}

static enum err broken_sync(int fd, struct fault *why)
{
    return fails_now() ? fail(why, ERR_IO, "broken") : world_real_ops.sync(fd, why);
}

static enum err broken_rename(const struct world *w, const char *from, const char *to,
                              struct fault *why)
{
    return fails_now() ? fail(why, ERR_IO, "broken") : world_real_ops.rename(w, from, to, why);
}

static enum err broken_sync_dir(const struct world *w, const char *name, struct fault *why)
{
    return fails_now() ? fail(why, ERR_IO, "broken") : world_real_ops.sync_dir(w, name, why);
}

TEST(a_write_that_fails_anywhere_leaves_the_old_file_or_the_new)
{
    struct place p AUTO(place_close) = place_open();
    EXPECT_EQ(world_write_file(&p.w, "a", slice_text("old"), NULL), OK);
    struct world_ops ops = world_real_ops;
    ops.open_write = broken_open_write;
    ops.truncate = broken_truncate;
    ops.write = broken_write;
    ops.sync = broken_sync;
    ops.rename = broken_rename;
    ops.sync_dir = broken_sync_dir;
    struct world broken = {.ops = &ops, .dir = p.w.dir};
    enum err e = ERR_IO;
    int failures = 0;
    for (; e != OK; failures++) {
        calls_left = failures;
        e = world_write_file(&broken, "a", slice_text("new"), NULL);
        EXPECT(holds(&p.w, "a", failures < 5 ? "old" : "new"));
    }
    EXPECT_EQ(failures, 7); // six calls, and the time that none failed
}
