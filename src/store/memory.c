// SPDX-License-Identifier: Apache-2.0
#include "store/memory.h"

#include "base/check.h"
#include "store/key_rows.h"

#include <stdlib.h>

enum {
    PAGE_CHUNKS = 64,
    PAGES = 1024,
    WANTED_MAX = 256, // codes that are looked for one by one
    BLOCK_WORDS = BLOCK_ROWS / 64,
};

// Bounds of one column of one chunk.  They only widen, so a reader of an older snapshot
// may see them too wide, never too narrow.
struct bounds {
    int64_t min, max;
    double min_f64, max_f64;
    bool any, any_missing;
};

// Of one column only what its storage needs is there.
struct chunk_column {
    uint32_t *codes;
    int64_t *i64;
    double *f64;
    uint64_t *present; // i64 and f64
    uint32_t *next;    // of fields that refer to a table: chains of memory.key_rows
    struct bounds bounds;
};

struct chunk {
    struct row_key keys[BLOCK_ROWS];
    struct chunk_column columns[];
};

struct memory {
    const struct table *table;
    uint64_t chunk_bytes;
    uint32_t chunk_count;
    struct chunk **pages[PAGES]; // chunk k is pages[k / PAGE_CHUNKS][k % PAGE_CHUNKS]
    struct key_rows *key_rows[]; // by field, NULL where it refers to no table
};

static void *zeroed(size_t count, size_t bytes)
{
    void *at = calloc(count, bytes);
    CHECK(at);
    return at;
}

struct memory *memory_new(const struct table *t)
{
    struct memory *m = zeroed(1, sizeof *m + t->field_count * sizeof(struct key_rows *));
    m->table = t;
    return m;
}

static void chunk_free(const struct memory *m, struct chunk *c)
{
    for (uint32_t f = 0; f < m->table->field_count; f++) {
        free(c->columns[f].codes);
        free(c->columns[f].i64);
        free(c->columns[f].f64);
        free(c->columns[f].present);
        free(c->columns[f].next);
    }
    free(c);
}

void memory_free(struct memory *m)
{
    if (!m)
        return;
    for (uint32_t k = 0; k < m->chunk_count; k++)
        chunk_free(m, m->pages[k / PAGE_CHUNKS][k % PAGE_CHUNKS]);
    for (uint32_t p = 0; p < PAGES && m->pages[p]; p++)
        free(m->pages[p]);
    for (uint32_t f = 0; f < m->table->field_count; f++)
        key_rows_free(m->key_rows[f]);
    free(m);
}

static void column_new(struct memory *m, struct chunk_column *column, enum field_type type)
{
    column->bounds = (struct bounds){
        .min = INT64_MAX,
        .max = INT64_MIN,
        .min_f64 = __builtin_inf(),
        .max_f64 = -__builtin_inf(),
    };
    switch (field_storage(type)) {
    case STORAGE_CODE:
        column->codes = zeroed(BLOCK_ROWS, sizeof *column->codes);
        m->chunk_bytes += BLOCK_ROWS * sizeof *column->codes;
        return;
    case STORAGE_I64:
        column->i64 = zeroed(BLOCK_ROWS, sizeof *column->i64);
        break;
    case STORAGE_F64:
        column->f64 = zeroed(BLOCK_ROWS, sizeof *column->f64);
        break;
    }
    column->present = zeroed(BLOCK_WORDS, sizeof *column->present);
    m->chunk_bytes += BLOCK_ROWS * sizeof(int64_t) + BLOCK_WORDS * sizeof(uint64_t);
}

static void chain_new(struct memory *m, struct chunk_column *column, uint32_t field)
{
    if (!m->key_rows[field]) {
        m->key_rows[field] = key_rows_new();
        m->chunk_bytes += key_rows_bytes();
    }
    column->next = zeroed(BLOCK_ROWS, sizeof *column->next);
    m->chunk_bytes += BLOCK_ROWS * sizeof *column->next;
}

