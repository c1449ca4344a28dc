// SPDX-License-Identifier: Apache-2.0
#include "store/lookup.h"

#include "base/check.h"
#include "store/snapshot_private.h"

#include <stdlib.h>

// Leaves:  of codes     uint32_t [LOOKUP_CODES]: code + 1, 0 where there is none
//          of numbers   uint64_t [LOOKUP_CODES], then a present bit each
//          of owners    uint64_t [LOOKUP_CODES]: row number + 1

enum {
    PRESENT_WORDS = LOOKUP_CODES / 64,
    CODE_LEAF_BYTES = LOOKUP_CODES * 4,
    NUMBER_LEAF_BYTES = LOOKUP_CODES * 8 + PRESENT_WORDS * 8,
    OWNER_LEAF_BYTES = LOOKUP_CODES * 8,
};

struct numbers {
    union {
        int64_t i64[LOOKUP_CODES];
        double f64[LOOKUP_CODES];
    };

    uint64_t present[PRESENT_WORDS];
};

_Static_assert(sizeof(struct numbers) == NUMBER_LEAF_BYTES, "numbers are packed");

struct lookup {
    const struct table *table;
    struct cow *owners;
    struct cow *roots[]; // one a field
};

static struct cow *root_new(const struct table *t, uint32_t field)
{
    bool codes = field_storage(t->fields[field].type) == STORAGE_CODE;
    return cow_new(codes ? CODE_LEAF_BYTES : NUMBER_LEAF_BYTES);
}

struct lookup *lookup_new(const struct table *t)
{
    CHECK(t->key_field >= 0);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    struct lookup *l = calloc(1, sizeof *l + t->field_count * sizeof l->roots[0]);
    CHECK(l);
    l->table = t;
    l->owners = cow_new(OWNER_LEAF_BYTES);
    for (uint32_t f = 0; f < t->field_count; f++)
        l->roots[f] = root_new(t, f);
    return l;
}

void lookup_free(struct lookup *l)
{
    if (!l)
        return;
    cow_unref(l->owners);
    for (uint32_t f = 0; f < l->table->field_count; f++)
        cow_unref(l->roots[f]);
    free(l);
}

void lookup_clear(struct lookup *l)
{
    cow_unref(l->owners);
    l->owners = cow_new(OWNER_LEAF_BYTES);
    for (uint32_t f = 0; f < l->table->field_count; f++) {
        cow_unref(l->roots[f]);
        l->roots[f] = root_new(l->table, f);
    }
}

// Of a double its bits.
static void set_number(struct numbers *leaf, uint32_t at, int64_t bits, bool has)
{
    uint64_t bit = (uint64_t)1 << (at % 64);
    leaf->i64[at] = has ? bits : 0;
    leaf->present[at / 64] = has ? leaf->present[at / 64] | bit : leaf->present[at / 64] & ~bit;
}

static void put_number(struct lookup *l, uint32_t f, uint32_t code, const struct part *p,
                       uint32_t place)
{
    bool fresh = false;
    struct numbers *leaf = cow_write(&l->roots[f], code / LOOKUP_CODES, &fresh);

    union {
        int64_t i64;
        double f64;
    } v = {0};

    bool has = field_storage(l->table->fields[f].type) == STORAGE_I64
                   ? part_i64_at(p, place, f, &v.i64)
                   : part_f64_at(p, place, f, &v.f64);
    set_number(leaf, code % LOOKUP_CODES, v.i64, has);
}

static void put_code(struct lookup *l, uint32_t f, uint32_t code, uint32_t value)
{
    bool fresh = false;
    uint32_t *leaf = cow_write(&l->roots[f], code / LOOKUP_CODES, &fresh);
    leaf[code % LOOKUP_CODES] = value + 1; // CODE_NONE + 1 is 0: none
}

static uint64_t *owner_to_write(struct lookup *l, uint32_t code)
{
    bool fresh = false;
    uint64_t *leaf = cow_write(&l->owners, code / LOOKUP_CODES, &fresh);
    return &leaf[code % LOOKUP_CODES];
}

