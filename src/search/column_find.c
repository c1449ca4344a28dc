// SPDX-License-Identifier: Apache-2.0
// Columns on the way to the first block: found, tied to their tables, given their codes,
// their bounds and their arrays.
#include "access/seen.h"
#include "base/check.h"
#include "search/column_private.h"

enum {
    // A flat look-up is refused past so many keys: 64 MB of codes.
    FLAT_KEYS_MAX = 16 << 20,
    // Up to so many blocks are looked up leaf by leaf, which takes 50 us each.
    MISSING_FEW = 8,
};

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
    size_t fields = (size_t)cs->field_count_max + 1;
    cs->raw = room_alloc(room, sizeof *cs->raw * fields);
    cs->raw_stamp = room_alloc(room, sizeof *cs->raw_stamp * fields);
    cs->raw_packed = room_alloc(room, sizeof *cs->raw_packed * fields);
    cs->raw_packed_stamp = room_alloc(room, sizeof *cs->raw_packed_stamp * fields);
    cs->rows = room_alloc(room, BLOCK_ROWS * sizeof *cs->rows + BLOCK_SLACK);
    cs->bits = room_alloc(room, BLOCK_WORDS * sizeof *cs->bits + BLOCK_SLACK);
    cs->scratch = room_alloc(room, BLOCK_ROWS * sizeof *cs->scratch + BLOCK_SLACK);
    return room->is_over ? ERR_LIMIT : OK;
}

void columns_share(struct columns *cs, const struct columns *from)
{
    cs->shared = from;
}

