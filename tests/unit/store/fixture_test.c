// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/limits.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct field device_fields[] = {
    {.name = "id", .type = FIELD_PSEUDONYM, .subject = "device", .lookup_table = -1},
    {.name = "model", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "weight", .type = FIELD_DOUBLE, .lookup_table = -1},
    {.name = "owner", .type = FIELD_PSEUDONYM, .subject = "customer", .lookup_table = -1},
};

static const struct field event_fields[] = {
    {.name = "device",
     .type = FIELD_PSEUDONYM,
     .subject = "device",
     .lookup_table = DEVICES,
     .lookup_prefix = "device"},
    {.name = "outcome", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "latency", .type = FIELD_INTEGER, .lookup_table = -1},
    {.name = "at", .type = FIELD_DATE, .lookup_table = -1},
};

static const struct field note_fields[] = {
    {.name = "text", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "size", .type = FIELD_LONG, .lookup_table = -1},
};

static const struct table tables[] = {
    {"devices", "fleet", 4, device_fields, -1, 3, 0},
    {"events", "fleet", 4, event_fields, 3, 0, -1},
    {"notes", "paper", 2, note_fields, -1, -1, -1},
};

static const char *const subjects[] = {"device", "customer"};

static const struct schema schema = {
    .table_count = TABLES,
    .tables = tables,
    .subject_count = 2,
    .subjects = subjects,
    .fingerprint = 7,
};

const struct schema *fixture_schema(void)
{
    return &schema;
}

struct row_key fixture_key(uint32_t key)
{
    return (struct row_key){.hi = key % 3 ? 0 : hash_u64(key), .lo = hash_u64(key + 1000)};
}

struct slice fixture_text(const struct field *f, int cell, char room[24])
{
    int len = f->type == FIELD_PSEUDONYM ? snprintf(room, 24, "pseudonym%07d", cell)
                                         : snprintf(room, 24, "value-%d", cell);
    return slice_of(room, (size_t)len);
}

struct position fixture_position(const char *source, uint64_t lsn)
{
    struct position p = {.phase = PHASE_STREAMING, .end_lsn = lsn, .generation = 3};
    snprintf(p.source, sizeof p.source, "%s", source);
    return p;
}

static void fill_column(struct batch_column *c, const struct field *f, uint32_t field,
                        const struct test_batch *from, struct arena *arena)
{
    uint32_t n = from->row_count;
    uint64_t *present = ARENA_ARRAY(arena, uint64_t, bit_words(n));
    uint64_t *unchanged = ARENA_ARRAY(arena, uint64_t, bit_words(n));
    uint32_t *codes = ARENA_ARRAY(arena, uint32_t, n);
    int64_t *i64 = ARENA_ARRAY(arena, int64_t, n);
    double *f64 = ARENA_ARRAY(arena, double, n);
    struct slice *values = ARENA_ARRAY(arena, struct slice, n);
    bool any_unchanged = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct test_row *row = &from->rows[i];
        int cell = row_op_brings((uint8_t)row->op) ? row->cells[field] : CELL_NONE;
        if (cell == CELL_UNCHANGED)
            bit_set(unchanged, i);
        any_unchanged = any_unchanged || cell == CELL_UNCHANGED;
        if (cell < 0)
            continue;
        bit_set(present, i);
        i64[i] = cell;
        f64[i] = cell / 2.0;
        if (field_storage(f->type) != STORAGE_CODE)
            continue;
        char room[24];
        struct slice text = fixture_text(f, cell, room);
        uint32_t code = 0;
        while (code < c->value_count && !slice_equal(values[code], text))
            code++;
        if (code == c->value_count)
            values[c->value_count++] = arena_copy(arena, text);
        codes[i] = code;
    }
    c->present = present;
    c->unchanged = any_unchanged ? unchanged : NULL;
    c->codes = codes;
    c->values = values;
    c->i64 = i64;
    c->f64 = f64;
}

static void fill_batch(struct batch *b, const struct test_batch *from, struct arena *arena)
{
    const struct table *t = &tables[from->table];
    uint32_t n = from->row_count;
    uint8_t *ops = ARENA_ARRAY(arena, uint8_t, n);
    struct row_key *keys = ARENA_ARRAY(arena, struct row_key, n);
    struct row_key *old_keys = ARENA_ARRAY(arena, struct row_key, n);
    struct batch_column *columns = ARENA_ARRAY(arena, struct batch_column, t->field_count);
    bool any_move = false;
    for (uint32_t i = 0; i < n; i++) {
        ops[i] = (uint8_t)from->rows[i].op;
        if (ops[i] != ROW_TRUNCATE)
            keys[i] = fixture_key(from->rows[i].key);
        if (ops[i] == ROW_MOVE)
            old_keys[i] = fixture_key(from->rows[i].old_key);
        any_move = any_move || ops[i] == ROW_MOVE;
    }
    for (uint32_t f = 0; f < t->field_count; f++)
        fill_column(&columns[f], &t->fields[f], f, from, arena);
    *b = (struct batch){from->table, n, ops, keys, any_move ? old_keys : NULL, columns};
}

