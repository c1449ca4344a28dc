// SPDX-License-Identifier: Apache-2.0
#include "store/view.h"

#include "base/check.h"
#include "store/snapshot_private.h"

#include <stdlib.h>

enum { BLOCK_WORDS = BLOCK_ROWS / 64 };

uint64_t view_row_count(const struct view *v)
{
    return v->rows;
}

uint32_t view_block_count(const struct view *v)
{
    return v->block_count;
}

const struct table *view_table(const struct view *v)
{
    return v->table;
}

const struct dict *view_dict(const struct view *v, uint32_t field)
{
    CHECK(field < v->table->field_count);
    return v->dicts[field];
}

uint32_t view_dict_count(const struct view *v, uint32_t field)
{
    CHECK(field < v->table->field_count);
    return v->dict_counts[field];
}

// The entry that holds block `index` of the view.
static const struct entry *entry_of_block(const struct view *v, uint32_t index)
{
    CHECK(index < v->block_count);
    uint32_t low = 0;
    uint32_t high = v->entry_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (v->entries[middle].first_block <= index)
            low = middle;
        else
            high = middle;
    }
    return &v->entries[low];
}

uint32_t view_part_count(const struct view *v)
{
    return v->entry_count;
}

struct view_part view_part(const struct view *v, uint32_t index)
{
    CHECK(index < v->entry_count);
    const struct entry *e = &v->entries[index];
    uint32_t blocks = entry_block_count(e);
    return (struct view_part){.id = e->part->id,
                              .first_block = e->first_block,
                              .block_count = blocks,
                              .whole_blocks = e->part->memory ? e->rows / BLOCK_ROWS : blocks};
}

static uint64_t dead_in(const struct entry *e, uint32_t block)
{
    uint64_t dead = entry_block_rows(e, block);
    const uint64_t *live = cow_leaf(e->live, block);
    if (!live && !e->part->memory)
        return 0;
    for (uint32_t w = 0; live && w < BLOCK_WORDS; w++)
        dead -= (uint64_t)__builtin_popcountll(live[w]);
    return dead;
}

uint64_t view_dead_rows(const struct view *v, uint32_t first_block, uint32_t block_count)
{
    const struct entry *e = entry_of_block(v, first_block);
    uint64_t dead = 0;
    if (e->live_rows == e->rows)
        return 0;
    for (uint32_t b = 0; b < block_count; b++)
        dead += dead_in(e, first_block - e->first_block + b);
    return dead;
}

uint64_t view_epoch(const struct view *v)
{
    return v->epoch;
}

static bool lives_whole(const uint64_t *live, uint32_t rows)
{
    for (uint32_t w = 0; w < rows / 64; w++) {
        if (live[w] != UINT64_MAX)
            return false;
    }
    uint64_t last = ((uint64_t)1 << (rows % 64)) - 1;
    return rows % 64 == 0 || live[rows / 64] == last;
}

struct block view_block(const struct view *v, uint32_t index)
{
    const struct entry *e = entry_of_block(v, index);
    uint32_t block = index - e->first_block;
    uint32_t rows = entry_block_rows(e, block);
    const uint64_t *live = entry_live(e, block);
    return (struct block){
        .view = v,
        .index = index,
        .row_count = rows,
        .live = live,
        .all_live = e->live_rows == e->rows || lives_whole(live, rows),
        .part = e,
    };
}

uint64_t view_rows_before(const struct view *v, uint32_t index)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < v->entry_count && v->entries[i].first_block <= index; i++) {
        uint64_t within = (uint64_t)(index - v->entries[i].first_block) * BLOCK_ROWS;
        rows += within < v->entries[i].rows ? within : v->entries[i].rows;
    }
    return rows;
}

void block_codes(const struct block *b, uint32_t field, uint32_t *out)
{
    const struct entry *e = b->part;
    part_codes(e->part, b->index - e->first_block, b->row_count, field, out);
}

void block_i64(const struct block *b, uint32_t field, int64_t *out, uint64_t *out_present)
{
    const struct entry *e = b->part;
    part_i64(e->part, b->index - e->first_block, b->row_count, field, out, out_present);
}

void block_f64(const struct block *b, uint32_t field, double *out, uint64_t *out_present)
{
    const struct entry *e = b->part;
    part_f64(e->part, b->index - e->first_block, b->row_count, field, out, out_present);
}

void block_keys(const struct block *b, struct row_key *out)
{
    const struct entry *e = b->part;
    part_keys(e->part, b->index - e->first_block, b->row_count, out);
}

void block_codes_narrow(const struct block *b, uint32_t field, unsigned width, void *out)
{
    const struct entry *e = b->part;
    part_codes_narrow(e->part, b->index - e->first_block, b->row_count, field, width, out);
}

uint32_t block_codes_held(const struct block *b, uint32_t field, unsigned width, void *out,
                          uint64_t *out_present)
{
    const struct entry *e = b->part;
    if (e->part->memory)
        return 0;
    return segment_codes_held(e->part->segment, b->index - e->first_block, field, width, out,
                              out_present);
}

uint32_t block_code_runs(const struct block *b, uint32_t field, uint8_t *codes, uint16_t *ends)
{
    const struct entry *e = b->part;
    if (e->part->memory)
        return 0;
    return segment_code_runs(e->part->segment, b->index - e->first_block, field, codes, ends);
}

void block_codes_of(const struct block *b, uint32_t field, const struct block_rows *rows,
                    uint32_t *out)
{
    const struct entry *e = b->part;
    part_codes_of(e->part, b->index - e->first_block, field, rows, out);
}

