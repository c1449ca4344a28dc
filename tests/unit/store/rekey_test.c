// SPDX-License-Identifier: Apache-2.0
#include "faulty_world.h"
#include "store/store_private.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 3000, SEALED = 1200, VALUE_BYTES = 16 };

// A layer that anybody can see through: its generation, over every byte.
static uint32_t generation;

static uint32_t wanted(void *context, const char *kind)
{
    (void)context;
    return strcmp(kind, "device") == 0 ? generation : 0;
}

static enum err convert(void *context, const struct store_relayer *q, struct fault *why)
{
    (void)why;
    uint32_t *calls = context;
    EXPECT(strcmp(q->kind, "device") == 0 && q->to == generation && q->from < q->to);
    for (uint32_t i = 0; i < q->count; i++) {
        for (int b = 0; b < VALUE_BYTES; b++)
            q->values[i][b] ^= (uint8_t)(q->from ^ q->to);
    }
    if (calls)
        (*calls)++;
    return OK;
}

static enum err refuse(void *context, const struct store_relayer *q, struct fault *why)
{
    (void)context;
    return fail(why, ERR_UNAVAILABLE, "%s: keeper is away", q->kind);
}

static void put(struct fixture *f, uint32_t key)
{
    struct test_row row = {.op = ROW_PUT, .key = key, .cells = {(int)key, 1, 2, 3}};
    EXPECT_EQ(fixture_append(f->st, DEVICES, row, ++f->lsn), OK);
}

static struct store_options options_of(const struct fixture *f, const struct store_layers *layers)
{
    struct store_options o = f->options;
    o.layers = layers;
    return o;
}

static void open_with(struct fixture *f, const struct store_layers *layers)
{
    struct store_options o = options_of(f, layers);
    struct fault why = {0};
    if (store_open(&f->w, fixture_schema(), &o, &f->st, &why))
        test_fail(__FILE__, __LINE__, "%s", why.words);
}

// Rows in a segment and rows in the log.
static void fill(struct fixture *f)
{
    const struct store_layers none = {NULL, wanted, refuse};
    generation = 0;
    fixture_open(f);
    store_close(f->st);
    open_with(f, &none);
    for (uint32_t k = 0; k < SEALED; k++)
        put(f, k);
    EXPECT_EQ(store_commit(f->st, NULL), OK);
    EXPECT_EQ(seal_freeze(f->st, NULL), OK);
    EXPECT_EQ(seal_run(f->st, NULL), OK);
    for (uint32_t k = SEALED; k < ROWS; k++)
        put(f, k);
    EXPECT_EQ(store_commit(f->st, NULL), OK);
    store_close(f->st);
}

// Every row has the name that its cell makes, under the layer.
static void expect_names(struct fixture *f, uint32_t layer)
{
    const struct field *id = &fixture_schema()->tables[DEVICES].fields[0];
    struct snapshot *s = store_snapshot(f->st);
    const struct view *v = snapshot_view(s, DEVICES);
    EXPECT_EQ(view_row_count(v), ROWS);
    for (uint32_t k = 0; k < ROWS; k++) {
        char room[24];
        uint8_t want[VALUE_BYTES];
        struct row_ref r;
        uint32_t code = 0;
        memcpy(want, fixture_text(id, (int)k, room).at, VALUE_BYTES);
        for (int b = 0; b < VALUE_BYTES; b++)
            want[b] ^= (uint8_t)layer;
        EXPECT_EQ(view_find(v, fixture_key(k), &r), OK);
        EXPECT(row_code(v, r, 0, &code));
        EXPECT(slice_equal(dict_value(view_dict(v, 0), code), slice_of(want, VALUE_BYTES)));
    }
    snapshot_free(s);
}

TEST(rekey_changes_every_name_and_no_row)
{
    struct fixture f;
    uint32_t calls = 0;
    const struct store_layers layers = {&calls, wanted, convert};
    fill(&f);
    generation = 5;
    open_with(&f, &layers);
    expect_names(&f, 5);
    EXPECT(calls > 1);
    store_close(f.st);
    calls = 0;
    open_with(&f, &layers); // again: nothing is due
    expect_names(&f, 5);
    EXPECT_EQ(calls, 0);
    struct position p;
    store_position(f.st, "fleet", &p);
    EXPECT_EQ(p.end_lsn, f.lsn);
    store_close(f.st);
    generation = 6;
    open_with(&f, &layers);
    expect_names(&f, 6);
    store_close(f.st);
    fixture_world_drop(&f.w);
}

TEST(rekey_of_a_store_that_begins_is_of_the_generation_at_once)
{
    struct fixture f;
    uint32_t calls = 0;
    const struct store_layers layers = {&calls, wanted, convert};
    generation = 3;
    f = (struct fixture){.w = fixture_world()};
    open_with(&f, &layers);
    put(&f, 1);
    EXPECT_EQ(store_commit(f.st, NULL), OK);
    store_close(f.st);
    open_with(&f, &layers);
    EXPECT_EQ(calls, 0);
    store_close(f.st);
    fixture_world_drop(&f.w);
}

TEST(rekey_without_keys_opens_nothing_and_changes_nothing)
{
    struct fixture f;
    struct fault why = {0};
    const struct store_layers away = {NULL, wanted, refuse};
    const struct store_layers layers = {NULL, wanted, convert};
    fill(&f);
    generation = 2;
    struct store_options o = options_of(&f, &away);
    EXPECT_EQ(store_open(&f.w, fixture_schema(), &o, &f.st, &why), ERR_UNAVAILABLE);
    EXPECT(strstr(why.words, "pseudonyms of device: device: keeper is away") != NULL);
    open_with(&f, &layers);
    expect_names(&f, 2);
    store_close(f.st);
    fixture_world_drop(&f.w);
}

// Whatever is cut off, the names are the old ones or the new ones, and the next opening makes
// them new.
static void break_at_each_step(enum fault_kind kind)
{
    const struct store_layers layers = {NULL, wanted, convert};
    for (uint64_t at = 1;; at++) {
        struct fixture f;
        fill(&f);
        generation = 4;
        struct store_options o = options_of(&f, &layers);
        struct world broken = faulty_world(&f.w);
        faulty_arm(at, kind);
        if (store_open(&broken, fixture_schema(), &o, &f.st, NULL) == OK)
            store_close(f.st);
        bool fired = faulty_fired();
        if (kind == FAULT_POWER)
            faulty_power_back();
        faulty_arm(0, FAULT_ONCE);
        open_with(&f, &layers);
        expect_names(&f, 4);
        store_close(f.st);
        fixture_world_drop(&f.w);
        if (!fired)
            break;
    }
}

TEST(rekey_survives_power_cuts_at_each_step)
{
    break_at_each_step(FAULT_POWER);
}

TEST(rekey_survives_each_change_of_the_disk_that_fails)
{
    break_at_each_step(FAULT_ONCE);
}
