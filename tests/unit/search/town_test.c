// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "base/pool.h"
#include "json/json.h"
#include "search/agg_cache.h"
#include "unit/search/town.h"
#include "unit/store/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct field event_fields[] = {
    {.name = "device",
     .type = FIELD_PSEUDONYM,
     .subject = "device",
     .lookup_table = 1,
     .lookup_prefix = "device"},
    {.name = "outcome", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "latency", .type = FIELD_LONG, .lookup_table = -1},
    {.name = "at", .type = FIELD_DATE, .lookup_table = -1},
    {.name = "ok", .type = FIELD_BOOLEAN, .lookup_table = -1},
    {.name = "score", .type = FIELD_DOUBLE, .lookup_table = -1},
    {.name = "host", .type = FIELD_KEYWORD, .lookup_table = -1},
};

static const struct field device_fields[] = {
    {.name = "id", .type = FIELD_PSEUDONYM, .subject = "device", .lookup_table = -1},
    {.name = "model", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "weight", .type = FIELD_DOUBLE, .lookup_table = -1},
    {.name = "year", .type = FIELD_INTEGER, .lookup_table = -1},
};

static const struct field call_fields[] = {
    {.name = "outcome", .type = FIELD_KEYWORD, .lookup_table = -1},
    {.name = "latency", .type = FIELD_DOUBLE, .lookup_table = -1},
    {.name = "at", .type = FIELD_DATE, .lookup_table = -1},
    {.name = "n", .type = FIELD_LONG, .lookup_table = -1},
};

static const struct table tables[] = {
    {"events", "fleet", 7, event_fields, E_AT, E_DEVICE, -1},
    {"devices", "fleet", 4, device_fields, -1, D_ID, D_ID},
    {"calls", "fleet", 4, call_fields, C_AT, -1, -1},
};

static const struct metric_by failed_by[] = {
    {.field = E_DEVICE, .lookup = D_MODEL, .name = "device.model"},
    {.field = E_HOST, .lookup = -1, .name = "host"},
};

static const struct metric_by counted_by[] = {
    {.field = E_DEVICE, .lookup = D_YEAR, .name = "device.year"},
    {.field = E_OK, .lookup = -1, .name = "ok"},
};

static const struct metric_decl metrics[] = {
    {.name = "failed",
     .table = 0,
     .time_field = E_AT,
     .kind = METRIC_RATIO,
     .ratio_field = E_OUTCOME,
     .ratio_is_not = true,
     .ratio_value = "ok",
     .by_count = 2,
     .by = failed_by,
     .every_ms = 300000},
    {.name = "counted",
     .table = 0,
     .time_field = E_AT,
     .kind = METRIC_COUNT,
     .by_count = 2,
     .by = counted_by,
     .every_ms = 3600000},
};

static const char *const subjects[] = {"device"};

#define SCHEMA(floor_)                                                                          \
    {                                                                                           \
        .table_count = TOWN_TABLES, .tables = tables, .subject_count = 1, .subjects = subjects, \
        .metric_count = 2, .metrics = metrics, .floor_subjects = (floor_), .fingerprint = 11    \
    }

static const struct schema schemas[] = {SCHEMA(0), SCHEMA(1), SCHEMA(2), SCHEMA(3)};

const struct schema *town_schema(uint32_t floor)
{
    return &schemas[floor];
}

void town_open(struct town *t, uint32_t floor, const struct store_listener *listener)
{
    *t = (struct town){.floor = floor};
    t->world = fixture_world();
    // Some tests ask a hundred times and keep every answer.
    t->request = arena_new(2UL * LIMIT_REQUEST_ARENA_BYTES);
    // So small a budget that columns come and go within every search.
    struct store_options options = {.seal_rows = 9000, .memory_bytes = 64 << 10, .group_blocks = 1};
    EXPECT_EQ(store_open(&t->world, town_schema(floor), &options, &t->store, &t->why), OK);
    if (listener)
        store_listen(t->store, listener);
}

void town_close(struct town *t)
{
    store_close(t->store);
    agg_cache_free(t->cache);
    arena_free(t->request);
    fixture_world_drop(&t->world);
}

static struct slice stored_text(const struct field *f, const char *text, struct arena *arena)
{
    if (f->type != FIELD_PSEUDONYM)
        return slice_text(text);
    char *bytes = arena_alloc(arena, 16);
    memcpy(bytes, text, strlen(text) < 16 ? strlen(text) : 16);
    return slice_of(bytes, 16);
}

struct texts { // distinct texts of a column, found by their pointer or by a small hash
    uint32_t *slots;
    struct slice *values;
    uint32_t count, size;
};

static uint32_t text_code(struct texts *t, struct slice text)
{
    uint32_t at = 2166136261u;
    for (size_t i = 0; i < text.len; i++)
        at = (at ^ text.at[i]) * 16777619u;
    for (at %= t->size; t->slots[at]; at = (at + 1) % t->size)
        if (slice_equal(t->values[t->slots[at] - 1], text))
            return t->slots[at] - 1;
    t->values[t->count] = text;
    t->slots[at] = ++t->count;
    return t->count - 1;
}

