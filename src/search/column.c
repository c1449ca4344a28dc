// SPDX-License-Identifier: Apache-2.0
#include "search/column.h"

#include "base/check.h"

#include <math.h>

// A flat look-up is refused past so many keys: 64 MB of codes.
enum { FLAT_KEYS_MAX = 16 << 20 };

enum err columns_init(struct columns *cs, const struct snapshot *snapshot, const uint32_t *tables,
                      uint32_t table_count, struct room *room)
{
    *cs = (struct columns){.schema = snapshot_schema(snapshot),
                           .snapshot = snapshot,
                           .tables = tables,
                           .table_count = table_count,
                           .room = room};
    for (uint32_t i = 0; i < table_count; i++) {
        uint32_t fields = cs->schema->tables[tables[i]].field_count;
        if (fields > cs->field_count_max)
            cs->field_count_max = fields;
    }
    cs->raw = room_alloc(room, sizeof *cs->raw * (cs->field_count_max + 1));
    cs->raw_stamp = room_alloc(room, sizeof *cs->raw_stamp * (cs->field_count_max + 1));
    return cs->raw && cs->raw_stamp ? OK : ERR_LIMIT;
}

void columns_done(struct columns *cs)
{
    for (size_t i = 0; i < cs->count; i++)
        dict_free(cs->items[i]->merged);
    cs->count = 0;
}

static const struct table *table_of(const struct columns *cs, uint32_t i)
{
    return &cs->schema->tables[cs->tables[i]];
}

static void resolve(const struct columns *cs, struct column *c)
{
    for (uint32_t i = 0; i < cs->table_count; i++) {
        struct column_source *s = &c->sources[i];
        const struct table *t = table_of(cs, i);
        s->view = snapshot_view(cs->snapshot, cs->tables[i]);
        if (schema_path(cs->schema, t, c->name, &s->path) != OK)
            continue;
        s->is_mapped = true;
        s->storage = field_storage(s->path.type);
        if (s->path.lookup >= 0)
            s->target =
                snapshot_view(cs->snapshot, (uint32_t)t->fields[s->path.field].lookup_table);
    }
}

// One type for all tables: the first one's, or double when whole and broken numbers meet.
static enum err agree(struct column *c, uint32_t count, struct fault *why)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct column_source *s = &c->sources[i];
        if (!s->is_mapped)
            continue;
        if (!c->is_mapped) {
            c->is_mapped = true;
            c->type = s->path.type;
            c->storage = s->storage;
        } else if ((c->storage == STORAGE_CODE) != (s->storage == STORAGE_CODE)) {
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: Field [%.*s] has type [%s] in one index and "
                        "[%s] in another",
                        SLICE_PRINT(c->name), field_type_name(c->type),
                        field_type_name(s->path.type));
        } else if (s->storage == STORAGE_F64 && c->storage == STORAGE_I64) {
            c->type = FIELD_DOUBLE;
            c->storage = STORAGE_F64;
        }
    }
    return OK;
}

static const struct view *value_view(const struct column_source *s)
{
    return s->target ? s->target : s->view;
}

static uint32_t value_field(const struct column_source *s)
{
    return s->target ? (uint32_t)s->path.lookup : s->path.field;
}

static enum err merge_one(struct columns *cs, struct column *c, struct column_source *s,
                          struct fault *why)
{
    const struct dict *d = view_dict(value_view(s), value_field(s));
    uint32_t count = view_dict_count(value_view(s), value_field(s));
    uint32_t *map = room_alloc(cs->room, sizeof *map * ((size_t)count + 1));
    if (!map)
        return ERR_LIMIT;
    for (uint32_t code = 0; code < count; code++) {
        enum err e = dict_add(c->merged, dict_value(d, code), &map[code], why);
        if (e)
            return e;
    }
    s->code_map = map;
    return OK;
}

