// SPDX-License-Identifier: Apache-2.0
#include "audit/reading.h"
#include "audit/segment_file.h"
#include "unit/audit/shelf.h"

static int64_t clock_ms;

static int64_t tell_time(void)
{
    return clock_ms;
}

// A log of 40 entries, a second apart, in small segments.
struct lamp {
    struct shelf shelf;
    struct world world;
    struct world_ops ops;
    struct journal *journal;
};

enum { ENTRIES = 40 };

static void lamp_open(struct lamp *l)
{
    shelf_open(&l->shelf);
    l->ops = *l->shelf.world.ops;
    l->ops.now_ms = tell_time;
    l->world = l->shelf.world;
    l->world.ops = &l->ops;
    const struct journal_options o = {.segment_bytes = 700};
    EXPECT_EQ(journal_open(&l->world, &o, &l->journal, NULL), OK);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        clock_ms = 1000 * (int64_t)i;
        uint64_t number = 0;
        EXPECT_EQ(shelf_append(l->journal, i, &number), OK);
    }
}

static void lamp_close(struct lamp *l)
{
    journal_close(l->journal);
    shelf_close(&l->shelf);
}

struct met {
    uint64_t first, count, stop_at;
};

static enum err meet(void *context, const struct audit_entry *e, struct fault *why)
{
    struct met *m = context;
    if (e->number == m->stop_at)
        return fail(why, ERR_TIMEOUT, "enough");
    EXPECT_EQ(e->rows, e->number); // what shelf_body() put there
    EXPECT_EQ(e->time_ms, 1000 * (int64_t)e->number);
    if (m->count++ == 0)
        m->first = e->number;
    return OK;
}

static struct met read_all(const struct lamp *l, struct reading r)
{
    struct met m = {.stop_at = UINT64_MAX};
    r.w = &l->world;
    EXPECT_EQ(reading_each(&r, meet, &m, NULL), OK);
    return m;
}

TEST(reading_gives_the_entries_of_a_range_of_numbers)
{
    struct lamp l;
    lamp_open(&l);
    struct journal_stats s;
    journal_stats(l.journal, &s);
    EXPECT(s.segments > 3);
    for (uint64_t from = 0; from <= ENTRIES; from++) {
        for (uint64_t end = from; end <= ENTRIES; end += 7) {
            struct met m = read_all(
                &l, (struct reading){
                        .from = from, .end = end, .from_ms = INT64_MIN, .to_ms = INT64_MAX});
            EXPECT_EQ(m.count, end - from);
            EXPECT(m.count == 0 || m.first == from);
        }
    }
    lamp_close(&l);
}

// Whole segments are left out, never an entry of the time.
TEST(reading_gives_all_entries_of_a_time_and_few_others)
{
    struct lamp l;
    lamp_open(&l);
    for (int64_t from = 0; from < ENTRIES; from++) {
        struct met m = read_all(
            &l,
            (struct reading){.end = ENTRIES, .from_ms = 1000 * from, .to_ms = 1000 * (from + 2)});
        EXPECT(m.first <= (uint64_t)from);
        EXPECT(m.first + m.count >= (uint64_t)(from + 2 < ENTRIES ? from + 2 : ENTRIES));
        EXPECT(m.count < ENTRIES / 2);
    }
    lamp_close(&l);
}

TEST(reading_goes_past_a_torn_end_and_names_damage)
{
    struct lamp l;
    struct fault why = {0};
    struct met m = {.stop_at = UINT64_MAX};
    lamp_open(&l);
    struct journal_stats s;
    journal_stats(l.journal, &s);
    char name[SEGMENT_NAME_BYTES];
    segment_name(0, name);
    int fd = openat(l.shelf.world.dir, name, O_RDWR | O_CLOEXEC);
    EXPECT_EQ(pwrite(fd, "x", 1, 60), 1);
    close(fd);
    struct reading r = {.w = &l.world, .end = ENTRIES, .from_ms = INT64_MIN, .to_ms = INT64_MAX};
    EXPECT_EQ(reading_each(&r, meet, &m, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "0000000000000000.seg at byte 32") != NULL);
    r.from = ENTRIES - 1;
    EXPECT_EQ(reading_each(&r, meet, &m, NULL), OK);
    EXPECT_EQ(m.count, 1);
    m.stop_at = ENTRIES - 1;
    EXPECT_EQ(reading_each(&r, meet, &m, &why), ERR_TIMEOUT);
    lamp_close(&l);
}

// --- a disk that cannot be read

static int until_failure;

static enum err bad_open(const struct world *w, const char *name, int *out_fd, struct fault *why)
{
    if (--until_failure == 0)
        return fail(why, ERR_IO, "it cannot be opened");
    return world_real_ops.open_read(w, name, out_fd, why);
}

static enum err bad_read(int fd, void *at, size_t len, uint64_t offset, struct fault *why)
{
    if (--until_failure == 0)
        return fail(why, ERR_IO, "it cannot be read");
    return world_real_ops.read_at(fd, at, len, offset, why);
}

static enum err bad_list(const struct world *w, const char *name,
                         void (*each)(void *context, const char *entry), void *context,
                         struct fault *why)
{
    if (--until_failure == 0)
        return fail(why, ERR_IO, "it cannot be listed");
    return world_real_ops.list(w, name, each, context, why);
}

// The first, second, third ... step fails, until nothing does: an error each time, never fewer
// entries without one.
TEST(reading_tells_every_failure)
{
    struct lamp l;
    lamp_open(&l);
    l.ops.open_read = bad_open;
    l.ops.read_at = bad_read;
    l.ops.list = bad_list;
    enum err e = ERR_IO;
    int nth = 0;
    while (e != OK) {
        struct met m = {.stop_at = UINT64_MAX};
        const struct reading r = {
            .w = &l.world, .end = ENTRIES, .from_ms = INT64_MIN, .to_ms = INT64_MAX};
        until_failure = ++nth;
        e = reading_each(&r, meet, &m, NULL);
        EXPECT_EQ(e == OK, until_failure > 0);
        EXPECT(e != OK || m.count == ENTRIES);
    }
    EXPECT(nth > 20);
    lamp_close(&l);
}
