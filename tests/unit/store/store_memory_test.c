// SPDX-License-Identifier: Apache-2.0
// A store whose budget holds next to nothing, and one whose files change below it.
#include "base/buf.h"
#include "store/read_fault.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void seal(struct fixture *f)
{
    bool did = true;
    while (did) {
        did = false;
        EXPECT_EQ(store_maintain(f->st, &did, NULL), OK);
    }
}

static void open_tiny(struct fixture *f)
{
    *f = (struct fixture){.options = {.seal_rows = 10, .merge_fan_in = 3, .memory_bytes = 1}};
    f->w = fixture_world();
    EXPECT_EQ(store_open(&f->w, fixture_schema(), &f->options, &f->st, NULL), OK);
}

TEST(store_of_a_tiny_budget_answers_as_any_other)
{
    struct fixture f;
    open_tiny(&f);
    for (int i = 0; i < 12; i++) {
        fixture_change(&f, DEVICES, ROW_PUT, 0, 30, i);
        fixture_change(&f, NOTES, ROW_PUT, (uint32_t)i, 40, i);
        fixture_change(&f, NOTES, ROW_DELETE, (uint32_t)i, (uint32_t)i + 3, 0);
        seal(&f);
        fixture_check(&f);
    }
    static struct store_stats s;
    store_stats(f.st, &s);
    EXPECT(s.segments.gone > 0);
    EXPECT(s.segments.bytes < 64 << 10);
    fixture_reopen(&f);
    fixture_check(&f);
    fixture_close(&f);
}

// Merging puts other files in the place of those that a snapshot reads; their names are
// gone, and what of them is not in memory is read all the same.
TEST(snapshot_reads_files_that_were_merged_away)
{
    struct fixture f;
    open_tiny(&f);
    for (int i = 0; i < 3; i++) {
        fixture_change(&f, NOTES, ROW_PUT, (uint32_t)i * 12, (uint32_t)i * 12 + 12, 7);
        bool did = false;
        EXPECT_EQ(store_maintain(f.st, &did, NULL), OK); // seals
    }
    struct model then = f.model;
    struct snapshot *old = store_snapshot(f.st);
    seal(&f); // merges
    fixture_change(&f, NOTES, ROW_PUT, 0, 36, 9);
    seal(&f);
    const char *differs = model_differs(&then, old);
    EXPECT(differs == NULL);
    EXPECT_EQ(read_fault_take(NULL), OK);
    snapshot_free(old);
    fixture_check(&f);
    fixture_close(&f);
}

struct reading {
    struct fixture *f;
    _Atomic bool is_over;
    _Atomic uint32_t wrong;
};

// NOTES always has the keys 0 to 39, whose cells are all of one change.
static void *read_notes(void *context)
{
    struct reading *r = context;
    static _Thread_local uint32_t codes[BLOCK_ROWS];
    while (!atomic_load(&r->is_over)) {
        struct snapshot *s = store_snapshot(r->f->st);
        const struct view *v = snapshot_view(s, NOTES);
        uint32_t first = CODE_NONE;
        for (uint32_t b = 0; b < view_block_count(v); b++) {
            struct block block = view_block(v, b);
            block_codes(&block, 0, codes);
            for (uint32_t i = 0; i < block.row_count; i++) {
                if (!bit_get(block.live, i))
                    continue;
                first = first == CODE_NONE ? codes[i] : first;
                r->wrong += codes[i] != first || codes[i] == CODE_NONE;
            }
        }
        r->wrong += view_row_count(v) != 40 || read_fault_take(NULL) != OK;
        snapshot_free(s);
    }
    return NULL;
}

TEST(store_of_a_tiny_budget_is_read_on_threads_while_it_seals_and_merges)
{
    struct fixture f;
    struct reading r = {.f = &f};
    pthread_t readers[3];
    open_tiny(&f);
    fixture_change(&f, NOTES, ROW_PUT, 0, 40, 0);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(pthread_create(&readers[i], NULL, read_notes, &r), 0);
    for (int i = 1; i < 40; i++) {
        fixture_change(&f, NOTES, ROW_PUT, 0, 40, i % 9);
        seal(&f);
    }
    atomic_store(&r.is_over, true);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(pthread_join(readers[i], NULL), 0);
    EXPECT_EQ(atomic_load(&r.wrong), 0);
    fixture_check(&f);
    fixture_close(&f);
}

// ---- files that change below us ----