void lookup_put(struct lookup *l, uint64_t row, const struct part *p, uint32_t place)
{
    uint32_t code = part_code_at(p, place, (uint32_t)l->table->key_field);
    if (code == CODE_NONE)
        return;
    *owner_to_write(l, code) = row + 1;
    for (uint32_t f = 0; f < l->table->field_count; f++) {
        if (field_storage(l->table->fields[f].type) == STORAGE_CODE)
            put_code(l, f, code, part_code_at(p, place, f));
        else
            put_number(l, f, code, p, place);
    }
}

// ---- a block at once, as opening a store does

struct loading {
    struct lookup *l;
    const struct part *part;
    const struct lookup_block *b;
    uint32_t *codes; // of the key; CODE_NONE also where the row is not live
    uint32_t *values;
    int64_t *numbers;
    uint64_t *present;
};

static void load_field_codes(const struct loading *in, uint32_t f)
{
    part_codes(in->part, in->b->block, in->b->rows, f, in->values);
    for (uint32_t i = 0; i < in->b->rows; i++)
        if (in->codes[i] != CODE_NONE)
            put_code(in->l, f, in->codes[i], in->values[i]);
}

static void load_field_numbers(const struct loading *in, uint32_t f)
{
    double *f64 = (void *)in->numbers; // as wide, and never both
    if (field_storage(in->l->table->fields[f].type) == STORAGE_I64)
        part_i64(in->part, in->b->block, in->b->rows, f, in->numbers, in->present);
    else
        part_f64(in->part, in->b->block, in->b->rows, f, f64, in->present);
    for (uint32_t i = 0; i < in->b->rows; i++) {
        uint32_t code = in->codes[i];
        if (code == CODE_NONE)
            continue;
        bool fresh = false;
        struct numbers *leaf = cow_write(&in->l->roots[f], code / LOOKUP_CODES, &fresh);
        set_number(leaf, code % LOOKUP_CODES, in->numbers[i], bit_get(in->present, i));
    }
}

static void load_block(const struct loading *in, uint64_t row)
{
    struct lookup *l = in->l;
    const struct table *t = l->table;
    part_codes(in->part, in->b->block, in->b->rows, (uint32_t)t->key_field, in->codes);
    for (uint32_t i = 0; i < in->b->rows; i++) {
        if (!bit_get(in->b->live, i))
            in->codes[i] = CODE_NONE;
        if (in->codes[i] != CODE_NONE)
            *owner_to_write(l, in->codes[i]) = row + i + 1;
    }
    for (uint32_t f = 0; f < t->field_count; f++) {
        if (field_storage(t->fields[f].type) == STORAGE_CODE)
            load_field_codes(in, f);
        else
            load_field_numbers(in, f);
    }
}

void lookup_put_block(struct lookup *l, uint64_t row, const struct part *p,
                      const struct lookup_block *b)
{
    struct loading in = {
        .l = l,
        .part = p,
        .b = b,
        .codes = malloc(BLOCK_ROWS * sizeof *in.codes + BLOCK_SLACK_BYTES),
        .values = malloc(BLOCK_ROWS * sizeof *in.values + BLOCK_SLACK_BYTES),
        .numbers = malloc(BLOCK_ROWS * sizeof *in.numbers + BLOCK_SLACK_BYTES),
        .present = malloc(bit_words(BLOCK_ROWS) * sizeof *in.present + BLOCK_SLACK_BYTES),
    };
    CHECK(in.codes && in.values && in.numbers && in.present);
    load_block(&in, row);
    free(in.codes);
    free(in.values);
    free(in.numbers);
    free(in.present);
}

static void drop_number(struct lookup *l, uint32_t f, uint32_t code)
{
    bool fresh = false;
    struct numbers *leaf = cow_write(&l->roots[f], code / LOOKUP_CODES, &fresh);
    set_number(leaf, code % LOOKUP_CODES, 0, false);
}

void lookup_drop(struct lookup *l, uint64_t row, const struct part *p, uint32_t place)
{
    uint32_t code = part_code_at(p, place, (uint32_t)l->table->key_field);
    if (code == CODE_NONE)
        return;
    const uint64_t *owners = cow_leaf(l->owners, code / LOOKUP_CODES);
    if (!owners || owners[code % LOOKUP_CODES] != row + 1)
        return;
    *owner_to_write(l, code) = 0;
    for (uint32_t f = 0; f < l->table->field_count; f++) {
        if (field_storage(l->table->fields[f].type) == STORAGE_CODE)
            put_code(l, f, code, CODE_NONE);
        else
            drop_number(l, f, code);
    }
}

