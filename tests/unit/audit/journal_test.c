// SPDX-License-Identifier: Apache-2.0
#include "audit/journal.h"
#include "audit/segment_file.h"
#include "faulty_world.h"
#include "unit/audit/shelf.h"

static struct journal *open_journal(const struct world *w, uint64_t segment_bytes)
{
    const struct journal_options o = {.segment_bytes = segment_bytes};
    struct journal *j = NULL;
    EXPECT_EQ(journal_open(w, &o, &j, NULL), OK);
    return j;
}

static void expect_root(struct journal *j, uint64_t size, const struct merkle *want)
{
    struct merkle got;
    journal_tree(j, &got);
    EXPECT_EQ(got.size, size);
    EXPECT_EQ(want->size, size);
    struct hash256 a;
    struct hash256 b;
    merkle_root(&got, &a);
    merkle_root(want, &b);
    EXPECT(hash256_equal(&a, &b));
}

TEST(journal_numbers_without_gaps_over_segments_and_lives)
{
    struct shelf s;
    shelf_open(&s);
    uint64_t want = 0;
    struct merkle kept = {0};
    for (int life = 0; life < 4; life++) {
        struct journal *j = open_journal(&s.world, 2000);
        if (life > 0)
            expect_root(j, want, &kept);
        for (int i = 0; i < 60; i++) {
            uint64_t number = 0;
            EXPECT_EQ(shelf_append(j, want, &number), OK);
            EXPECT_EQ(number, want++);
        }
        EXPECT_EQ(journal_sync(j, want - 1, NULL), OK);
        journal_tree(j, &kept);
        struct journal_stats stats;
        journal_stats(j, &stats);
        EXPECT_EQ(stats.entries, want);
        EXPECT_EQ(stats.synced, want);
        EXPECT(stats.segments > 1);
        journal_close(j);
    }
    shelf_close(&s);
}

static void last_name(const struct shelf *s, char out[SEGMENT_NAME_BYTES])
{
    DIR *d = opendir(s->path);
    out[0] = '\0';
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        uint64_t first;
        if (segment_name_parse(e->d_name, &first) && strcmp(e->d_name, out) > 0)
            snprintf(out, SEGMENT_NAME_BYTES, "%.20s", e->d_name);
    }
    closedir(d);
}

TEST(journal_cuts_a_torn_tail_and_refuses_to_lose_what_was_signed)
{
    struct shelf s;
    shelf_open(&s);
    struct journal *j = open_journal(&s.world, 0);
    uint64_t number;
    for (int i = 0; i < 10; i++)
        EXPECT_EQ(shelf_append(j, 1, &number), OK);
    journal_close(j);
    char name[SEGMENT_NAME_BYTES];
    last_name(&s, name);
    char path[128];
    snprintf(path, sizeof path, "%s/%s", s.path, name);
    struct buf whole AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(world_read_file(&s.world, name, &whole, NULL), OK);
    EXPECT_EQ(truncate(path, (off_t)whole.len - 5), 0);
    const struct journal_options all = {.entries_min = 10};
    const struct journal_options nine = {.entries_min = 9};
    EXPECT_EQ(journal_open(&s.world, &all, &j, NULL), ERR_CORRUPT);
    EXPECT_EQ(journal_open(&s.world, &nine, &j, NULL), OK);
    EXPECT_EQ(shelf_append(j, 1, &number), OK);
    EXPECT_EQ(number, 9);
    journal_close(j);
    shelf_close(&s);
}

// A clock of which each look is a second later, so that what failed is tried again at once.
static int64_t quick_clock(void)
{
    static int64_t us;
    return us += 1000000;
}

static struct world quick_world(const struct world *w, struct world_ops *room)
{
    *room = *w->ops;
    room->monotonic_us = quick_clock;
    return (struct world){.ops = room, .dir = w->dir};
}

// Everything that was acknowledged is there afterwards, under its number, whatever failed.
static void live_with_faults(struct shelf *s, const struct world *w, uint64_t n, bool *out_fired)
{
    struct journal *j = open_journal(w, 1500);
    uint64_t acknowledged = 0;
    uint64_t refused = 0;
    faulty_arm(n, FAULT_ONCE);
    for (uint64_t i = 0; i < 40; i++) {
        uint64_t number = 0;
        if (shelf_append(j, i, &number) == OK)
            EXPECT_EQ(number, acknowledged++);
        else
            refused++;
        if (i % 8 == 7)
            (void)journal_sync(j, acknowledged - 1, NULL);
    }
    *out_fired = faulty_fired();
    EXPECT(refused <= 1);
    EXPECT_EQ(journal_sync(j, acknowledged - 1, NULL), OK);
    struct merkle tree;
    journal_tree(j, &tree);
    journal_close(j);
    faulty_arm(0, FAULT_ONCE);
    j = open_journal(w, 1500);
    expect_root(j, acknowledged, &tree);
    journal_close(j);
    shelf_empty(s);
}

TEST(journal_goes_on_after_any_one_failure_and_loses_nothing)
{
    struct shelf s;
    shelf_open(&s);
    struct world_ops ops;
    struct world faulty = faulty_world(&s.world);
    struct world w = quick_world(&faulty, &ops);
    bool fired = true;
    for (uint64_t n = 1; fired && n < 200; n++)
        live_with_faults(&s, &w, n, &fired);
    EXPECT(!fired);
    shelf_close(&s);
}

TEST(journal_keeps_what_was_synced_through_a_cut_of_power_at_any_time)
{
    struct shelf s;
    shelf_open(&s);
    struct world w = faulty_world(&s.world);
    bool fired = true;
    for (uint64_t n = 1; fired; n++) {
        struct journal *j = open_journal(&w, 1500);
        uint64_t synced = 0;
        uint64_t number = 0;
        faulty_arm(n, FAULT_POWER);
        for (uint64_t i = 0; i < 40 && shelf_append(j, i, &number) == OK; i++) {
            if (i % 5 == 4 && journal_sync(j, number, NULL) == OK)
                synced = number + 1;
        }
        fired = faulty_fired();
        journal_close(j);
        faulty_power_back();
        const struct journal_options o = {.segment_bytes = 1500, .entries_min = synced};
        EXPECT_EQ(journal_open(&s.world, &o, &j, NULL), OK);
        journal_close(j);
        shelf_empty(&s);
    }
    shelf_close(&s);
}