static enum err merge_dicts(struct columns *cs, struct column *c, struct fault *why)
{
    bool differ = false;
    for (uint32_t i = 0; i < cs->table_count; i++) {
        const struct column_source *s = &c->sources[i];
        if (!s->is_mapped)
            continue;
        const struct dict *d = view_dict(value_view(s), value_field(s));
        uint32_t count = view_dict_count(value_view(s), value_field(s));
        differ |= c->dict && c->dict != d;
        c->dict = d;
        if (count > c->dict_count)
            c->dict_count = count;
    }
    if (!differ)
        return OK;
    c->merged = dict_new(0);
    for (uint32_t i = 0; i < cs->table_count; i++) {
        enum err e = c->sources[i].is_mapped ? merge_one(cs, c, &c->sources[i], why) : OK;
        if (e)
            return e;
    }
    c->dict = c->merged;
    c->dict_count = dict_count(c->merged);
    return OK;
}

static void map_codes(uint32_t *codes, uint32_t count, const uint32_t *map)
{
    for (uint32_t i = 0; i < count; i++)
        codes[i] = codes[i] == CODE_NONE ? CODE_NONE : map[codes[i]];
}

static bool flat_arrays(struct columns *cs, struct column_source *s, uint32_t keys)
{
    size_t rows = ((size_t)keys + BLOCK_ROWS) / BLOCK_ROWS * BLOCK_ROWS;
    if (s->storage == STORAGE_CODE)
        return (s->flat_codes = room_alloc(cs->room, rows * sizeof(uint32_t))) != NULL;
    s->flat_present = room_alloc(cs->room, rows / 8);
    if (s->storage == STORAGE_I64)
        s->flat_i64 = room_alloc(cs->room, rows * sizeof(int64_t));
    else
        s->flat_f64 = room_alloc(cs->room, rows * sizeof(double));
    return s->flat_present && (s->flat_i64 || s->flat_f64);
}

static void flatten_piece(const struct column_source *s, const uint32_t *ords, uint32_t first,
                          uint32_t count)
{
    uint32_t field = (uint32_t)s->path.lookup;
    if (s->storage == STORAGE_CODE) {
        uint32_t *codes = s->flat_codes + first;
        lookup_codes(s->target, field, ords, count, codes);
        if (s->code_map)
            map_codes(codes, count, s->code_map);
        return;
    }
    uint64_t *present = s->flat_present + first / 64;
    if (s->storage == STORAGE_I64)
        lookup_i64(s->target, field, ords, count, s->flat_i64 + first, present);
    else
        lookup_f64(s->target, field, ords, count, s->flat_f64 + first, present);
}

static enum err flatten(struct columns *cs, struct column_source *s)
{
    uint32_t keys = view_dict_count(s->view, s->path.field);
    if (keys > FLAT_KEYS_MAX || keys > view_row_count(s->view))
        return OK;
    uint32_t *ords = room_alloc(cs->room, sizeof *ords * BLOCK_ROWS);
    if (!ords || !flat_arrays(cs, s, keys))
        return ERR_LIMIT;
    for (uint32_t first = 0; first < keys; first += BLOCK_ROWS) {
        uint32_t count = keys - first < BLOCK_ROWS ? keys - first : BLOCK_ROWS;
        for (uint32_t i = 0; i < count; i++)
            ords[i] = first + i;
        flatten_piece(s, ords, first, count);
    }
    s->flat_count = keys;
    return OK;
}

static void widen(struct column *c, double lo, double hi, bool *any)
{
    c->min_f64 = *any && c->min_f64 < lo ? c->min_f64 : lo;
    c->max_f64 = *any && c->max_f64 > hi ? c->max_f64 : hi;
    *any = true;
}

static void widen_i64(struct column *c, int64_t lo, int64_t hi, bool *any)
{
    c->min = *any && c->min < lo ? c->min : lo;
    c->max = *any && c->max > hi ? c->max : hi;
    widen(c, (double)lo, (double)hi, any);
}

static bool bounds_of_flat(struct column *c, const struct column_source *s, bool *any)
{
    if (!s->flat_present)
        return false;
    for (uint32_t i = 0; i < s->flat_count; i++) {
        if (!bit_get(s->flat_present, i))
            continue;
        if (s->storage == STORAGE_I64)
            widen_i64(c, s->flat_i64[i], s->flat_i64[i], any);
        else
            widen(c, s->flat_f64[i], s->flat_f64[i], any);
    }
    return true;
}