const struct admitted *fixture_changeset(const struct position *at, bool resets,
                                         const struct test_batch *batches, uint32_t count,
                                         struct arena *arena)
{
    struct batch *out = ARENA_ARRAY(arena, struct batch, count);
    for (uint32_t i = 0; i < count; i++)
        fill_batch(&out[i], &batches[i], arena);
    struct changeset c = {*at, resets, count, out};
    struct buf bytes AUTO(buf_donep) = buf_init(LIMIT_CHANGESET_BYTES);
    struct fault why = {0};
    const struct admitted *a = NULL;
    enum err e = changeset_encode(&c, &schema, &bytes, &why);
    if (!e)
        e = admitted_decode(buf_slice(&bytes), &schema, arena, &a, &why);
    if (e)
        fprintf(stderr, "fixture: %s\n", why.words);
    return e ? NULL : a;
}

enum err fixture_append(struct store *st, uint32_t table, struct test_row row, uint64_t lsn)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct position at = fixture_position(tables[table].source, lsn);
    struct test_batch batch = {.table = table, .row_count = 1, .rows = &row};
    return store_append(st, fixture_changeset(&at, false, &batch, 1, arena), NULL);
}

static enum err sync_nothing(int fd, struct fault *why)
{
    (void)fd;
    (void)why;
    return OK;
}

static enum err sync_no_dir(const struct world *w, const char *name, struct fault *why)
{
    (void)w;
    (void)name;
    (void)why;
    return OK;
}

// The machine stays up, so nothing has to reach the disk; power cuts are the faulty
// world's.
static const struct world_ops *quick_ops(void)
{
    static struct world_ops ops;
    ops = world_real_ops;
    ops.sync = sync_nothing;
    ops.sync_dir = sync_no_dir;
    return &ops;
}

struct units *fixture_units(void)
{
    static struct units *units; // of the whole run
    if (!units)
        units = units_new(96 << 10);
    return units;
}

struct world fixture_world(void)
{
    char path[] = "/tmp/store-test-XXXXXX";
    struct world w = {.dir = -1};
    if (!mkdtemp(path) || world_open(path, &w, NULL) != OK)
        fprintf(stderr, "no directory for the test\n");
    w.ops = quick_ops();
    return w;
}

struct dropping {
    const struct world *w;
    const char *directory;
};

static void drop_entry(void *context, const char *entry)
{
    const struct dropping *d = context;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", d->directory, entry);
    if (unlinkat(d->w->dir, path, 0) != 0)
        (void)unlinkat(d->w->dir, path, AT_REMOVEDIR);
}

void fixture_world_drop(struct world *w)
{
    static const char *const directories[] = {"log", "segments", "dict", "."};
    char at[64];
    char path[256] = "";
    snprintf(at, sizeof at, "/proc/self/fd/%d", w->dir);
    ssize_t len = readlink(at, path, sizeof path - 1);
    for (int i = 0; i < 4; i++) {
        struct dropping d = {w, directories[i]};
        (void)world_real_ops.list(w, directories[i], drop_entry, &d, NULL);
    }
    world_close(w);
    if (len > 0)
        (void)rmdir(path);
}

static int *model_cells(struct model_table *t, uint32_t key)
{
    return t->cells[key];
}

static void model_row(struct model_table *t, uint32_t field_count, const struct test_row *row)
{
    uint32_t from = row->op == ROW_MOVE ? row->old_key : row->key;
    bool had = t->live[from];
    int before[FIELDS_MAX];
    memcpy(before, model_cells(t, from), sizeof before);
    if (row->op == ROW_TRUNCATE) {
        memset(t->live, 0, sizeof t->live);
        return;
    }
    t->live[from] = false;
    if (row->op == ROW_DELETE)
        return;
    t->live[row->key] = true;
    for (uint32_t f = 0; f < field_count; f++) {
        int cell = row->cells[f];
        if (cell == CELL_UNCHANGED)
            cell = had ? before[f] : CELL_NONE;
        t->cells[row->key][f] = cell;
    }
}

void model_apply(struct model *m, const struct position *at, bool resets,
                 const struct test_batch *batches, uint32_t count)
{
    for (uint32_t t = 0; resets && t < TABLES; t++) {
        if (strcmp(tables[t].source, at->source) == 0)
            memset(m->tables[t].live, 0, sizeof m->tables[t].live);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t t = batches[i].table;
        for (uint32_t r = 0; r < batches[i].row_count; r++)
            model_row(&m->tables[t], tables[t].field_count, &batches[i].rows[r]);
    }
    m->lsn[strcmp(at->source, "paper") == 0] = at->end_lsn;
}

