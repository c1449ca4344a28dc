// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/limits.h"
#include "disk_cases.h"
#include "store/wal.h"

#define FIRST  "log/0000000000000001.log"
#define SECOND "log/0000000000000002.log"
#define THIRD  "log/0000000000000003.log"

// Replayed payloads, each with a "|" behind it.
static enum err keep(void *context, struct slice payload, struct fault *why)
{
    (void)why;
    struct buf *seen = context;
    buf_slice_add(seen, payload);
    buf_text(seen, "|");
    return OK;
}

static enum err open_seen(struct disk *d, uint64_t first, struct wal **out, struct buf *seen)
{
    buf_reset(seen);
    struct fault why = {0};
    return wal_open(&d->faulty, "log", first, keep, seen, out, &why);
}

static void put(struct wal *l, const char *payload)
{
    EXPECT_EQ(wal_append(l, slice_text(payload), NULL), OK);
}

static void expect_seen(struct disk *d, uint64_t first, const char *want)
{
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l = NULL;
    EXPECT_EQ(open_seen(d, first, &l, &seen), OK);
    wal_close(l);
    EXPECT(slice_is(buf_slice(&seen), want));
}

// Two synced records in one file.
static void make_log(struct disk *d)
{
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(d, 1, &l, &seen), OK);
    put(l, "one");
    put(l, "two");
    EXPECT_EQ(wal_sync(l, NULL), OK);
    wal_close(l);
}

TEST(wal_replays_what_was_synced_in_order)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    expect_seen(&d, 1, "one|two|");
    expect_seen(&d, 1, "one|two|");
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
    EXPECT_EQ(wal_bytes(l), 32 + 2 * 19);
    put(l, "");
    put(l, "three");
    put(l, "lost");
    wal_close(l);
    expect_seen(&d, 1, "one|two|");
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
    put(l, "");
    put(l, "three");
    EXPECT_EQ(wal_sync(l, NULL), OK);
    EXPECT_EQ(wal_sync(l, NULL), OK);
    wal_close(l);
    expect_seen(&d, 1, "one|two||three|");
    disk_done(&d, "log");
}

TEST(wal_syncs_with_one_write_and_one_sync)
{
    struct disk d;
    disk_new(&d);
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
    for (int i = 0; i < 1000; i++)
        put(l, "many");
    disk_calls = 0;
    EXPECT_EQ(wal_sync(l, NULL), OK);
    EXPECT_EQ(disk_calls, 2);
    EXPECT_EQ(wal_sync(l, NULL), OK);
    EXPECT_EQ(disk_calls, 2);
    wal_close(l);
    disk_done(&d, "log");
}

// The bytes are the format.
TEST(wal_file_has_its_golden_bytes)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    struct buf file AUTO(buf_donep) = disk_read(&d, FIRST);
    static const uint8_t golden[] = {
        't', 'a', 'm', 'i', 's', 'l', 'o', 'g', 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
    };
    EXPECT_EQ(file.len, 32 + 2 * 19);
    EXPECT(memcmp(file.at, golden, sizeof golden) == 0);
    static const uint8_t record[] = {3, 0, 0, 0, 0, 0, 0, 0};
    EXPECT(memcmp(file.at + 32, record, sizeof record) == 0);
    EXPECT(memcmp(file.at + 48, "one", 3) == 0);
    EXPECT(memcmp(file.at + 67, "two", 3) == 0);
    disk_done(&d, "log");
}

TEST(wal_cuts_a_torn_tail_off_the_last_file)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    struct buf file AUTO(buf_donep) = disk_read(&d, FIRST);
    for (size_t len = 0; len < file.len; len++) {
        disk_put(&d, FIRST, slice_of(file.at, len));
        expect_seen(&d, 1, len < 51 ? "" : "one|");
        // It goes on behind what was good, and the rest is gone.
        struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
        struct wal *l;
        EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
        put(l, "new");
        EXPECT_EQ(wal_sync(l, NULL), OK);
        wal_close(l);
        expect_seen(&d, 1, len < 51 ? "new|" : "one|new|");
    }
    disk_done(&d, "log");
}

TEST(wal_never_takes_a_changed_record)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    struct buf file AUTO(buf_donep) = disk_read(&d, FIRST);
    for (size_t i = 0; i < file.len; i++) {
        file.at[i] ^= 1 + (uint8_t)(i % 255);
        disk_put(&d, FIRST, buf_slice(&file));
        file.at[i] ^= 1 + (uint8_t)(i % 255);
        struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
        struct wal *l = NULL;
        enum err e = open_seen(&d, 1, &l, &seen);
        EXPECT_EQ(e, i < 32 ? ERR_CORRUPT : OK);
        EXPECT(slice_is(buf_slice(&seen), i < 51 ? "" : "one|"));
        wal_close(l);
    }
    disk_done(&d, "log");
}