void columns_done(struct columns *cs)
{
    for (size_t i = 0; i < cs->count; i++) {
        const struct column *c = cs->items[i];
        for (uint32_t t = 0; c->owns_sources && t < cs->table_count; t++)
            attribute_close(c->sources[t].attribute);
        dict_free(c->merged);
    }
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
        if (schema_path(cs->schema, t, c->name, &s->path) != OK ||
            (cs->permit && !seen_field(cs->permit, cs->schema, t, c->name)))
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

static bool flat_arrays(struct columns *cs, enum width width, struct column_source *s,
                        uint32_t keys)
{
    size_t rows = ((size_t)keys + BLOCK_ROWS) / BLOCK_ROWS * BLOCK_ROWS;
    if (s->storage == STORAGE_CODE)
        return (s->flat_codes = room_alloc(cs->room, rows * width)) != NULL;
    s->flat_present = room_alloc(cs->room, rows / 8);
    if (s->storage == STORAGE_I64)
        s->flat_i64 = room_alloc(cs->room, rows * sizeof(int64_t));
    else
        s->flat_f64 = room_alloc(cs->room, rows * sizeof(double));
    return s->flat_present && (s->flat_i64 || s->flat_f64);
}

// `ords` are used up.
static void flatten_piece(enum width width, const struct column_source *s, uint32_t *ords,
                          uint32_t first, uint32_t count)
{
    uint32_t field = (uint32_t)s->path.lookup;
    if (s->storage == STORAGE_CODE) {
        lookup_codes(s->target, field, ords, count, ords);
        codes_narrow(ords, count, s->code_map, width,
                     (uint8_t *)s->flat_codes + (size_t)first * width);
        return;
    }
    uint64_t *present = s->flat_present + first / 64;
    if (s->storage == STORAGE_I64)
        lookup_i64(s->target, field, ords, count, s->flat_i64 + first, present);
    else
        lookup_f64(s->target, field, ords, count, s->flat_f64 + first, present);
}

// What the store keeps of the rows' codes; true when so few blocks are missing that making
// anything of the whole look-up for them would cost more.
static bool read_attribute(struct column_source *s, enum width width)
{
    if (s->storage != STORAGE_CODE || s->code_map)
        return false;
    struct attribute_path path = {.field = s->path.field,
                                  .target = s->target,
                                  .target_field = (uint32_t)s->path.lookup,
                                  .width = width};
    s->attribute = attribute_open(s->view, &path);
    return s->attribute && attribute_missing(s->attribute) <= MISSING_FEW;
}

static enum err flatten(struct columns *cs, enum width width, struct column_source *s)
{
    if (read_attribute(s, width))
        return OK;
    uint32_t keys = view_dict_count(s->view, s->path.field);
    if (keys > FLAT_KEYS_MAX || keys > view_row_count(s->view))
        return OK;
    if (s->storage == STORAGE_CODE && !s->code_map) {
        s->is_flat = true;
        return OK;
    }
    uint32_t *ords = room_alloc(cs->room, sizeof *ords * BLOCK_ROWS);
    if (!ords || !flat_arrays(cs, width, s, keys))
        return ERR_LIMIT;
    for (uint32_t first = 0; first < keys; first += BLOCK_ROWS) {
        uint32_t count = keys - first < BLOCK_ROWS ? keys - first : BLOCK_ROWS;
        for (uint32_t i = 0; i < count; i++)
            ords[i] = first + i;
        flatten_piece(width, s, ords, first, count);
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

// Whole numbers that lie close together, over all tables.
static void find_distance(struct column *c)
{
    uint64_t span = (uint64_t)c->max - (uint64_t)c->min;
    c->is_near = c->storage == STORAGE_I64 && c->has_bounds && span < UINT32_MAX;
    c->distance_width = span < UINT16_MAX ? WIDTH_U16 : WIDTH_U32;
}

static void *block_array(struct columns *cs, size_t value_bytes)
{
    return room_alloc(cs->room, BLOCK_ROWS * value_bytes + BLOCK_SLACK);
}

static bool block_arrays(struct columns *cs, struct column *c)
{
    c->present = block_array(cs, 1);
    if (c->storage == STORAGE_CODE)
        c->codes = c->own_codes = block_array(cs, c->width);
    else
        c->i64 = block_array(cs, sizeof(int64_t));
    if (c->storage == STORAGE_F64)
        c->f64 = block_array(cs, sizeof(double));
    return !cs->room->is_over;
}

// What another thread's columns have worked out already; only the arrays are our own.
static bool copy_shared(struct columns *cs, struct column *c)
{
    for (size_t i = 0; cs->shared && i < cs->shared->count; i++) {
        const struct column *from = cs->shared->items[i];
        if (!slice_equal(from->name, c->name) || !from->combined != !c->combined)
            continue;
        *c = (struct column){.name = from->name,
                             .is_mapped = from->is_mapped,
                             .type = from->type,
                             .storage = from->storage,
                             .dict = from->dict,
                             .dict_count = from->dict_count,
                             .sources = from->sources,
                             .has_bounds = from->has_bounds,
                             .min = from->min,
                             .max = from->max,
                             .min_f64 = from->min_f64,
                             .max_f64 = from->max_f64,
                             .width = from->width,
                             .is_near = from->is_near,
                             .distance_width = from->distance_width};
        return true;
    }
    return false;
}

static enum err refuse_sealed(const struct columns *cs, const struct column *c, struct fault *why)
{
    for (uint32_t i = 0; i < cs->table_count; i++) {
        if (c->sources[i].is_mapped && c->sources[i].path.type == FIELD_SEALED)
            return schema_refuse_sealed(c->name, why);
    }
    return OK;
}

static enum err column_make(struct columns *cs, struct column *c, struct fault *why)
{
    if (copy_shared(cs, c))
        return !c->is_mapped || block_arrays(cs, c) ? OK : ERR_LIMIT;
    c->owns_sources = true;
    resolve(cs, c);
    enum err e = refuse_sealed(cs, c, why);
    if (!e)
        e = agree(c, cs->table_count, why);
    if (e || !c->is_mapped)
        return e;
    if (c->storage == STORAGE_CODE)
        e = merge_dicts(cs, c, why);
    c->width = width_for(c->dict_count);
    for (uint32_t i = 0; i < cs->table_count && !e; i++)
        if (c->sources[i].target)
            e = flatten(cs, c->width, &c->sources[i]);
    if (!e && c->storage != STORAGE_CODE)
        find_bounds(cs, c);
    find_distance(c);
    if (!e && !block_arrays(cs, c))
        e = ERR_LIMIT;
    return e;
}

// Among the others before it is made, so that columns_done() sees what it holds.
static struct column *column_new(struct columns *cs, struct slice name)
{
    struct column **items =
        room_grow(cs->room, cs->items, &cs->cap, cs->count + 1, sizeof(struct column *));
    struct column *c = room_alloc(cs->room, sizeof *c);
    if (!items || !c)
        return NULL;
    cs->items = items;
    c->name = name;
    c->type = FIELD_TYPE_COUNT;
    c->sources = room_alloc(cs->room, sizeof *c->sources * (cs->table_count + 1));
    if (c->sources)
        cs->items[cs->count++] = c;
    return c->sources ? c : NULL;
}

enum err columns_find(struct columns *cs, struct slice name, struct column **out, struct fault *why)
{
    for (size_t i = 0; i < cs->count; i++) {
        if (!cs->items[i]->combined && slice_equal(cs->items[i]->name, name)) {
            *out = cs->items[i];
            return OK;
        }
    }
    struct column *c = column_new(cs, name);
    if (!c)
        return ERR_LIMIT;
    enum err e = column_make(cs, c, why);
    *out = c;
    return e;
}

// ---- combinations ----

enum { COMBINED_PRODUCT_MAX = UINT16_MAX - 1 }; // joined codes are of two bytes

static bool is_combinable(const struct columns *cs, const struct column *c,
                          const struct column *first)
{
    const struct column_source *s = &c->sources[0];
    return cs->table_count == 1 && column_is_text(c) && c->width == WIDTH_U8 && s->is_mapped &&
           s->target && !s->code_map && s->attribute && c->dict_count > 0 &&
           s->path.field == first->sources[0].path.field;
}

static bool are_combinable(const struct columns *cs, struct column *const *columns, uint32_t count,
                           uint32_t *out_product)
{
    uint64_t product = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_combinable(cs, columns[i], columns[0]))
            return false;
        product *= columns[i]->dict_count;
    }
    *out_product = (uint32_t)product; // of four bytes' sizes
    return product <= COMBINED_PRODUCT_MAX;
}

static struct slice combined_name(struct columns *cs, struct column *const *columns, uint32_t count)
{
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++)
        len += columns[i]->name.len + 1;
    uint8_t *at = room_alloc(cs->room, len);
    size_t end = 0;
    for (uint32_t i = 0; at && i < count; i++) {
        memcpy(at + end, columns[i]->name.at, columns[i]->name.len);
        end += columns[i]->name.len + 1; // a zero between, as no field's name has
    }
    return slice_of(at, at ? len : 0);
}