void lookup_share(const struct lookup *l, struct cow **out_roots)
{
    for (uint32_t f = 0; f < l->table->field_count; f++)
        out_roots[f] = cow_ref(l->roots[f]);
}

uint64_t lookup_bytes(const struct lookup *l)
{
    uint64_t bytes = sizeof *l + cow_bytes(l->owners);
    for (uint32_t f = 0; f < l->table->field_count; f++)
        bytes += cow_bytes(l->roots[f]);
    return bytes;
}

// The readers' side.

static const void *leaf_of(const struct view *v, uint32_t field, uint32_t code)
{
    return v->lookups ? cow_leaf(v->lookups[field], code / LOOKUP_CODES) : NULL;
}

void lookup_codes(const struct view *v, uint32_t field, const uint32_t *ords, size_t count,
                  uint32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t code = ords[i];
        const uint32_t *leaf = code == CODE_NONE ? NULL : leaf_of(v, field, code);
        out[i] = leaf ? leaf[code % LOOKUP_CODES] - 1 : CODE_NONE;
    }
}

// ---- as one array

struct flat { // a note of the root, by width
    uint32_t count;
    uint8_t codes[];
};

static void flatten_leaf(const uint32_t *leaf, unsigned width, uint8_t *out)
{
    if (!leaf) {
        memset(out, 0xff, (size_t)LOOKUP_CODES * width);
        return;
    }
    for (uint32_t i = 0; i < LOOKUP_CODES; i++) {
        uint32_t code = leaf[i] - 1; // 0 is none: all ones, however short
        if (width == 1)
            out[i] = (uint8_t)code;
        else if (width == 2)
            ((uint16_t *)(void *)out)[i] = (uint16_t)code;
        else
            ((uint32_t *)(void *)out)[i] = code;
    }
}

static struct flat *flatten(const struct cow *root, unsigned width)
{
    uint32_t leaves = cow_leaves(root);
    while (leaves > 0 && !cow_leaf(root, leaves - 1))
        leaves--;
    struct flat *f = malloc(sizeof *f + (size_t)leaves * LOOKUP_CODES * width);
    CHECK(f);
    f->count = leaves * LOOKUP_CODES;
    for (uint32_t i = 0; i < leaves; i++)
        flatten_leaf(cow_leaf(root, i), width, f->codes + (size_t)i * LOOKUP_CODES * width);
    return f;
}

const void *lookup_flat_codes(const struct view *v, uint32_t field, unsigned width,
                              uint32_t *out_count)
{
    *out_count = 0;
    if (!v->lookups)
        return NULL;
    struct cow *root = v->lookups[field];
    unsigned slot = width / 2;
    const struct flat *f = cow_note(root, slot);
    if (!f)
        f = cow_put_note(root, slot, flatten(root, width));
    *out_count = f->count;
    return f->codes;
}

// The leaf that has a value for this code, or NULL.
static const struct numbers *numbers_of(const struct view *v, uint32_t field, uint32_t code)
{
    const struct numbers *leaf = code == CODE_NONE ? NULL : leaf_of(v, field, code);
    return leaf && bit_get(leaf->present, code % LOOKUP_CODES) ? leaf : NULL;
}

void lookup_i64(const struct view *v, uint32_t field, const uint32_t *ords, size_t count,
                int64_t *out, uint64_t *out_present)
{
    memset(out_present, 0, bit_words(count) * sizeof *out_present);
    for (size_t i = 0; i < count; i++) {
        const struct numbers *leaf = numbers_of(v, field, ords[i]);
        out[i] = leaf ? leaf->i64[ords[i] % LOOKUP_CODES] : 0;
        if (leaf)
            bit_set(out_present, i);
    }
}

void lookup_f64(const struct view *v, uint32_t field, const uint32_t *ords, size_t count,
                double *out, uint64_t *out_present)
{
    memset(out_present, 0, bit_words(count) * sizeof *out_present);
    for (size_t i = 0; i < count; i++) {
        const struct numbers *leaf = numbers_of(v, field, ords[i]);
        out[i] = leaf ? leaf->f64[ords[i] % LOOKUP_CODES] : 0;
        if (leaf)
            bit_set(out_present, i);
    }
}
