// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "kernel/compare.h"
#include "kernel/compress.h"
#include "kernel/gather.h"
#include "kernel/mask.h"
#include "kernel/ordinal.h"
#include "search/column_private.h"

// Below one row in so many, single rows are picked instead of whole arrays packed.
enum { FEW_ONE_IN = 16 };

void columns_block(struct columns *cs, uint32_t at, struct block block)
{
    cs->at = at;
    cs->block = block;
    cs->stamp++;
}

// ---- by row ----

static uint32_t *raw_codes(struct columns *cs, uint32_t field)
{
    if (!cs->raw[field])
        cs->raw[field] = room_alloc(cs->room, BLOCK_ROWS * sizeof(uint32_t) + BLOCK_SLACK);
    if (cs->raw[field] && cs->raw_stamp[field] != cs->stamp) {
        block_codes(&cs->block, field, cs->raw[field]);
        cs->raw_stamp[field] = cs->stamp;
    }
    return cs->raw[field];
}

#define NARROW(type)                                        \
    for (uint32_t i = 0; i < count; i++) {                  \
        uint32_t code = codes[i];                           \
        code = map && code != CODE_NONE ? map[code] : code; \
        ((type *)out)[i] = (type)code;                      \
    }

// All ones cut short are all ones still.
void codes_narrow(const uint32_t *codes, uint32_t count, const uint32_t *map, enum width width,
                  void *out)
{
    switch (width) {
    case WIDTH_U8:
        NARROW(uint8_t);
        break;
    case WIDTH_U16:
        NARROW(uint16_t);
        break;
    case WIDTH_U32:
        NARROW(uint32_t);
        break;
    }
}

static void load_nothing(struct column *c)
{
    memset(c->present, 0, BLOCK_WORDS * sizeof(uint64_t));
    if (c->own_codes)
        memset(c->own_codes, 0xff, BLOCK_ROWS * (size_t)c->width);
    if (c->i64)
        memset(c->i64, 0, BLOCK_ROWS * sizeof(int64_t));
    if (c->f64)
        memset(c->f64, 0, BLOCK_ROWS * sizeof(double));
}

static void gather(enum width width, const void *table, uint32_t len, const uint32_t *index,
                   uint32_t count, void *out)
{
    switch (width) {
    case WIDTH_U8:
        gather_u8(table, len, index, count, out);
        break;
    case WIDTH_U16:
        gather_u16(table, len, index, count, out);
        break;
    case WIDTH_U32:
        gather_u32(table, len, index, count, out);
        break;
    }
}

static void load_flat_numbers(const struct columns *cs, struct column *c,
                              const struct column_source *s, const uint32_t *ords)
{
    memset(c->present, 0, BLOCK_WORDS * sizeof(uint64_t));
    for (uint32_t i = 0; i < cs->block.row_count; i++) {
        bool has = ords[i] < s->flat_count && bit_get(s->flat_present, ords[i]);
        if (s->flat_i64)
            c->i64[i] = has ? s->flat_i64[ords[i]] : 0;
        else
            c->f64[i] = has ? s->flat_f64[ords[i]] : 0;
        c->present[i / 64] |= (uint64_t)has << (i % 64);
    }
}

// Codes of `count` rows whose referring codes are `ords`.
static void look_up(struct columns *cs, struct column *c, const struct column_source *s,
                    const uint32_t *ords, uint32_t count, void *out)
{
    uint32_t flat_count = s->flat_count;
    const void *flat = s->flat_codes;
    if (s->is_flat)
        flat = lookup_flat_codes(s->target, (uint32_t)s->path.lookup, c->width, &flat_count);
    if (flat) {
        gather(c->width, flat, flat_count, ords, count, out);
        return;
    }
    lookup_codes(s->target, (uint32_t)s->path.lookup, ords, count, cs->scratch);
    codes_narrow(cs->scratch, count, s->code_map, c->width, out);
}

static const void *kept_codes(const struct columns *cs, const struct column_source *s)
{
    return s->attribute ? attribute_codes(s->attribute, &cs->block) : NULL;
}

// ---- combinations ----

static uint32_t joined_code(const struct combined *b, const uint32_t *values)
{
    uint32_t code = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        if (values[i] >= b->columns[i]->dict_count) // newer than this search
            return UINT32_MAX;
        code = code * b->columns[i]->dict_count + values[i];
    }
    return code;
}

