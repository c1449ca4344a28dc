// SPDX-License-Identifier: Apache-2.0
#include "faulty_world.h"
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CANARY = 777777, ROWS = 40 };

// `notes` as an index that clients push into: text, size, or what is left of it.
static const struct schema *pushed(bool has_text, bool has_size)
{
    static struct table tables[2][2][TABLES];
    static struct schema schemas[2][2];
    struct schema *s = &schemas[has_text][has_size];
    struct table *t = tables[has_text][has_size];
    *s = *fixture_schema();
    memcpy(t, s->tables, TABLES * sizeof *t);
    t[NOTES].source = "push/notes";
    t[NOTES].fields += !has_text;
    t[NOTES].field_count = (uint32_t)has_text + has_size;
    s->tables = t;
    return s;
}

static void put(struct fixture *f, uint32_t key, int text, int size)
{
    struct test_row row = {.op = ROW_PUT, .key = key, .cells = {text, size}};
    EXPECT_EQ(fixture_append(f->st, NOTES, row, ++f->lsn), OK);
    EXPECT_EQ(store_commit(f->st, NULL), OK);
}

// Rows in a segment, some of them dead since, and rows in the log; their texts are a canary's.
static void fill(struct fixture *f)
{
    fixture_open(f);
    store_close(f->st);
    EXPECT_EQ(store_open(&f->w, pushed(true, true), &f->options, &f->st, NULL), OK);
    for (uint32_t k = 0; k < ROWS / 2; k++)
        put(f, k, CANARY, (int)k);
    EXPECT_EQ(seal_freeze(f->st, NULL), OK);
    EXPECT_EQ(seal_run(f->st, NULL), OK);
    for (uint32_t k = ROWS / 4; k < ROWS; k++)
        put(f, k, CANARY, (int)k);
    store_close(f->st);
}

static bool is_on_disk(const struct fixture *f)
{
    char command[128];
    snprintf(command, sizeof command, "grep -rq value-%d /proc/%d/fd/%d/", CANARY, (int)getpid(),
             f->w.dir);
    int status = system(command); // NOLINT(cert-env33-c): a test's own words
    EXPECT(status == 0 || status == 256);
    return status == 0;
}

static void expect_sizes(struct fixture *f, uint32_t field)
{
    struct snapshot *s = store_snapshot(f->st);
    const struct view *v = snapshot_view(s, NOTES);
    EXPECT_EQ(view_row_count(v), ROWS);
    for (uint32_t k = 0; k < ROWS; k++) {
        struct row_ref r;
        int64_t size = -1;
        EXPECT_EQ(view_find(v, fixture_key(k), &r), OK);
        EXPECT(row_i64(v, r, field, &size));
        EXPECT_EQ(size, (int64_t)k);
    }
    snapshot_free(s);
}

TEST(narrow_takes_a_column_out_of_segments_dictionary_and_log)
{
    struct fixture f;
    fill(&f);
    EXPECT(is_on_disk(&f));
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(store_open(&f.w, pushed(false, true), &f.options, &f.st, NULL), OK);
        expect_sizes(&f, 0);
        EXPECT(!is_on_disk(&f));
        store_close(f.st);
    }
    EXPECT_EQ(store_open(&f.w, pushed(false, true), &f.options, &f.st, NULL), OK);
    struct position p;
    store_position(f.st, "paper", &p);
    EXPECT_EQ(p.end_lsn, f.lsn);
    store_close(f.st);
    fixture_world_drop(&f.w);
}

TEST(narrow_leaves_the_other_columns_and_takes_no_new_one)
{
    struct fixture f;
    struct fault why = {0};
    fill(&f);
    EXPECT_EQ(store_open(&f.w, pushed(true, false), &f.options, &f.st, NULL), OK);
    EXPECT(is_on_disk(&f));
    EXPECT_EQ(view_row_count(snapshot_view(f.st->published, NOTES)), ROWS);
    store_close(f.st);
    struct schema other = *pushed(true, true);
    EXPECT_EQ(store_open(&f.w, &other, &f.options, &f.st, &why), OK); // no position of push/notes
    store_close(f.st);
    fixture_world_drop(&f.w);
}

// The power goes at the n-th change of the disk; what is there when it is back has all rows, and
// once opened nothing of the column.
TEST(narrow_survives_power_cuts_at_each_step)
{
    for (uint64_t at = 1;; at++) {
        struct fixture f;
        fill(&f);
        struct world broken = faulty_world(&f.w);
        faulty_arm(at, FAULT_POWER);
        if (store_open(&broken, pushed(false, true), &f.options, &f.st, NULL) == OK)
            store_close(f.st);
        bool fired = faulty_fired();
        faulty_power_back();
        faulty_arm(0, FAULT_ONCE);
        EXPECT_EQ(store_open(&f.w, pushed(false, true), &f.options, &f.st, NULL), OK);
        expect_sizes(&f, 0);
        EXPECT(!is_on_disk(&f));
        store_close(f.st);
        fixture_world_drop(&f.w);
        if (!fired)
            break;
    }
}

TEST(narrow_fails_whole_when_one_change_of_the_disk_does)
{
    for (uint64_t at = 1;; at++) {
        struct fixture f;
        fill(&f);
        struct world broken = faulty_world(&f.w);
        faulty_arm(at, FAULT_ONCE);
        if (store_open(&broken, pushed(false, true), &f.options, &f.st, NULL) == OK)
            store_close(f.st);
        bool fired = faulty_fired();
        faulty_arm(0, FAULT_ONCE);
        EXPECT_EQ(store_open(&f.w, pushed(false, true), &f.options, &f.st, NULL), OK);
        expect_sizes(&f, 0);
        EXPECT(!is_on_disk(&f));
        store_close(f.st);
        fixture_world_drop(&f.w);
        if (!fired)
            break;
    }
}