static bool text_is(const struct dict *d, uint32_t code, const struct field *f, int cell)
{
    char room[24];
    return code != UINT32_MAX && cell >= 0 &&
           slice_equal(dict_value(d, code), fixture_text(f, cell, room));
}

static bool cell_is(const struct view *v, struct row_ref r, uint32_t f, int cell)
{
    const struct field *field = &view_table(v)->fields[f];
    uint32_t code = 0;
    int64_t i64 = 0;
    double f64 = 0;
    switch (field_storage(field->type)) {
    case STORAGE_CODE:
        if (!row_code(v, r, f, &code))
            return cell < 0;
        return code < view_dict_count(v, f) && text_is(view_dict(v, f), code, field, cell);
    case STORAGE_I64:
        return row_i64(v, r, f, &i64) ? cell >= 0 && i64 == cell : cell < 0;
    case STORAGE_F64:
        return row_f64(v, r, f, &f64) ? cell >= 0 && f64 == cell / 2.0 : cell < 0;
    }
    return false;
}

// The value as a block gives it must be the one that the row gives.
static bool block_agrees(const struct block *b, uint32_t row, uint32_t f)
{
    static uint32_t codes[BLOCK_ROWS];
    static int64_t i64[BLOCK_ROWS];
    static double f64[BLOCK_ROWS];
    static uint64_t present[BLOCK_ROWS / 64];
    struct row_ref r = {b->index, row};
    struct block_range range = block_range(b, f);
    uint32_t code = UINT32_MAX;
    int64_t one_i64 = 0;
    double one_f64 = 0;
    switch (field_storage(view_table(b->view)->fields[f].type)) {
    case STORAGE_CODE:
        block_codes(b, f, codes);
        if (!row_code(b->view, r, f, &code))
            return codes[row] == UINT32_MAX && range.any_missing;
        return codes[row] == code && range.any && range.min <= code && range.max >= code;
    case STORAGE_I64:
        block_i64(b, f, i64, present);
        if (!row_i64(b->view, r, f, &one_i64))
            return !bit_get(present, row) && range.any_missing;
        return bit_get(present, row) && i64[row] == one_i64 && range.any && range.min <= one_i64 &&
               range.max >= one_i64;
    case STORAGE_F64:
        block_f64(b, f, f64, present);
        if (!row_f64(b->view, r, f, &one_f64))
            return !bit_get(present, row) && range.any_missing;
        return bit_get(present, row) && f64[row] == one_f64 && range.any &&
               range.min_f64 <= one_f64 && range.max_f64 >= one_f64;
    }
    return false;
}

static const char *row_differs(const struct model_table *m, const struct view *v, uint32_t key)
{
    struct row_ref r;
    enum err e = view_find(v, fixture_key(key), &r);
    if (!m->live[key])
        return e == ERR_NOT_FOUND ? NULL : "a row is found that is not in the model";
    if (e)
        return "a row of the model is not found";
    struct block b = view_block(v, r.block);
    if (!bit_get(b.live, r.row))
        return "a dead row is found";
    if (!row_key_equal(row_key_of(v, r), fixture_key(key)))
        return "the row found has another key";
    for (uint32_t f = 0; f < view_table(v)->field_count; f++) {
        if (!cell_is(v, r, f, m->cells[key][f]))
            return "a value differs";
        if (!block_agrees(&b, r.row, f))
            return "a block's value differs from the row's";
    }
    return NULL;
}

static const char *table_differs(const struct model_table *m, const struct view *v)
{
    uint64_t want = 0;
    for (uint32_t key = 0; key < MODEL_KEYS; key++) {
        want += m->live[key];
        const char *words = row_differs(m, v, key);
        if (words)
            return words;
    }
    uint64_t got = 0;
    for (uint32_t i = 0; i < view_block_count(v); i++) {
        struct block b = view_block(v, i);
        uint64_t live = 0;
        for (uint32_t w = 0; w < BLOCK_ROWS / 64; w++)
            live += (uint64_t)__builtin_popcountll(b.live[w]);
        if (b.all_live != (live == b.row_count))
            return "all_live is wrong";
        got += live;
    }
    if (got != want || view_row_count(v) != want)
        return "the number of rows differs";
    return NULL;
}