// Makes `places` tell the combinations of the block's part.
static void know_combinations(struct combined *b, const struct combinations *of)
{
    if (b->of != of) {
        memset(b->places, 0xff, b->product);
        b->of = of;
        b->known = 0;
    }
    uint32_t count = combinations_count(of);
    for (; b->known < count; b->known++) {
        uint32_t code = joined_code(b, of->values[b->known]);
        if (code != UINT32_MAX)
            b->places[code] = (uint8_t)b->known;
    }
}

// Joined codes of all rows, two bytes each; NULL where a column could not be loaded.
static const uint16_t *join_columns(struct columns *cs, const struct combined *b)
{
    for (uint32_t i = 0; i < b->count; i++)
        column_load(cs, b->columns[i]);
    const struct column *first = b->columns[0];
    struct codes joined = {first->width, first->codes};
    for (uint32_t i = 1; i < b->count; i++) {
        const struct column *c = b->columns[i];
        ordinal_join(joined, c->dict_count, (struct codes){c->width, c->codes}, cs->block.row_count,
                     WIDTH_U16, cs->scratch);
        joined = (struct codes){WIDTH_U16, cs->scratch};
    }
    return joined.at;
}

// Those of joined codes that the part has not seen yet.  False when there are too many.
static bool add_combinations(struct combined *b, struct combinations *to, const uint16_t *joined,
                             uint32_t rows)
{
    for (uint32_t i = 0; i < rows; i++) {
        if (joined[i] >= b->product || b->places[joined[i]] != COMBINATION_NONE)
            continue;
        uint32_t values[COMBINED_MAX] = {0};
        uint32_t left = joined[i];
        for (uint32_t f = b->count; f > 0; f--) {
            values[f - 1] = left % b->columns[f - 1]->dict_count;
            left /= b->columns[f - 1]->dict_count;
        }
        uint32_t place = combinations_add(to, values);
        if (place == COMBINATION_NONE)
            return false;
        b->places[joined[i]] = (uint8_t)place;
    }
    return true;
}

static void load_combined(struct columns *cs, struct column *c, const struct column_source *s)
{
    struct combined *b = c->combined;
    struct combinations *of =
        s->attribute ? attribute_combinations(s->attribute, &cs->block) : NULL;
    const void *kept = kept_codes(cs, s);
    if (kept) {
        c->codes = kept;
        return;
    }
    load_nothing(c);
    if (!of || !attribute_takes(s->attribute, &cs->block))
        return;
    know_combinations(b, of);
    uint32_t rows = cs->block.row_count;
    const uint16_t *joined = join_columns(cs, b);
    if (!add_combinations(b, of, joined, rows))
        return;
    gather_u8_by(b->places, b->product, (struct codes){WIDTH_U16, joined}, rows, c->own_codes);
    attribute_keep(s->attribute, &cs->block, c->own_codes);
}

const struct combinations *column_combinations(const struct columns *cs, const struct column *c)
{
    const struct column_source *s = &c->sources[cs->at];
    return s->attribute ? attribute_combinations(s->attribute, &cs->block) : NULL;
}

bool column_is_whole(const struct columns *cs, const struct column *c)
{
    const struct column_source *s = &c->sources[cs->at];
    return s->attribute && attribute_is_whole(s->attribute, &cs->block);
}

static void load_lookup_codes(struct columns *cs, struct column *c, const struct column_source *s)
{
    if (c->combined) {
        load_combined(cs, c, s);
        return;
    }
    const void *kept = kept_codes(cs, s);
    if (kept) {
        c->codes = kept;
        return;
    }
    const uint32_t *ords = raw_codes(cs, s->path.field);
    if (!ords) {
        load_nothing(c);
        return;
    }
    look_up(cs, c, s, ords, cs->block.row_count, c->own_codes);
    if (s->attribute)
        attribute_keep(s->attribute, &cs->block, c->own_codes);
}

static void load_lookup_numbers(struct columns *cs, struct column *c, const struct column_source *s)
{
    const uint32_t *ords = raw_codes(cs, s->path.field);
    uint32_t rows = cs->block.row_count;
    uint32_t field = (uint32_t)s->path.lookup;
    if (!ords)
        load_nothing(c);
    else if (s->flat_present)
        load_flat_numbers(cs, c, s, ords);
    else if (s->storage == STORAGE_I64)
        lookup_i64(s->target, field, ords, rows, c->i64, c->present);
    else
        lookup_f64(s->target, field, ords, rows, c->f64, c->present);
}