TEST(wal_does_not_take_an_old_record_for_a_new_one)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    struct buf file AUTO(buf_donep) = disk_read(&d, FIRST);
    // The second record once more, behind itself.
    struct buf longer AUTO(buf_donep) = buf_init(1 << 20);
    buf_slice_add(&longer, buf_slice(&file));
    buf_bytes(&longer, file.at + 51, 19);
    disk_put(&d, FIRST, buf_slice(&longer));
    expect_seen(&d, 1, "one|two|");
    disk_done(&d, "log");
}

// Files 1 and 2 of two records each, then an empty 3.
static void make_three(struct disk *d)
{
    make_log(d);
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(d, 1, &l, &seen), OK);
    uint64_t first = 0;
    EXPECT_EQ(wal_roll(l, &first, NULL), OK);
    EXPECT_EQ(first, 2);
    put(l, "three");
    put(l, "four");
    EXPECT_EQ(wal_roll(l, &first, NULL), OK); // syncs them, too
    EXPECT_EQ(first, 3);
    wal_close(l);
}

TEST(wal_rolls_over_files_and_drops_old_ones)
{
    struct disk d;
    disk_new(&d);
    make_three(&d);
    expect_seen(&d, 1, "one|two|three|four|");
    expect_seen(&d, 2, "three|four|");
    expect_seen(&d, 3, "");
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(&d, 2, &l, &seen), OK);
    EXPECT_EQ(wal_bytes(l), 32 * 3 + 2 * 19 + 21 + 20);
    EXPECT_EQ(wal_drop_before(l, 2, NULL), OK);
    EXPECT_EQ(wal_bytes(l), 32 * 2 + 21 + 20);
    EXPECT_EQ(wal_drop_before(l, 2, NULL), OK);
    put(l, "five");
    EXPECT_EQ(wal_sync(l, NULL), OK);
    EXPECT_EQ(wal_drop_before(l, 99, NULL), OK); // never the last
    wal_close(l);
    expect_seen(&d, 3, "five|");
    disk_done(&d, "log");
}

TEST(wal_damage_before_the_last_file_is_corrupt)
{
    struct disk d;
    disk_new(&d);
    make_three(&d);
    struct buf file AUTO(buf_donep) = disk_read(&d, SECOND);
    for (size_t len = 0; len < file.len; len++) {
        // A file cut between records checks as far as it goes; the log cannot tell.
        disk_put(&d, SECOND, slice_of(file.at, len));
        struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
        struct wal *l = NULL;
        bool between = len == 32 || len == 32 + 21;
        EXPECT_EQ(open_seen(&d, 1, &l, &seen), between ? OK : ERR_CORRUPT);
        wal_close(l);
    }
    disk_done(&d, "log");
}

TEST(wal_misses_a_file)
{
    struct disk d;
    disk_new(&d);
    make_three(&d);
    EXPECT_EQ(d.real.ops->remove(&d.real, SECOND, NULL), OK);
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l = NULL;
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), ERR_CORRUPT);
    EXPECT_EQ(open_seen(&d, 2, &l, &seen), ERR_CORRUPT);
    EXPECT_EQ(open_seen(&d, 4, &l, &seen), ERR_CORRUPT);
    EXPECT_EQ(open_seen(&d, 3, &l, &seen), OK);
    wal_close(l);
    disk_done(&d, "log");
}

TEST(wal_ignores_names_that_are_not_its_own)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    disk_put(&d, "log/readme", slice_text("x"));
    disk_put(&d, "log/000000000000000F.log", slice_text("x"));
    disk_put(&d, "log/0000000000000002.log.tmp", slice_text("x"));
    expect_seen(&d, 1, "one|two|");
    disk_done(&d, "log");
}

static enum err refuse(void *context, struct slice payload, struct fault *why)
{
    (void)context;
    (void)payload;
    return fail(why, ERR_LIMIT, "enough");
}

TEST(wal_open_stops_when_the_replay_does)
{
    struct disk d;
    disk_new(&d);
    make_log(&d);
    struct wal *l = NULL;
    struct fault why = {0};
    EXPECT_EQ(wal_open(&d.real, "log", 1, refuse, NULL, &l, &why), ERR_LIMIT);
    EXPECT(strstr(why.words, "enough"));
    disk_done(&d, "log");
}