static struct chunk *chunk_get(const struct memory *m, uint32_t index)
{
    return m->pages[index / PAGE_CHUNKS][index % PAGE_CHUNKS];
}

static void chunk_add(struct memory *m)
{
    uint32_t index = m->chunk_count;
    CHECK(index < PAGES * PAGE_CHUNKS);
    struct chunk ***page = &m->pages[index / PAGE_CHUNKS];
    if (!*page)
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
        *page = zeroed(PAGE_CHUNKS, sizeof **page);
    uint32_t fields = m->table->field_count;
    struct chunk *c = zeroed(1, sizeof *c + fields * sizeof c->columns[0]);
    m->chunk_bytes += sizeof *c + fields * sizeof c->columns[0];
    for (uint32_t f = 0; f < fields; f++) {
        column_new(m, &c->columns[f], m->table->fields[f].type);
        if (c->columns[f].codes && m->table->fields[f].lookup_table >= 0)
            chain_new(m, &c->columns[f], f);
    }
    (*page)[index % PAGE_CHUNKS] = c;
    m->chunk_count++;
}

void memory_put_keys(struct memory *m, const struct memory_run *run)
{
    uint32_t block = run->at / BLOCK_ROWS;
    CHECK(run->count > 0 && (run->at + run->count - 1) / BLOCK_ROWS == block);
    if (block == m->chunk_count)
        chunk_add(m);
    memcpy(&chunk_get(m, block)->keys[run->at % BLOCK_ROWS], &run->batch->keys[run->from],
           run->count * sizeof(struct row_key));
}

static void widen(struct bounds *b, int64_t min, int64_t max)
{
    if (min < b->min)
        __atomic_store_n(&b->min, min, __ATOMIC_RELAXED);
    if (max > b->max)
        __atomic_store_n(&b->max, max, __ATOMIC_RELAXED);
}

static void widen_f64(struct bounds *b, double min, double max)
{
    if (min < b->min_f64)
        __atomic_store(&b->min_f64, &min, __ATOMIC_RELAXED);
    if (max > b->max_f64)
        __atomic_store(&b->max_f64, &max, __ATOMIC_RELAXED);
}

// NOLINTNEXTLINE(readability-non-const-parameter): changed by an atomic
static void raise_flag(bool *flag)
{
    if (!*flag)
        __atomic_store_n(flag, true, __ATOMIC_RELAXED);
}

// NOLINTNEXTLINE(readability-non-const-parameter): changed by an atomic
static void present_set(uint64_t *words, uint32_t row)
{
    uint64_t word = words[row / 64] | (uint64_t)1 << (row % 64);
    __atomic_store_n(&words[row / 64], word, __ATOMIC_RELAXED);
}

static void put_codes(struct chunk_column *to, const struct memory_run *run,
                      const struct batch_column *from, const uint32_t *codes)
{
    uint32_t *out = &to->codes[run->at % BLOCK_ROWS];
    uint32_t min = UINT32_MAX;
    uint32_t max = 0;
    uint32_t present = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        if (!bit_get(from->present, run->from + i)) {
            out[i] = CODE_NONE;
            continue;
        }
        uint32_t code = codes[from->codes[run->from + i]];
        out[i] = code;
        min = code < min ? code : min;
        max = code > max ? code : max;
        present++;
    }
    if (present)
        widen(&to->bounds, min, max);
    if (present)
        raise_flag(&to->bounds.any);
    if (present < run->count)
        raise_flag(&to->bounds.any_missing);
}