static void keep_name(void *context, const char *entry)
{
    char *name = context; // the last in order
    if (strstr(entry, ".segment") && strcmp(entry, name) > 0)
        snprintf(name, 64, "%s", entry);
}

// In place, as a bad disk does it: whoever has the file open sees it.
static void break_newest(struct fixture *f, uint64_t at, char name[64])
{
    name[0] = '\0';
    EXPECT_EQ(f->w.ops->list(&f->w, "segments", keep_name, name, NULL), OK);
    char path[96];
    snprintf(path, sizeof path, "segments/%s", name);
    struct buf file AUTO(buf_donep) = buf_init(1 << 20);
    EXPECT_EQ(world_read_file(&f->w, path, &file, NULL), OK);
    file.at[at] ^= 1;
    int fd = -1;
    EXPECT_EQ(f->w.ops->open_write(&f->w, path, false, &fd, NULL), OK);
    EXPECT_EQ(f->w.ops->truncate(fd, 0, NULL), OK);
    EXPECT_EQ(f->w.ops->write(fd, buf_slice(&file), NULL), OK);
    f->w.ops->close(fd);
}

// Devices and notes sealed, each in a file of its own; the notes' keys are broken.
static void open_broken(struct fixture *f, char name[64])
{
    open_tiny(f);
    fixture_change(f, DEVICES, ROW_PUT, 0, 30, 3);
    seal(f);
    fixture_change(f, NOTES, ROW_PUT, 0, 30, 4);
    seal(f);
    break_newest(f, 16 + 2, name);
}

TEST(store_tells_which_table_is_broken_and_reads_the_others)
{
    struct fixture f;
    char name[64];
    open_broken(&f, name);
    static struct row_key keys[BLOCK_ROWS];
    static struct store_stats stats;
    (void)read_fault_take(NULL);
    struct snapshot *s = store_snapshot(f.st);
    struct fault why = {0};
    struct block notes = view_block(snapshot_view(s, NOTES), 0);
    block_keys(&notes, keys);
    EXPECT_EQ(read_fault_take(&why), ERR_CORRUPT);
    EXPECT(strstr(why.words, name) && strstr(why.words, "keys of block 0"));
    struct block devices = view_block(snapshot_view(s, DEVICES), 0);
    block_keys(&devices, keys);
    EXPECT_EQ(read_fault_take(NULL), OK);
    snapshot_free(s);
    store_stats(f.st, &stats);
    EXPECT(strstr(stats.tables[NOTES].broken, name));
    EXPECT(stats.tables[DEVICES].broken[0] == '\0');
    fixture_close(&f);
}

// Without the rows that it changes nobody can say what memory should hold.
TEST(store_takes_no_change_over_rows_that_it_cannot_read)
{
    struct fixture f;
    char name[64];
    open_broken(&f, name);
    struct test_row row = {.op = ROW_PUT, .key = 3, .cells = {1, 1, 1, 1}};
    struct fault why = {0};
    EXPECT_EQ(fixture_append(f.st, NOTES, row, f.lsn + 1), ERR_IO);
    EXPECT_EQ(store_commit(f.st, &why), ERR_IO);
    EXPECT(strstr(why.words, name) && strstr(why.words, "opened anew"));
    struct snapshot *s = store_snapshot(f.st);
    EXPECT_EQ(view_row_count(snapshot_view(s, DEVICES)), 30);
    snapshot_free(s);
    fixture_close(&f);
}

// A merge must not write rows without values; its inputs stay.
TEST(store_merges_nothing_that_it_cannot_read)
{
    struct fixture f;
    char name[64];
    open_broken(&f, name);
    f.options.merge_fan_in = 2;
    fixture_change(&f, NOTES, ROW_PUT, 31, 50, 4);
    struct fault why = {0};
    enum err e = OK;
    bool did = true;
    for (int i = 0; i < 9 && did && !e; i++)
        e = store_maintain(f.st, &did, &why);
    fixture_change(&f, NOTES, ROW_PUT, 51, 62, 4);
    did = true;
    for (int i = 0; i < 9 && did && !e; i++)
        e = store_maintain(f.st, &did, &why);
    EXPECT_EQ(e, ERR_CORRUPT);
    EXPECT(strstr(why.words, name) && strstr(why.words, "merging table notes"));
    struct snapshot *s = store_snapshot(f.st);
    EXPECT_EQ(view_row_count(snapshot_view(s, NOTES)), 30 + 19 + 11);
    snapshot_free(s);
    fixture_close(&f);
}