void block_i64_of(const struct block *b, uint32_t field, const struct block_rows *rows,
                  int64_t *out, bool *out_has)
{
    const struct entry *e = b->part;
    part_i64_of(e->part, b->index - e->first_block, field, rows, out, out_has);
}

bool block_offsets(const struct block *b, uint32_t field, struct offsets *o)
{
    const struct entry *e = b->part;
    uint32_t block = b->index - e->first_block;
    return e->part->memory ? memory_offsets(e->part->memory, block, b->row_count, field, o)
                           : segment_offsets(e->part->segment, block, field, o);
}

struct block_range block_range(const struct block *b, uint32_t field)
{
    const struct entry *e = b->part;
    return part_range(e->part, b->index - e->first_block, field);
}

void view_blocks_of(const struct view *v, uint32_t field, const uint32_t *codes, uint32_t count,
                    uint64_t *bits)
{
    for (uint32_t i = 0; i < v->entry_count; i++) {
        const struct entry *e = &v->entries[i];
        struct wanted_codes want = {field, codes, count};
        part_blocks_of(e->part, e->rows, &want, e->first_block, bits);
    }
}

void view_blocks_between(const struct view *v, uint32_t field, int64_t lo, int64_t hi,
                         uint64_t *bits)
{
    for (uint32_t i = 0; i < v->entry_count; i++) {
        const struct entry *e = &v->entries[i];
        for (uint32_t b = 0; b < entry_block_count(e); b++) {
            struct block_range r = part_range(e->part, b, field);
            if (r.any && r.min <= hi && r.max >= lo)
                bit_set(bits, e->first_block + b);
        }
    }
}

bool view_row(const struct view *v, uint64_t row, struct row_ref *out)
{
    uint32_t entry = 0;
    uint32_t place = 0;
    if (!entries_find(v->entries, v->entry_count, row, &entry, &place))
        return false;
    out->block = v->entries[entry].first_block + place / BLOCK_ROWS;
    out->row = place % BLOCK_ROWS;
    return true;
}

// For the key map: a row that is in the view, lives there and has the key.
static bool view_has_key(const void *context, uint64_t row, struct row_key key)
{
    const struct view *v = context;
    uint32_t entry = 0;
    uint32_t place = 0;
    return entries_find(v->entries, v->entry_count, row, &entry, &place) &&
           entry_is_live(&v->entries[entry], place) &&
           row_key_equal(part_key_at(v->entries[entry].part, place), key);
}

static bool find_in_block(const struct block *b, struct row_key key, struct row_key *keys,
                          struct row_ref *out)
{
    block_keys(b, keys);
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (row_key_equal(keys[i], key) && bit_get(b->live, i)) {
            *out = (struct row_ref){.block = b->index, .row = i};
            return true;
        }
    }
    return false;
}

// Looks through the rows, the newest first, because the key has changed hands since the
// view was made.
static enum err find_by_walk(const struct view *v, struct row_key key, struct row_ref *out)
{
    struct row_key *keys = malloc(BLOCK_ROWS * sizeof *keys);
    CHECK(keys);
    bool found = false;
    for (uint32_t b = v->block_count; b > 0 && !found; b--) {
        struct block block = view_block(v, b - 1);
        found = find_in_block(&block, key, keys, out);
    }
    free(keys);
    return found ? OK : ERR_NOT_FOUND;
}

enum err view_find(const struct view *v, struct row_key key, struct row_ref *out)
{
    struct keymap_probe probe = {.has_key = view_has_key, .context = v};
    pthread_rwlock_rdlock(&v->keys->lock);
    uint64_t row = keymap_find(v->keys->map, key, probe);
    bool may_have_left = v->keys->gone_epoch > v->epoch;
    pthread_rwlock_unlock(&v->keys->lock);
    if (row != KEYMAP_NONE)
        return view_row(v, row, out) ? OK : ERR_NOT_FOUND;
    return may_have_left ? find_by_walk(v, key, out) : ERR_NOT_FOUND;
}

uint64_t row_number(const struct view *v, struct row_ref r)
{
    const struct entry *e = entry_of_block(v, r.block);
    uint32_t place = (r.block - e->first_block) * BLOCK_ROWS + r.row;
    const struct part *p = e->part;
    return p->first_row + (p->rowmap ? rowmap_at(p->rowmap, place) : place);
}

bool row_code(const struct view *v, struct row_ref r, uint32_t field, uint32_t *out)
{
    const struct entry *e = entry_of_block(v, r.block);
    uint32_t code = part_code_at(e->part, (r.block - e->first_block) * BLOCK_ROWS + r.row, field);
    if (code == CODE_NONE)
        return false;
    *out = code;
    return true;
}

bool row_i64(const struct view *v, struct row_ref r, uint32_t field, int64_t *out)
{
    const struct entry *e = entry_of_block(v, r.block);
    return part_i64_at(e->part, (r.block - e->first_block) * BLOCK_ROWS + r.row, field, out);
}

bool row_f64(const struct view *v, struct row_ref r, uint32_t field, double *out)
{
    const struct entry *e = entry_of_block(v, r.block);
    return part_f64_at(e->part, (r.block - e->first_block) * BLOCK_ROWS + r.row, field, out);
}

struct row_key row_key_of(const struct view *v, struct row_ref r)
{
    const struct entry *e = entry_of_block(v, r.block);
    return part_key_at(e->part, (r.block - e->first_block) * BLOCK_ROWS + r.row);
}