static void fill_column(struct batch_column *c, const struct field *f, uint32_t field,
                        const struct town_row *rows, uint32_t n, struct arena *arena)
{
    uint64_t *present = ARENA_ARRAY(arena, uint64_t, bit_words(n));
    uint32_t *codes = ARENA_ARRAY(arena, uint32_t, n);
    int64_t *i64 = ARENA_ARRAY(arena, int64_t, n);
    double *f64 = ARENA_ARRAY(arena, double, n);
    struct texts texts = {.size = 2 * n + 1};
    texts.slots = ARENA_ARRAY(arena, uint32_t, texts.size);
    texts.values = ARENA_ARRAY(arena, struct slice, n);
    bool is_text = field_storage(f->type) == STORAGE_CODE;
    for (uint32_t i = 0; i < n; i++) {
        const struct cell *cell = &rows[i].cells[field];
        if (rows[i].op != ROW_PUT || !(is_text ? cell->text != NULL : cell->has))
            continue;
        bit_set(present, i);
        i64[i] = (int64_t)cell->number;
        f64[i] = cell->number;
        if (is_text)
            codes[i] = text_code(&texts, stored_text(f, cell->text, arena));
    }
    *c = (struct batch_column){.present = present,
                               .codes = codes,
                               .value_count = texts.count,
                               .values = texts.values,
                               .i64 = i64,
                               .f64 = f64};
}

static enum err append(struct town *t, uint32_t table, const struct town_row *rows, uint32_t n)
{
    struct arena *arena AUTO(arena_freep) = arena_new(256 << 20);
    const struct schema *s = town_schema(t->floor);
    const struct table *tab = &s->tables[table];
    uint8_t *ops = ARENA_ARRAY(arena, uint8_t, n);
    struct row_key *keys = ARENA_ARRAY(arena, struct row_key, n);
    struct batch_column *columns = ARENA_ARRAY(arena, struct batch_column, tab->field_count);
    for (uint32_t i = 0; i < n; i++) {
        ops[i] = (uint8_t)rows[i].op;
        if (rows[i].op != ROW_TRUNCATE)
            keys[i].lo = rows[i].key;
    }
    for (uint32_t f = 0; f < tab->field_count; f++)
        fill_column(&columns[f], &tab->fields[f], f, rows, n, arena);
    struct batch batch = {table, n, ops, keys, NULL, columns};
    struct changeset c = {fixture_position("fleet", ++t->lsn), false, 1, &batch};
    struct buf bytes AUTO(buf_donep) = buf_init(LIMIT_CHANGESET_BYTES);
    const struct admitted *a;
    t->why.words[0] = '\0';
    enum err e = changeset_encode(&c, s, &bytes, &t->why);
    if (!e)
        e = admitted_decode(buf_slice(&bytes), s, arena, &a, &t->why);
    return e ? e : store_append(t->store, a, &t->why);
}

enum err town_try_put(struct town *t, uint32_t table, const struct town_row *rows, uint32_t count)
{
    enum err e = OK;
    for (uint32_t at = 0; at < count && !e; at += 16384)
        e = append(t, table, rows + at, count - at < 16384 ? count - at : 16384);
    if (!e)
        e = store_commit(t->store, &t->why);
    bool did = true;
    while (did && !e)
        e = store_maintain(t->store, &did, &t->why);
    return e;
}

void town_put(struct town *t, uint32_t table, const struct town_row *rows, uint32_t count)
{
    if (town_try_put(t, table, rows, count))
        test_fail(__FILE__, __LINE__, "put: %s", t->why.words);
}

const struct permit *town_permit(struct town *t, enum action action)
{
    struct principal who = {.name = "ann"};
    who.roles = t->roles || t->grants ? t->roles : 1u << ROLE_ANALYST;
    snprintf(who.grants, sizeof who.grants, "%s", t->grants ? t->grants : "");
    const struct permit *p = NULL;
    EXPECT_EQ(permit_make(&who, action, slice_text(""), t->request, &p, &t->why), OK);
    return p;
}

struct request town_request(struct town *t, const char *json)
{
    const struct json *body;
    struct request r;
    t->why.words[0] = '\0';
    enum err e = json_parse(slice_text(json), t->request, &body, &t->why);
    if (!e)
        e = request_parse(body, t->request, &r, &t->why);
    if (e)
        test_fail(__FILE__, __LINE__, "request: %s", t->why.words);
    return r;
}

static bool near(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type || (a->type != VALUE_DOUBLE && a->i64 != b->i64))
        return a->type == VALUE_TEXT && b->type == VALUE_TEXT && slice_equal(a->text, b->text);
    return a->type != VALUE_TEXT || slice_equal(a->text, b->text);
}