// Every device by the code of its id, as an event would look it up.
static const char *lookups_differ(const struct model_table *m, const struct view *v)
{
    for (uint32_t key = 0; key < MODEL_KEYS; key++) {
        char room[24];
        const struct field *id = &device_fields[0];
        uint32_t ord = dict_find(view_dict(v, 0), fixture_text(id, (int)key, room));
        uint32_t model = 0;
        double weight = 0;
        uint64_t present = 0;
        lookup_codes(v, 1, &ord, 1, &model);
        lookup_f64(v, 2, &ord, 1, &weight, &present);
        const int *cells = m->cells[key];
        bool has_model = m->live[key] && cells[1] >= 0;
        bool has_weight = m->live[key] && cells[2] >= 0;
        if (has_model != (model != UINT32_MAX) || has_weight != (present == 1))
            return "a look-up has a value too many or too few";
        if (has_model && !text_is(view_dict(v, 1), model, &device_fields[1], cells[1]))
            return "a look-up's text differs";
        if (has_weight && weight != cells[2] / 2.0)
            return "a look-up's number differs";
    }
    return NULL;
}

const char *model_differs(const struct model *m, const struct snapshot *s)
{
    for (uint32_t t = 0; t < TABLES; t++) {
        const char *words = table_differs(&m->tables[t], snapshot_view(s, t));
        if (words)
            return words;
    }
    return lookups_differ(&m->tables[DEVICES], snapshot_view(s, DEVICES));
}

const char *model_differs_from_store(const struct model *m, struct store *st)
{
    struct position fleet;
    struct position paper;
    store_position(st, "fleet", &fleet);
    store_position(st, "paper", &paper);
    if (fleet.end_lsn != m->lsn[0] || paper.end_lsn != m->lsn[1])
        return "a position differs";
    struct snapshot *s = store_snapshot(st);
    const char *words = model_differs(m, s);
    snapshot_free(s);
    return words;
}

uint32_t test_random(struct test_random *r, uint32_t below)
{
    r->state += 0x9e3779b97f4a7c15;
    return (uint32_t)(hash_u64(r->state) % below);
}

TEST(fixture_changeset_is_admitted)
{
    struct arena *arena AUTO(arena_freep) = arena_new(1 << 20);
    struct test_row row = {.op = ROW_PUT, .key = 1, .cells = {1, 2, CELL_NONE, 4}};
    struct test_batch batch = {.table = DEVICES, .row_count = 1, .rows = &row};
    struct position at = fixture_position("fleet", 5);
    const struct admitted *a = fixture_changeset(&at, false, &batch, 1, arena);
    EXPECT(a);
    EXPECT_EQ(admitted_changeset(a)->batch_count, 1);
}

void fixture_open(struct fixture *f)
{
    *f = (struct fixture){.w = fixture_world()};
    f->options.merge_fan_in = 3;
    EXPECT_EQ(store_open(&f->w, &schema, &f->options, &f->st, NULL), OK);
}

void fixture_reopen(struct fixture *f)
{
    struct fault why = {0};
    store_close(f->st);
    if (store_open(&f->w, &schema, &f->options, &f->st, &why) != OK)
        test_fail(__FILE__, __LINE__, "open: %s", why.words);
}

void fixture_close(struct fixture *f)
{
    store_close(f->st);
    fixture_world_drop(&f->w);
}

void fixture_change(struct fixture *f, uint32_t table, enum row_op op, uint32_t from, uint32_t to,
                    int number)
{
    struct arena *arena AUTO(arena_freep) = arena_new(16 << 20);
    struct test_row *rows = ARENA_ARRAY(arena, struct test_row, to - from);
    for (uint32_t k = from; k < to; k++) {
        int first = table == DEVICES ? (int)k : number;
        rows[k - from] = (struct test_row){op, k, k, {first, number, number, number}};
    }
    struct test_batch batch = {table, to - from, rows};
    struct position at = fixture_position(tables[table].source, ++f->lsn);
    EXPECT_EQ(store_append(f->st, fixture_changeset(&at, false, &batch, 1, arena), NULL), OK);
    model_apply(&f->model, &at, false, &batch, 1);
    EXPECT_EQ(store_commit(f->st, NULL), OK);
}

void fixture_check(const struct fixture *f)
{
    const char *words = model_differs_from_store(&f->model, f->st);
    if (words)
        test_fail(__FILE__, __LINE__, "%s", words);
}

TEST(fixture_finds_what_differs)
{
    struct fixture f;
    fixture_open(&f);
    fixture_change(&f, DEVICES, ROW_PUT, 0, 9, 4);
    fixture_check(&f);
    f.model.tables[DEVICES].cells[3][2] = 5;
    EXPECT(model_differs_from_store(&f.model, f.st));
    f.model.tables[DEVICES].cells[3][2] = 4;
    f.model.tables[DEVICES].live[3] = false;
    EXPECT(model_differs_from_store(&f.model, f.st));
    fixture_close(&f);
}