static void bounds_of_blocks(struct column *c, const struct column_source *s, bool *any)
{
    for (uint32_t b = 0; b < view_block_count(s->view); b++) {
        struct block block = view_block(s->view, b);
        struct block_range r = block_range(&block, s->path.field);
        if (!r.any)
            continue;
        if (s->storage == STORAGE_I64)
            widen_i64(c, r.min, r.max, any);
        else
            widen(c, r.min_f64, r.max_f64, any);
    }
}

static void find_bounds(const struct columns *cs, struct column *c)
{
    bool any = false;
    for (uint32_t i = 0; i < cs->table_count; i++) {
        const struct column_source *s = &c->sources[i];
        if (!s->is_mapped)
            continue;
        if (!s->target)
            bounds_of_blocks(c, s, &any);
        else if (!bounds_of_flat(c, s, &any))
            return;
    }
    c->has_bounds = any;
}

static bool block_arrays(struct columns *cs, struct column *c)
{
    c->present = room_alloc(cs->room, BLOCK_WORDS * sizeof(uint64_t));
    if (c->storage == STORAGE_CODE)
        c->codes = room_alloc(cs->room, BLOCK_ROWS * sizeof(uint32_t));
    else
        c->i64 = room_alloc(cs->room, BLOCK_ROWS * sizeof(int64_t));
    if (c->storage == STORAGE_F64)
        c->f64 = room_alloc(cs->room, BLOCK_ROWS * sizeof(double));
    return !cs->room->is_over;
}

static enum err column_make(struct columns *cs, struct column *c, struct fault *why)
{
    resolve(cs, c);
    enum err e = agree(c, cs->table_count, why);
    if (e || !c->is_mapped)
        return e;
    if (c->storage == STORAGE_CODE)
        e = merge_dicts(cs, c, why);
    for (uint32_t i = 0; i < cs->table_count && !e; i++)
        if (c->sources[i].target)
            e = flatten(cs, &c->sources[i]);
    if (!e && c->storage != STORAGE_CODE)
        find_bounds(cs, c);
    if (!e && !block_arrays(cs, c))
        e = ERR_LIMIT;
    return e;
}

enum err columns_find(struct columns *cs, struct slice name, struct column **out, struct fault *why)
{
    for (size_t i = 0; i < cs->count; i++) {
        if (slice_equal(cs->items[i]->name, name)) {
            *out = cs->items[i];
            return OK;
        }
    }
    struct column **items =
        room_grow(cs->room, cs->items, &cs->cap, cs->count + 1, sizeof(struct column *));
    struct column *c = room_alloc(cs->room, sizeof *c);
    if (!items || !c)
        return ERR_LIMIT;
    cs->items = items;
    c->name = name;
    c->type = FIELD_TYPE_COUNT;
    c->sources = room_alloc(cs->room, sizeof *c->sources * (cs->table_count + 1));
    if (!c->sources)
        return ERR_LIMIT;
    cs->items[cs->count++] = c; // before it is made, so that columns_done() sees its dictionary
    enum err e = column_make(cs, c, why);
    *out = c;
    return e;
}

void columns_block(struct columns *cs, uint32_t at, struct block block)
{
    cs->at = at;
    cs->block = block;
    cs->stamp++;
}

static uint32_t *raw_codes(struct columns *cs, uint32_t field)
{
    if (!cs->raw[field])
        cs->raw[field] = room_alloc(cs->room, BLOCK_ROWS * sizeof(uint32_t));
    if (cs->raw[field] && cs->raw_stamp[field] != cs->stamp) {
        block_codes(&cs->block, field, cs->raw[field]);
        cs->raw_stamp[field] = cs->stamp;
    }
    return cs->raw[field];
}

static void load_nothing(struct column *c)
{
    memset(c->present, 0, BLOCK_WORDS * sizeof(uint64_t));
    if (c->codes)
        memset(c->codes, 0xff, BLOCK_ROWS * sizeof(uint32_t));
    if (c->i64)
        memset(c->i64, 0, BLOCK_ROWS * sizeof(int64_t));
    if (c->f64)
        memset(c->f64, 0, BLOCK_ROWS * sizeof(double));
}