static void open_combined(struct column *c)
{
    const struct combined *b = c->combined;
    struct column_source *s = &c->sources[0];
    *s = b->columns[0]->sources[0];
    struct attribute_path path = {.field = s->path.field,
                                  .target = s->target,
                                  .target_field = (uint32_t)s->path.lookup,
                                  .width = WIDTH_U8,
                                  .more_count = b->count - 1};
    for (uint32_t i = 1; i < b->count; i++)
        path.more[i - 1] = (uint32_t)b->columns[i]->sources[0].path.lookup;
    s->is_flat = false;
    s->attribute = attribute_open(s->view, &path);
    c->owns_sources = true;
    c->is_mapped = true;
    c->type = FIELD_KEYWORD;
    c->storage = STORAGE_CODE;
    c->width = WIDTH_U8;
}

static enum err combined_make(struct columns *cs, struct column *c, struct column *const *columns,
                              uint32_t count)
{
    struct combined *b = c->combined;
    b->count = count;
    memcpy(b->columns, columns, count * sizeof(struct column *));
    b->places = room_alloc(cs->room, b->product + BLOCK_SLACK);
    if (!copy_shared(cs, c))
        open_combined(c);
    c->combined = b;
    return b->places && block_arrays(cs, c) ? OK : ERR_LIMIT;
}

enum err columns_combine(struct columns *cs, struct column *const *columns, uint32_t count,
                         struct column **out)
{
    DCHECK(count >= 2 && count <= COMBINED_MAX);
    uint32_t product;
    *out = NULL;
    if (!are_combinable(cs, columns, count, &product))
        return OK;
    struct slice name = combined_name(cs, columns, count);
    for (size_t i = 0; i < cs->count; i++)
        if (cs->items[i]->combined && slice_equal(cs->items[i]->name, name))
            *out = cs->items[i];
    if (*out || cs->room->is_over)
        return cs->room->is_over ? ERR_LIMIT : OK;
    struct column *c = column_new(cs, name);
    struct combined *b = room_alloc(cs->room, sizeof *b);
    if (!c || !b)
        return ERR_LIMIT;
    b->product = product;
    c->combined = b;
    enum err e = combined_make(cs, c, columns, count);
    *out = e || !c->sources[0].attribute ? NULL : c;
    return e;
}