TEST(wal_refuses_a_record_that_is_too_large)
{
    struct disk d;
    disk_new(&d);
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
    size_t len = 2 * (size_t)LIMIT_CHANGESET_BYTES;
    uint8_t *large = calloc(1, len + 1);
    EXPECT_EQ(wal_append(l, slice_of(large, len + 1), NULL), ERR_LIMIT);
    for (int i = 0; i < 7; i++)
        EXPECT_EQ(wal_append(l, slice_of(large, len), NULL), OK);
    EXPECT_EQ(wal_append(l, slice_of(large, len), NULL), ERR_LIMIT);
    put(l, "small");
    free(large);
    wal_close(l);
    disk_done(&d, "log");
}

TEST(wal_replays_records_larger_than_its_window)
{
    struct disk d;
    disk_new(&d);
    struct buf seen AUTO(buf_donep) = buf_init(64 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
    uint8_t *large = malloc(3 << 20);
    for (size_t len = 1; len <= 3 << 20; len = len * 5 + 1) {
        memset(large, (int)len, len);
        EXPECT_EQ(wal_append(l, slice_of(large, len), NULL), OK);
    }
    EXPECT_EQ(wal_sync(l, NULL), OK);
    wal_close(l);
    EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
    size_t at = 0;
    for (size_t len = 1; len <= 3 << 20; len = len * 5 + 1) {
        memset(large, (int)len, len);
        EXPECT(memcmp(seen.at + at, large, len) == 0);
        at += len + 1;
    }
    EXPECT_EQ(at, seen.len);
    free(large);
    wal_close(l);
    disk_done(&d, "log");
}

// Append, sync, roll, sync, drop; any failure stops it.  Says how many records were
// acknowledged.
static int work(struct disk *d, bool *out_failed)
{
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l = NULL;
    int acknowledged = 0;
    uint64_t first = 0;
    enum err e = open_seen(d, 1, &l, &seen);
    for (int i = 0; i < 4 && e == OK; i++) {
        char text[16];
        snprintf(text, sizeof text, "r%d", i);
        e = wal_append(l, slice_text(text), NULL);
        if (e == OK)
            e = wal_sync(l, NULL);
        acknowledged += e == OK;
        if (e == OK && i == 1)
            e = wal_roll(l, &first, NULL);
    }
    *out_failed = e != OK;
    // After a failure nothing more is taken.
    if (l && *out_failed) {
        EXPECT_EQ(wal_append(l, slice_text("late"), NULL), ERR_IO);
        EXPECT_EQ(wal_sync(l, NULL), ERR_IO);
        EXPECT_EQ(wal_roll(l, &first, NULL), ERR_IO);
        EXPECT_EQ(wal_drop_before(l, 2, NULL), ERR_IO);
    }
    wal_close(l);
    return acknowledged;
}

// Whatever fails, what was acknowledged is there on reopening, in order, and at most the
// record at work besides.
TEST(wal_keeps_what_it_acknowledged_when_the_disk_fails)
{
    bool failed = true;
    for (int n = 0; failed; n++) {
        struct disk d;
        disk_new(&d);
        disk_fail_in = n;
        int acknowledged = work(&d, &failed);
        disk_fail_in = -1;
        struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
        struct wal *l = NULL;
        EXPECT_EQ(open_seen(&d, 1, &l, &seen), OK);
        wal_close(l);
        static const char all[] = "r0|r1|r2|r3|";
        EXPECT(seen.len == (size_t)acknowledged * 3 || seen.len == (size_t)acknowledged * 3 + 3);
        EXPECT(memcmp(all, seen.at ? seen.at : (const uint8_t *)"", seen.len) == 0);
        EXPECT(n < 100);
        disk_done(&d, "log");
    }
}

TEST(wal_open_may_fail_anywhere_and_loses_nothing)
{
    bool failed = true;
    for (int n = 0; failed; n++) {
        struct disk d;
        disk_new(&d);
        make_three(&d);
        struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
        struct wal *l = NULL;
        disk_fail_in = n;
        failed = open_seen(&d, 1, &l, &seen) != OK;
        disk_fail_in = -1;
        wal_close(l);
        expect_seen(&d, 1, "one|two|three|four|");
        EXPECT(n < 100);
        disk_done(&d, "log");
    }
}

TEST(wal_drop_may_fail_and_go_on)
{
    struct disk d;
    disk_new(&d);
    make_three(&d);
    struct buf seen AUTO(buf_donep) = buf_init(1 << 20);
    struct wal *l;
    EXPECT_EQ(open_seen(&d, 3, &l, &seen), OK);
    disk_fail_in = 1;
    EXPECT_EQ(wal_drop_before(l, 3, NULL), ERR_IO);
    put(l, "five");
    EXPECT_EQ(wal_sync(l, NULL), OK);
    EXPECT_EQ(wal_drop_before(l, 3, NULL), OK);
    EXPECT_EQ(wal_bytes(l), 32 + 20);
    wal_close(l);
    expect_seen(&d, 3, "five|");
    disk_done(&d, "log");
}