// Gives how many of the run's rows have a value.
static uint32_t put_present(struct chunk_column *to, const struct memory_run *run,
                            const uint64_t *present)
{
    uint32_t count = 0;
    uint32_t at = run->at % BLOCK_ROWS;
    uint64_t word = to->present[at / 64];
    for (uint32_t i = 0; i < run->count; i++, at++) {
        uint64_t bit = bit_get(present, run->from + i);
        word |= bit << (at % 64);
        count += (uint32_t)bit;
        if (at % 64 == 63 || i + 1 == run->count) {
            __atomic_store_n(&to->present[at / 64], word, __ATOMIC_RELAXED);
            word = 0;
        }
    }
    if (count)
        raise_flag(&to->bounds.any);
    if (count < run->count)
        raise_flag(&to->bounds.any_missing);
    return count;
}

static void put_i64(struct chunk_column *to, const struct memory_run *run,
                    const struct batch_column *from)
{
    if (!put_present(to, run, from->present))
        return;
    int64_t *out = &to->i64[run->at % BLOCK_ROWS];
    int64_t min = INT64_MAX;
    int64_t max = INT64_MIN;
    for (uint32_t i = 0; i < run->count; i++) {
        if (!bit_get(from->present, run->from + i))
            continue;
        int64_t value = from->i64[run->from + i];
        out[i] = value;
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    widen(&to->bounds, min, max);
}

static void put_f64(struct chunk_column *to, const struct memory_run *run,
                    const struct batch_column *from)
{
    if (!put_present(to, run, from->present))
        return;
    double *out = &to->f64[run->at % BLOCK_ROWS];
    double min = __builtin_inf();
    double max = -__builtin_inf();
    for (uint32_t i = 0; i < run->count; i++) {
        if (!bit_get(from->present, run->from + i))
            continue;
        double value = from->f64[run->from + i];
        out[i] = value;
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    widen_f64(&to->bounds, min, max);
}

static void chain_run(struct memory *m, struct chunk_column *to, const struct memory_run *run,
                      uint32_t field)
{
    for (uint32_t row = run->at; row < run->at + run->count; row++) {
        uint32_t code = to->codes[row % BLOCK_ROWS];
        if (code != CODE_NONE)
            key_rows_add(m->key_rows[field], code, row, &to->next[row % BLOCK_ROWS]);
    }
}

void memory_put_values(struct memory *m, const struct memory_run *run, uint32_t field,
                       const uint32_t *codes)
{
    struct chunk_column *to = &chunk_get(m, run->at / BLOCK_ROWS)->columns[field];
    const struct batch_column *from = &run->batch->columns[field];
    if (to->codes) {
        put_codes(to, run, from, codes);
        if (to->next) // only where there are codes
            chain_run(m, to, run, field);
    } else if (to->i64) {
        put_i64(to, run, from);
    } else {
        put_f64(to, run, from);
    }
}

static struct chunk_column *column_of(const struct memory *m, uint32_t row, uint32_t field)
{
    return &chunk_get(m, row / BLOCK_ROWS)->columns[field];
}

void memory_set_code(struct memory *m, uint32_t row, uint32_t field, uint32_t code)
{
    struct chunk_column *c = column_of(m, row, field);
    bool is_new = c->codes[row % BLOCK_ROWS] == CODE_NONE;
    c->codes[row % BLOCK_ROWS] = code;
    if (c->next) {
        CHECK(is_new); // a row is in one chain, for good
        key_rows_add(m->key_rows[field], code, row, &c->next[row % BLOCK_ROWS]);
    }
    widen(&c->bounds, code, code);
    raise_flag(&c->bounds.any);
}

void memory_set_i64(struct memory *m, uint32_t row, uint32_t field, int64_t value)
{
    struct chunk_column *c = column_of(m, row, field);
    c->i64[row % BLOCK_ROWS] = value;
    present_set(c->present, row % BLOCK_ROWS);
    widen(&c->bounds, value, value);
    raise_flag(&c->bounds.any);
}

void memory_set_f64(struct memory *m, uint32_t row, uint32_t field, double value)
{
    struct chunk_column *c = column_of(m, row, field);
    c->f64[row % BLOCK_ROWS] = value;
    present_set(c->present, row % BLOCK_ROWS);
    widen_f64(&c->bounds, value, value);
    raise_flag(&c->bounds.any);
}

void memory_codes(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field,
                  uint32_t *out)
{
    memcpy(out, chunk_get(m, block)->columns[field].codes, rows * sizeof *out);
}

// The words of the visible rows; bits behind them may belong to rows still being written.
static void present_copy(const struct chunk_column *c, uint32_t rows, uint64_t *out)
{
    for (uint32_t w = 0; w < BLOCK_WORDS; w++)
        out[w] = w * 64 < rows ? __atomic_load_n(&c->present[w], __ATOMIC_RELAXED) : 0;
    if (rows % 64)
        out[rows / 64] &= ((uint64_t)1 << (rows % 64)) - 1;
}

// Loops of a fixed number of turns over arrays that lie apart are what the compiler makes vectors
// of.  A block's last rows go one by one: behind them rows may be in the making.
enum { STRIDE = 64 };

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define STRIDES(name, to_type, from_type, minus_type)                                \
    static void name(const from_type *restrict from, uint32_t rows, minus_type base, \
                     to_type *restrict out)                                          \
    {                                                                                \
        uint32_t i = 0;                                                              \
        for (; i + STRIDE <= rows; i += STRIDE)                                      \
            for (uint32_t j = 0; j < STRIDE; j++)                                    \
                out[i + j] = (to_type)((minus_type)from[i + j] - base);              \
        for (; i < rows; i++)                                                        \
            out[i] = (to_type)((minus_type)from[i] - base);                          \
    }
// NOLINTEND(bugprone-macro-parentheses)

STRIDES(codes_u8, uint8_t, uint32_t, uint32_t)
STRIDES(codes_u16, uint16_t, uint32_t, uint32_t)
STRIDES(distances_u16, uint16_t, int64_t, uint64_t)
STRIDES(distances_u32, uint32_t, int64_t, uint64_t)

// Cutting a code off keeps CODE_NONE all ones.
void memory_codes_narrow(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field,
                         unsigned width, void *out)
{
    const uint32_t *codes = chunk_get(m, block)->columns[field].codes;
    if (width == 4)
        memcpy(out, codes, rows * sizeof *codes);
    else if (width == 1)
        codes_u8(codes, rows, 0, out);
    else
        codes_u16(codes, rows, 0, out);
}

// Base and width of the block's own, when no others are given.  The range covers all rows that
// the reader may see, perhaps others too.
static bool choose_offsets(const struct block_range *r, struct offsets *o)
{
    uint64_t base = r->any ? (uint64_t)r->min : 0;
    uint64_t max = r->any ? (uint64_t)r->max - base : 0;
    if (max > UINT32_MAX)
        return false;
    o->base = (int64_t)base;
    o->max = (uint32_t)max;
    o->width = max <= UINT16_MAX ? 2 : 4;
    return true;
}

// Rows without a value are held as 0, which may lie outside the range: they take its
// smallest number.
static void clear_missing(const struct offsets *o, uint32_t rows)
{
    uint16_t *out_u16 = o->distances;
    uint32_t *out_u32 = o->distances;
    for (uint32_t i = 0; i < rows; i++) {
        if (bit_get(o->present, i))
            continue;
        if (o->width == 2)
            out_u16[i] = 0;
        else
            out_u32[i] = 0;
    }
}

bool memory_offsets(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field,
                    struct offsets *o)
{
    const struct chunk_column *c = &chunk_get(m, block)->columns[field];
    struct block_range r = memory_range(m, block, field);
    if (!c->i64 || (!o->given_width && !choose_offsets(&r, o)))
        return false;
    if (o->given_width) {
        o->width = o->given_width;
        o->max = o->width == 2 ? UINT16_MAX : UINT32_MAX;
    }
    o->power = 0;
    present_copy(c, rows, o->present);
    if (o->width == 2)
        distances_u16(c->i64, rows, (uint64_t)o->base, o->distances);
    else
        distances_u32(c->i64, rows, (uint64_t)o->base, o->distances);
    if (r.any_missing || !r.any)
        clear_missing(o, rows);
    return true;
}

void memory_i64(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field, int64_t *out,
                uint64_t *out_present)
{
    const struct chunk_column *c = &chunk_get(m, block)->columns[field];
    memcpy(out, c->i64, rows * sizeof *out);
    present_copy(c, rows, out_present);
}

void memory_f64(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field, double *out,
                uint64_t *out_present)
{
    const struct chunk_column *c = &chunk_get(m, block)->columns[field];
    memcpy(out, c->f64, rows * sizeof *out);
    present_copy(c, rows, out_present);
}

void memory_keys(const struct memory *m, uint32_t block, uint32_t rows, struct row_key *out)
{
    memcpy(out, chunk_get(m, block)->keys, rows * sizeof *out);
}

struct block_range memory_range(const struct memory *m, uint32_t block, uint32_t field)
{
    const struct bounds *b = &chunk_get(m, block)->columns[field].bounds;
    struct block_range range = {
        .any = __atomic_load_n(&b->any, __ATOMIC_RELAXED),
        .any_missing = __atomic_load_n(&b->any_missing, __ATOMIC_RELAXED),
        .min = __atomic_load_n(&b->min, __ATOMIC_RELAXED),
        .max = __atomic_load_n(&b->max, __ATOMIC_RELAXED),
    };
    __atomic_load(&b->min_f64, &range.min_f64, __ATOMIC_RELAXED);
    __atomic_load(&b->max_f64, &range.max_f64, __ATOMIC_RELAXED);
    return range;
}

static bool present_get(const struct chunk_column *c, uint32_t row)
{
    uint64_t word = __atomic_load_n(&c->present[row / 64], __ATOMIC_RELAXED);
    return word >> (row % 64) & 1;
}

uint32_t memory_code_at(const struct memory *m, uint32_t row, uint32_t field)
{
    return column_of(m, row, field)->codes[row % BLOCK_ROWS];
}

bool memory_i64_at(const struct memory *m, uint32_t row, uint32_t field, int64_t *out)
{
    const struct chunk_column *c = column_of(m, row, field);
    if (!present_get(c, row % BLOCK_ROWS))
        return false;
    *out = c->i64[row % BLOCK_ROWS];
    return true;
}

bool memory_f64_at(const struct memory *m, uint32_t row, uint32_t field, double *out)
{
    const struct chunk_column *c = column_of(m, row, field);
    if (!present_get(c, row % BLOCK_ROWS))
        return false;
    *out = c->f64[row % BLOCK_ROWS];
    return true;
}

struct row_key memory_key_at(const struct memory *m, uint32_t row)
{
    return chunk_get(m, row / BLOCK_ROWS)->keys[row % BLOCK_ROWS];
}

uint64_t memory_bytes(const struct memory *m)
{
    return m->chunk_bytes + sizeof *m;
}

static void mark_rows_of(const struct memory *m, const struct memory_wanted *want, uint32_t code,
                         uint64_t *bits)
{
    uint32_t at = key_rows_newest(m->key_rows[want->field], code);
    while (at) {
        uint32_t row = at - 1;
        const struct chunk_column *c = column_of(m, row, want->field);
        if (row < want->rows && c->codes[row % BLOCK_ROWS] == code)
            bit_set(bits, want->first + row / BLOCK_ROWS);
        at = c->next[row % BLOCK_ROWS];
    }
}

bool memory_blocks_of(const struct memory *m, const struct memory_wanted *want, uint64_t *bits)
{
    if (want->rows == 0)
        return true; // the writer may just be putting its first
    if (!m->key_rows[want->field] || want->count > WANTED_MAX)
        return false;
    for (uint32_t i = 0; i < want->count; i++)
        mark_rows_of(m, want, want->codes[i], bits);
    return true;
}