static bool same_aggs(const struct agg_answer *a, const struct agg_answer *b, uint32_t count);

static bool same_bucket(const struct bucket *a, const struct bucket *b, const struct agg *agg)
{
    bool same = a->doc_count == b->doc_count && same_value(&a->key, &b->key);
    for (uint32_t i = 0; same && a->keys && i < agg->source_count; i++)
        same = same_value(&a->keys[i], &b->keys[i]);
    const struct agg *under = agg;
    for (uint32_t i = 0; agg->kind == AGG_COMPOSITE && i < agg->source_count; i++)
        under = &under->subs[0];
    return same && (!a->subs || same_aggs(a->subs, b->subs, under->sub_count));
}

static bool same_agg(const struct agg_answer *a, const struct agg_answer *b)
{
    bool same = a->bucket_count == b->bucket_count && a->other_count == b->other_count &&
                a->count == b->count && a->distinct == b->distinct && near(a->sum, b->sum) &&
                near(a->min, b->min) && near(a->max, b->max);
    for (uint32_t i = 0; same && a->percentiles && i < a->agg->percent_count; i++)
        same = near(a->percentiles[i], b->percentiles[i]);
    for (uint32_t i = 0; same && i < a->bucket_count; i++)
        same = same_bucket(&a->buckets[i], &b->buckets[i], a->agg);
    return same;
}

static bool same_aggs(const struct agg_answer *a, const struct agg_answer *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!same_agg(&a[i], &b[i]))
            return false;
    return true;
}

static enum err ask(struct town *t, struct search_context *c, const char *json, struct answer *out)
{
    struct request *r = ARENA_NEW(t->request, struct request);
    *r = town_request(t, json);
    return search_run(c, r, t->request, out, &t->why);
}

// What is kept must give the same.
static void ask_kept(struct town *t, struct search_context *c, const char *json,
                     const struct answer *plain)
{
    for (int i = 0; i < 2; i++) {
        struct answer kept = {0};
        enum err e = ask(t, c, json, &kept);
        if (e || kept.total != plain->total || !same_aggs(plain->aggs, kept.aggs, plain->agg_count))
            test_fail(__FILE__, __LINE__, "kept (%d): %s: %s", i, err_name(e), json);
        *(i == 0 ? &t->first : &t->again) = kept;
    }
}

enum err town_try(struct town *t, const char *indices, const char *json, struct answer *out)
{
    uint32_t numbers[TOWN_TABLES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < TOWN_TABLES; i++)
        if (strstr(indices, tables[i].name))
            numbers[count++] = i;
    struct snapshot *now = store_snapshot(t->store);
    struct search_context c = {
        .snapshot = now,
        .permit = town_permit(t, t->roles == 1u << ROLE_METRICS ? ACTION_AGGREGATE : ACTION_READ),
        .tables = numbers,
        .table_count = count,
        .now_ms = 1700000000000,
        .veil = t->veil,
        .pool = pool_new(3), // three threads, a block each at a time
        .piece_blocks = 1,
        .unit_blocks = 1,
        .keeps_at_once = true};
    enum err e = ask(t, &c, json, out);
    if (!t->cache)
        t->cache = agg_cache_new(64 << 20, NULL);
    c.cache = t->cache;
    if (!e)
        ask_kept(t, &c, json, out);
    pool_free(c.pool);
    snapshot_free(now);
    return e;
}

struct answer town_ask(struct town *t, const char *indices, const char *json)
{
    struct answer a = {0};
    enum err e = town_try(t, indices, json, &a);
    if (e)
        test_fail(__FILE__, __LINE__, "search: %s: %s", err_name(e), t->why.words);
    return a;
}

const struct bucket *town_bucket(const struct agg_answer *a, const char *key)
{
    for (uint32_t i = 0; i < a->bucket_count; i++)
        if (slice_is(a->buckets[i].key.text, key))
            return &a->buckets[i];
    test_fail(__FILE__, __LINE__, "no bucket %s", key);
}

const struct bucket *town_bucket_at(const struct agg_answer *a, int64_t key)
{
    for (uint32_t i = 0; i < a->bucket_count; i++)
        if (a->buckets[i].key.i64 == key)
            return &a->buckets[i];
    test_fail(__FILE__, __LINE__, "no bucket %lld", (long long)key);
}

TEST(town_holds_what_is_put_into_it)
{
    struct town t;
    town_open(&t, 0, NULL);
    struct town_row row = {.key = 1, .cells = {T("d1"), T("ok"), N(5), N(1000), N(1), N(0.5)}};
    town_put(&t, TOWN_EVENTS, &row, 1);
    struct answer a = town_ask(&t, "events", "{}");
    EXPECT_EQ(a.total, 1);
    EXPECT_EQ(a.hit_count, 1);
    EXPECT_EQ(a.hits[0].field_count, 6);
    town_close(&t);
}