static void load_flat(const struct columns *cs, struct column *c, const struct column_source *s,
                      const uint32_t *ords)
{
    uint32_t rows = cs->block.row_count;
    if (s->flat_codes) {
        for (uint32_t i = 0; i < rows; i++)
            c->codes[i] = ords[i] < s->flat_count ? s->flat_codes[ords[i]] : CODE_NONE;
        return;
    }
    memset(c->present, 0, BLOCK_WORDS * sizeof(uint64_t));
    for (uint32_t i = 0; i < rows; i++) {
        bool has = ords[i] < s->flat_count && bit_get(s->flat_present, ords[i]);
        if (s->flat_i64)
            c->i64[i] = has ? s->flat_i64[ords[i]] : 0;
        else
            c->f64[i] = has ? s->flat_f64[ords[i]] : 0;
        c->present[i / 64] |= (uint64_t)has << (i % 64);
    }
}

static void load_lookup(struct columns *cs, struct column *c, const struct column_source *s)
{
    const uint32_t *ords = raw_codes(cs, s->path.field);
    uint32_t rows = cs->block.row_count;
    uint32_t field = (uint32_t)s->path.lookup;
    if (!ords) {
        load_nothing(c);
    } else if (s->flat_codes || s->flat_present) {
        load_flat(cs, c, s, ords);
    } else if (s->storage == STORAGE_CODE) {
        lookup_codes(s->target, field, ords, rows, c->codes);
        if (s->code_map)
            map_codes(c->codes, rows, s->code_map);
    } else if (s->storage == STORAGE_I64) {
        lookup_i64(s->target, field, ords, rows, c->i64, c->present);
    } else {
        lookup_f64(s->target, field, ords, rows, c->f64, c->present);
    }
}

static void load_plain(struct columns *cs, struct column *c, const struct column_source *s)
{
    uint32_t field = s->path.field;
    if (s->storage == STORAGE_I64) {
        block_i64(&cs->block, field, c->i64, c->present);
    } else if (s->storage == STORAGE_F64) {
        block_f64(&cs->block, field, c->f64, c->present);
    } else {
        const uint32_t *raw = raw_codes(cs, field);
        if (!raw) {
            load_nothing(c);
            return;
        }
        memcpy(c->codes, raw, cs->block.row_count * sizeof *raw);
        if (s->code_map)
            map_codes(c->codes, cs->block.row_count, s->code_map);
    }
}

static bool is_full(const uint64_t *present, uint32_t rows)
{
    for (uint32_t w = 0; w < rows / 64; w++)
        if (present[w] != UINT64_MAX)
            return false;
    uint64_t last = ((uint64_t)1 << (rows % 64)) - 1;
    return rows % 64 == 0 || (present[rows / 64] & last) == last;
}

void column_load(struct columns *cs, struct column *c)
{
    if (c->stamp == cs->stamp || !c->is_mapped)
        return;
    c->stamp = cs->stamp;
    const struct column_source *s = &c->sources[cs->at];
    c->is_full = false;
    if (!s->is_mapped) {
        load_nothing(c);
        return;
    }
    if (s->target)
        load_lookup(cs, c, s);
    else
        load_plain(cs, c, s);
    if (c->storage != STORAGE_CODE)
        c->is_full = is_full(c->present, cs->block.row_count);
    if (c->storage == STORAGE_F64 && s->storage == STORAGE_I64)
        for (uint32_t i = 0; i < cs->block.row_count; i++)
            c->f64[i] = (double)c->i64[i];
}

const uint64_t *column_present(struct columns *cs, struct column *c)
{
    column_load(cs, c);
    if (!column_is_text(c) || c->present_stamp == cs->stamp)
        return c->present;
    c->present_stamp = cs->stamp;
    memset(c->present, 0, BLOCK_WORDS * sizeof(uint64_t));
    for (uint32_t i = 0; i < cs->block.row_count; i++)
        c->present[i / 64] |= (uint64_t)(c->codes[i] != CODE_NONE) << (i % 64);
    return c->present;
}

bool column_range(const struct columns *cs, const struct column *c, struct block_range *out)
{
    if (!c->is_mapped)
        return false;
    const struct column_source *s = &c->sources[cs->at];
    if (!s->is_mapped) {
        *out = (struct block_range){.any_missing = true};
        return true;
    }
    if (s->target || s->code_map || s->storage != c->storage)
        return false;
    *out = block_range(&cs->block, s->path.field);
    return true;
}