static void load_codes(struct columns *cs, struct column *c, const struct column_source *s)
{
    if (!s->code_map) {
        block_codes_narrow(&cs->block, s->path.field, c->width, c->own_codes);
        return;
    }
    const uint32_t *raw = raw_codes(cs, s->path.field);
    if (raw)
        codes_narrow(raw, cs->block.row_count, s->code_map, c->width, c->own_codes);
    else
        load_nothing(c);
}

static void load_plain(struct columns *cs, struct column *c, const struct column_source *s)
{
    if (s->storage == STORAGE_I64)
        block_i64(&cs->block, s->path.field, c->i64, c->present);
    else if (s->storage == STORAGE_F64)
        block_f64(&cs->block, s->path.field, c->f64, c->present);
    else
        load_codes(cs, c, s);
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
    c->codes = c->own_codes;
    if (!s->is_mapped) {
        load_nothing(c);
        return;
    }
    if (s->target && s->storage == STORAGE_CODE)
        load_lookup_codes(cs, c, s);
    else if (s->target)
        load_lookup_numbers(cs, c, s);
    else
        load_plain(cs, c, s);
    if (c->storage != STORAGE_CODE)
        c->is_full = is_full(c->present, cs->block.row_count);
    if (c->storage == STORAGE_F64 && s->storage == STORAGE_I64)
        for (uint32_t i = 0; i < cs->block.row_count; i++)
            c->f64[i] = (double)c->i64[i];
}

// A field of the table itself, with its own codes, that was not loaded for the block at hand.
static bool is_untouched(const struct columns *cs, const struct column *c)
{
    const struct column_source *s = &c->sources[cs->at];
    return s->is_mapped && !s->target && !s->code_map && c->stamp != cs->stamp;
}

uint32_t column_runs(struct columns *cs, const struct column *c, uint8_t *codes, uint16_t *ends)
{
    if (c->width != WIDTH_U8 || !is_untouched(cs, c))
        return 0;
    return block_code_runs(&cs->block, c->sources[cs->at].path.field, codes, ends);
}

uint32_t column_held(struct columns *cs, struct column *c, const void **out_codes,
                     const uint64_t **out_present)
{
    const struct column_source *s = &c->sources[cs->at];
    if (c->width == WIDTH_U32 || !is_untouched(cs, c))
        return 0;
    *out_codes = c->own_codes;
    *out_present = c->present;
    return block_codes_held(&cs->block, s->path.field, c->width, c->own_codes, c->present);
}

bool column_codes_of(struct columns *cs, const struct column *c, const struct block_rows *rows,
                     uint32_t *out)
{
    const struct column_source *s = &c->sources[cs->at];
    const void *at = c->stamp == cs->stamp ? c->codes : NULL;
    if (!at && s->is_mapped && s->target && s->storage == STORAGE_CODE)
        at = kept_codes(cs, s);
    for (uint32_t i = 0; at && i < rows->count; i++)
        out[i] = codes_at((struct codes){c->width, at}, rows->at[i]);
    if (at)
        return true;
    if (!s->is_mapped || s->target || s->code_map)
        return false;
    block_codes_of(&cs->block, s->path.field, rows, out);
    return true;
}

bool column_i64_of(struct columns *cs, const struct column *c, const struct block_rows *rows,
                   int64_t *out, bool *out_has)
{
    const struct column_source *s = &c->sources[cs->at];
    if (!s->is_mapped || s->target || s->storage != STORAGE_I64)
        return false;
    block_i64_of(&cs->block, s->path.field, rows, out, out_has);
    return true;
}

uint32_t column_code(const struct column *c, uint32_t row)
{
    return codes_at((struct codes){c->width, c->codes}, row);
}

static bool load_offsets(struct columns *cs, struct column *c)
{
    const struct column_source *s = &c->sources[cs->at];
    struct offsets o = {.distances = c->distance,
                        .present = c->present,
                        .base = c->min,
                        .given_width = c->distance_width};
    if (!s->is_mapped || s->target || s->storage != STORAGE_I64 ||
        !block_offsets(&cs->block, s->path.field, &o))
        return false;
    c->is_full = is_full(c->present, cs->block.row_count);
    return true;
}

const void *column_distances(struct columns *cs, struct column *c)
{
    DCHECK(c->is_near);
    if (!c->distance)
        c->distance = room_alloc(cs->room, BLOCK_ROWS * (size_t)c->distance_width + BLOCK_SLACK);
    if (c->distance && c->near_stamp != cs->stamp) {
        c->near_stamp = cs->stamp;
        c->has_near = load_offsets(cs, c);
    }
    return c->has_near ? c->distance : NULL;
}

