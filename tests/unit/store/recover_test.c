// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

static void seal(struct fixture *f)
{
    EXPECT_EQ(seal_freeze(f->st, NULL), OK);
    EXPECT_EQ(seal_run(f->st, NULL), OK);
}

// A store with rows in segments and in the log.
static void fill(struct fixture *f)
{
    fixture_open(f);
    fixture_change(f, DEVICES, ROW_PUT, 0, 20, 1);
    fixture_change(f, EVENTS, ROW_PUT, 0, 20, 2);
    fixture_change(f, NOTES, ROW_PUT, 0, 20, 3);
    seal(f);
    fixture_change(f, DEVICES, ROW_PUT, 10, 30, 4);
    fixture_change(f, NOTES, ROW_DELETE, 3, 6, 0);
}

// The fixture's schema with its tables in another order and `notes` with another field.
static const struct schema *other_schema(void)
{
    static struct table tables[TABLES];
    static struct field fields[2];
    static struct schema s;
    s = *fixture_schema();
    tables[0] = s.tables[NOTES];
    tables[1] = s.tables[DEVICES];
    tables[2] = s.tables[EVENTS];
    memcpy(fields, tables[0].fields, sizeof fields);
    fields[1].type = FIELD_DOUBLE;
    tables[0].fields = fields;
    s.tables = tables;
    return &s;
}

TEST(recover_empties_a_table_of_another_shape_and_resets_its_source)
{
    struct fixture f;
    fill(&f);
    store_close(f.st);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(store_open(&f.w, other_schema(), &f.options, &f.st, NULL), OK);
        struct snapshot *s = store_snapshot(f.st);
        EXPECT_EQ(view_row_count(snapshot_view(s, 0)), 0);
        EXPECT_EQ(view_row_count(snapshot_view(s, 1)), 30);
        EXPECT_EQ(view_row_count(snapshot_view(s, 2)), 20);
        struct row_ref r;
        uint32_t model = 0;
        EXPECT_EQ(view_find(snapshot_view(s, 1), fixture_key(29), &r), OK);
        EXPECT(row_code(snapshot_view(s, 1), r, 1, &model));
        EXPECT(slice_is(dict_value(view_dict(snapshot_view(s, 1), 1), model), "value-4"));
        snapshot_free(s);
        struct position p;
        store_position(f.st, "paper", &p);
        EXPECT_EQ(p.phase, PHASE_NONE);
        EXPECT_EQ(p.end_lsn, 0);
        store_position(f.st, "fleet", &p);
        EXPECT_EQ(p.phase, PHASE_STREAMING);
        store_close(f.st);
    }
    fixture_world_drop(&f.w);
}

// The fixture's schema with `notes` as an index that clients push into.
static const struct schema *pushed_schema(bool has_another_field)
{
    static struct table tables[TABLES];
    static struct field fields[2];
    static struct schema s;
    s = *fixture_schema();
    memcpy(tables, s.tables, sizeof tables);
    memcpy(fields, tables[NOTES].fields, sizeof fields);
    if (has_another_field)
        fields[1].type = FIELD_DOUBLE;
    tables[NOTES].fields = fields;
    tables[NOTES].source = "push/notes";
    s.tables = tables;
    return &s;
}

static void push_nothing(struct fixture *f, uint64_t number)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct position at = fixture_position("push/notes", number);
    EXPECT_EQ(store_append(f->st, fixture_changeset(&at, false, NULL, 0, arena), NULL), OK);
    EXPECT_EQ(store_commit(f->st, NULL), OK);
    store_close(f->st);
}

TEST(recover_empties_no_pushed_table_that_had_rows)
{
    struct fixture f;
    struct fault why;
    fixture_open(&f);
    store_close(f.st);
    EXPECT_EQ(store_open(&f.w, pushed_schema(false), &f.options, &f.st, NULL), OK);
    push_nothing(&f, 0); // nothing was ever in it
    EXPECT_EQ(store_open(&f.w, pushed_schema(true), &f.options, &f.st, NULL), OK);
    push_nothing(&f, 7);
    EXPECT_EQ(store_open(&f.w, pushed_schema(false), &f.options, &f.st, &why), ERR_INVALID);
    EXPECT(strstr(why.words, "the columns of index notes") != NULL);
    EXPECT_EQ(store_open(&f.w, pushed_schema(true), &f.options, &f.st, NULL), OK);
    store_close(f.st);
    fixture_world_drop(&f.w);
}

TEST(recover_moves_stopped_bits_with_their_tables)
{
    struct fixture f;
    fixture_open(&f);
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct position at = fixture_position("fleet", 3);
    bit_set(at.stopped, EVENTS);
    EXPECT_EQ(store_append(f.st, fixture_changeset(&at, false, NULL, 0, arena), NULL), OK);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    store_close(f.st);
    EXPECT_EQ(store_open(&f.w, other_schema(), &f.options, &f.st, NULL), OK);
    struct position p;
    store_position(f.st, "fleet", &p);
    EXPECT_EQ(p.stopped[0], 4); // events is table 2 now
    fixture_close(&f);
}

TEST(recover_refuses_segments_without_a_manifest)
{
    struct fixture f;
    fill(&f);
    store_close(f.st);
    EXPECT_EQ(f.w.ops->remove(&f.w, "manifest", NULL), OK);
    struct fault why = {0};
    EXPECT_EQ(store_open(&f.w, fixture_schema(), &f.options, &f.st, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "manifest"));
    fixture_world_drop(&f.w);
}

TEST(recover_names_the_file_that_is_missing)
{
    struct fixture f;
    fill(&f);
    char name[SEGMENT_FILE_NAME_BYTES];
    segment_file_name(f.st->image->tables[EVENTS].segments[0].entry.part->file, name);
    store_close(f.st);
    EXPECT_EQ(f.w.ops->remove(&f.w, name, NULL), OK);
    struct fault why = {0};
    EXPECT_EQ(store_open(&f.w, fixture_schema(), &f.options, &f.st, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, name));
    EXPECT(strstr(why.words, "events"));
    fixture_world_drop(&f.w);
}

TEST(recover_refuses_codes_that_are_not_in_the_dictionary)
{
    struct fixture f;
    fill(&f);
    memset(&f.st->image->tables[NOTES].dicts[0], 0, sizeof(struct manifest_dict));
    EXPECT_EQ(image_write(f.st, f.st->image, NULL), OK);
    store_close(f.st);
    struct fault why = {0};
    EXPECT_EQ(store_open(&f.w, fixture_schema(), &f.options, &f.st, &why), ERR_CORRUPT);
    EXPECT(strstr(why.words, "text"));
    fixture_world_drop(&f.w);
}