const uint64_t *column_present(struct columns *cs, struct column *c)
{
    if (c->has_near && c->near_stamp == cs->stamp)
        return c->present;
    column_load(cs, c);
    if (!column_is_text(c) || c->present_stamp == cs->stamp)
        return c->present;
    c->present_stamp = cs->stamp;
    uint32_t rows = cs->block.row_count;
    memset(c->present, 0, BLOCK_WORDS * sizeof(uint64_t));
    if (c->width == WIDTH_U8)
        compare_range_u8(c->codes, rows, 0, UINT8_MAX - 1, c->present);
    else if (c->width == WIDTH_U16)
        compare_range_u16(c->codes, rows, 0, UINT16_MAX - 1, c->present);
    else
        compare_range_u32(c->codes, rows, 0, CODE_NONE - 1, c->present);
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

// ---- by position ----

// More than half of the rows: packing each column costs more than carrying the others along.
static bool are_most(uint32_t count, uint32_t rows)
{
    return count > rows / 2;
}

void columns_select(struct columns *cs, const uint64_t *mask, uint32_t count)
{
    uint32_t rows = cs->block.row_count;
    cs->selection_stamp++;
    cs->selection = (struct selection){.count = rows, .mask = mask, .meant_count = count};
    if (are_most(count, rows))
        return;
    cs->selection.count = mask_rows(mask, rows, cs->rows);
    cs->selection.rows = cs->rows;
    DCHECK(cs->selection.count == count);
}

const uint64_t *columns_pack_bits(struct columns *cs, const uint64_t *by_row)
{
    const struct selection *sel = &cs->selection;
    if (!sel->rows)
        return by_row;
    memset(cs->bits, 0, BLOCK_WORDS * sizeof *cs->bits);
    for (uint32_t i = 0; i < sel->count; i++)
        cs->bits[i / 64] |= (uint64_t)bit_get(by_row, sel->rows[i]) << (i % 64);
    return cs->bits;
}

#define PICK(type)                       \
    for (uint32_t i = 0; i < count; i++) \
        ((type *)out)[i] = ((const type *)all)[rows[i]];

static void pick(size_t bytes, const void *all, const uint16_t *rows, uint32_t count, void *out)
{
    switch (bytes) {
    case 1:
        PICK(uint8_t);
        break;
    case 2:
        PICK(uint16_t);
        break;
    case 4:
        PICK(uint32_t);
        break;
    default:
        PICK(uint64_t);
        break;
    }
}

// The chosen rows' values of an array by row.
static void pack(const struct columns *cs, size_t bytes, const void *all, void *out)
{
    const struct selection *sel = &cs->selection;
    uint32_t rows = cs->block.row_count;
    if (sel->count < rows / FEW_ONE_IN) {
        pick(bytes, all, sel->rows, sel->count, out);
        return;
    }
    switch (bytes) {
    case 1:
        compress_u8(all, sel->mask, rows, out);
        break;
    case 2:
        compress_u16(all, sel->mask, rows, out);
        break;
    case 4:
        compress_u32(all, sel->mask, rows, out);
        break;
    default:
        compress_u64(all, sel->mask, rows, out);
        break;
    }
}

// Room for a block's values of an array by position, made once; NULL past the limit.
static void *reserve(struct columns *cs, void *at, size_t bytes)
{
    return at ? at : room_alloc(cs->room, BLOCK_ROWS * bytes + BLOCK_SLACK);
}

static const uint32_t *raw_by_position(struct columns *cs, uint32_t field)
{
    const uint32_t *raw = raw_codes(cs, field);
    if (!cs->selection.rows || !raw)
        return raw;
    cs->raw_packed[field] = reserve(cs, cs->raw_packed[field], sizeof(uint32_t));
    if (cs->raw_packed[field] && cs->raw_packed_stamp[field] != cs->selection_stamp) {
        cs->raw_packed_stamp[field] = cs->selection_stamp;
        pack(cs, sizeof *raw, raw, cs->raw_packed[field]);
    }
    return cs->raw_packed[field];
}

static bool pack_codes(struct columns *cs, struct column *c)
{
    const struct column_source *s = &c->sources[cs->at];
    // Of a block that is decoded already, or read plainly, the codes are at hand; and a whole
    // block that is looked up once is kept for all that follow.
    bool is_whole = c->combined || !s->is_mapped || !s->target || c->stamp == cs->stamp ||
                    kept_codes(cs, s) ||
                    (s->attribute && attribute_takes(s->attribute, &cs->block));
    if (is_whole) {
        column_load(cs, c);
        pack(cs, c->width, c->codes, c->packed_codes);
        return true;
    }
    const uint32_t *ords = raw_by_position(cs, s->path.field);
    if (ords)
        look_up(cs, c, s, ords, cs->selection.count, c->packed_codes);
    return ords != NULL;
}

const void *selected_codes(struct columns *cs, struct column *c)
{
    if (!cs->selection.rows) {
        column_load(cs, c);
        return c->codes;
    }
    c->packed_codes = reserve(cs, c->packed_codes, c->width);
    if (!c->packed_codes)
        return c->codes;
    if (c->codes_stamp != cs->selection_stamp) {
        c->codes_stamp = cs->selection_stamp;
        if (!pack_codes(cs, c))
            memset(c->packed_codes, 0xff, BLOCK_ROWS * (size_t)c->width);
    }
    return c->packed_codes;
}

static bool is_everywhere(const struct column *c)
{
    return c->storage != STORAGE_CODE && c->is_full;
}

const uint64_t *selected_present(struct columns *cs, struct column *c)
{
    const uint64_t *by_row = column_present(cs, c);
    if (is_everywhere(c))
        return NULL;
    if (!cs->selection.rows)
        return by_row;
    c->packed_present = reserve(cs, c->packed_present, 1);
    if (!c->packed_present)
        return by_row;
    if (c->bits_stamp != cs->selection_stamp) {
        c->bits_stamp = cs->selection_stamp;
        memcpy(c->packed_present, columns_pack_bits(cs, by_row),
               BLOCK_WORDS * sizeof *c->packed_present);
    }
    return c->packed_present;
}

struct numbers selected_numbers(struct columns *cs, struct column *c)
{
    column_load(cs, c);
    struct numbers out = {.present = selected_present(cs, c)};
    const void *at = c->storage == STORAGE_F64 ? (const void *)c->f64 : c->i64;
    if (cs->selection.rows)
        c->packed_numbers = reserve(cs, c->packed_numbers, sizeof(uint64_t));
    if (cs->selection.rows && c->packed_numbers) {
        if (c->number_stamp != cs->selection_stamp)
            pack(cs, sizeof(uint64_t), at, c->packed_numbers);
        c->number_stamp = cs->selection_stamp;
        at = c->packed_numbers;
    }
    out.i64 = c->storage == STORAGE_I64 ? at : NULL;
    out.f64 = c->storage == STORAGE_F64 ? at : NULL;
    return out;
}

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define TO_DISTANCES(name, type)                                                 \
    static void name(const int64_t *restrict v, int64_t base, type *restrict to) \
    {                                                                            \
        for (uint32_t i = 0; i < BLOCK_ROWS; i++)                                \
            to[i] = (type)((uint64_t)v[i] - (uint64_t)base);                     \
    }
// NOLINTEND(bugprone-macro-parentheses)

TO_DISTANCES(to_distances_u16, uint16_t)
TO_DISTANCES(to_distances_u32, uint32_t)

// By row; NULL past the room's limit.
static const void *distances_by_row(struct columns *cs, struct column *c)
{
    const void *at = column_distances(cs, c);
    if (at || !c->distance)
        return at;
    column_load(cs, c);
    if (c->distance_width == WIDTH_U16)
        to_distances_u16(c->i64, c->min, c->distance);
    else
        to_distances_u32(c->i64, c->min, c->distance);
    return c->distance;
}

struct distances selected_distances(struct columns *cs, struct column *c)
{
    const void *by_row = distances_by_row(cs, c);
    struct distances out = {.base = c->min,
                            .width = c->distance_width,
                            .at = by_row ? by_row : c->i64, // the search is over then
                            .present = selected_present(cs, c)};
    if (!cs->selection.rows || !by_row)
        return out;
    c->distances = reserve(cs, c->distances, c->distance_width);
    if (c->distances && c->distance_stamp != cs->selection_stamp) {
        c->distance_stamp = cs->selection_stamp;
        pack(cs, c->distance_width, by_row, c->distances);
    }
    out.at = c->distances ? c->distances : c->i64;
    return out;
}
