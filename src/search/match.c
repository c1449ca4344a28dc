// SPDX-License-Identifier: Apache-2.0
#include "kernel/compare.h"
#include "kernel/mask.h"
#include "search/match_private.h"

#include <stdlib.h>

// Eight bytes of 0 or 1 to eight bits.
static uint64_t pack8(const uint8_t *bytes)
{
    uint64_t v;
    memcpy(&v, bytes, sizeof v);
    return v * 0x0102040810204080u >> 56;
}

static uint64_t pack64(const uint8_t bytes[64])
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word |= pack8(bytes + (size_t)8 * i) << (8 * i);
    return word;
}

// Runs `rule` over the rows of the block into bits.  The inner loop has no branch, so that
// the compiler makes vectors of it; rows past the count are read too, and masked by `live`.
#define FOR_EACH_WORD(out, rule)                 \
    for (uint32_t w = 0; w < BLOCK_WORDS; w++) { \
        uint8_t bytes[64];                       \
        for (uint32_t j = 0; j < 64; j++) {      \
            uint32_t i = 64 * w + j;             \
            bytes[j] = (uint8_t)(rule);          \
        }                                        \
        (out)[w] = pack64(bytes);                \
    }

// Rows whose code is in the set, one kernel for each width.
static void compare_codes(const struct match *m, const void *codes, uint32_t rows, uint64_t *out)
{
    const struct column *c = m->column;
    bool is_one = m->set_count == 1;
    if (c->width == WIDTH_U8 && is_one)
        compare_range_u8(codes, rows, (uint8_t)m->code_lo, (uint8_t)m->code_lo, out);
    else if (c->width == WIDTH_U8)
        compare_set_u8(codes, rows, m->set, out);
    else if (c->width == WIDTH_U16 && is_one)
        compare_range_u16(codes, rows, (uint16_t)m->code_lo, (uint16_t)m->code_lo, out);
    else if (c->width == WIDTH_U16)
        compare_set_u16(codes, rows, m->set, out);
    else if (is_one)
        compare_range_u32(codes, rows, m->code_lo, m->code_lo, out);
    else
        compare_set_u32(codes, rows, m->set, c->dict_count, out);
}

static void set_bits(uint64_t *bits, uint32_t from, uint32_t end)
{
    uint64_t first = UINT64_MAX << (from % 64);
    uint64_t last = UINT64_MAX >> (63 - (end - 1) % 64);
    uint32_t word = from / 64;
    uint32_t last_word = (end - 1) / 64;
    if (word == last_word) {
        bits[word] |= first & last;
        return;
    }
    bits[word++] |= first;
    while (word < last_word)
        bits[word++] = UINT64_MAX;
    bits[word] |= last;
}

// Rows of the runs whose bit is set.
static bool spread_runs(const uint64_t *runs, uint32_t count, const uint16_t *ends, uint64_t *out)
{
    bool any = false;
    memset(out, 0, BLOCK_WORDS * sizeof *out);
    for (uint32_t w = 0; w < bit_words(count); w++)
        for (uint64_t left = runs[w]; left; left &= left - 1) {
            uint32_t run = w * 64 + (uint32_t)__builtin_ctzll(left);
            set_bits(out, run ? ends[run - 1] : 0, ends[run]);
            any = true;
        }
    return any;
}

// On each run's code instead of each row's; false where the block has no runs.
static bool runs_block(struct columns *cs, const struct match *m, uint64_t *out, bool *out_any)
{
    uint8_t codes[BLOCK_RUNS_MAX + BLOCK_SLACK];
    uint16_t ends[BLOCK_RUNS_MAX];
    uint64_t bits[BLOCK_RUNS_MAX / 64];
    uint32_t count = column_runs(cs, m->column, codes, ends);
    if (count == 0)
        return false;
    compare_codes(m, codes, count, bits);
    *out_any = spread_runs(bits, count, ends, out);
    return true;
}

static enum match_rows codes_block(struct columns *cs, struct match *m, uint64_t *out)
{
    struct block_range r;
    if (column_range(cs, m->column, &r) &&
        (!r.any || r.max < (int64_t)m->code_lo || r.min > (int64_t)m->code_hi))
        return ROWS_NONE;
    const void *held;
    const uint64_t *places;
    uint32_t held_count = column_held(cs, m->column, &held, &places);
    if (held_count > 0) {
        uint64_t bits[BLOCK_WORDS];
        compare_codes(m, held, held_count, bits);
        return mask_spread(bits, places, cs->block.row_count, out) ? ROWS_SOME : ROWS_NONE;
    }
    bool any;
    if (runs_block(cs, m, out, &any))
        return any ? ROWS_SOME : ROWS_NONE;
    column_load(cs, m->column);
    compare_codes(m, m->column->codes, cs->block.row_count, out);
    return ROWS_SOME;
}

static bool among_longs(const struct match *m, int64_t v)
{
    uint32_t lo = 0;
    uint32_t hi = m->value_count;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (m->longs[mid] < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->value_count && m->longs[lo] == v;
}

static bool among_doubles(const struct match *m, double v)
{
    uint32_t lo = 0;
    uint32_t hi = m->value_count;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (m->doubles[mid] < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->value_count && m->doubles[lo] == v;
}

static enum match_rows longs_block(struct columns *cs, struct match *m, uint64_t *out)
{
    struct block_range r;
    int64_t last = m->longs[m->value_count - 1];
    if (column_range(cs, m->column, &r) && (!r.any || r.max < m->longs[0] || r.min > last))
        return ROWS_NONE;
    column_load(cs, m->column);
    const uint64_t *present = column_present(cs, m->column);
    const int64_t *v = m->column->i64;
    if (m->value_count == 1) {
        compare_range_i64(v, cs->block.row_count, m->longs[0], m->longs[0], out);
    } else {
        FOR_EACH_WORD(out, among_longs(m, v[i]));
    }
    mask_and(out, present, cs->block.row_count);
    return ROWS_SOME;
}

static enum match_rows doubles_block(struct columns *cs, struct match *m, uint64_t *out)
{
    const uint64_t *present = column_present(cs, m->column);
    const double *v = m->column->f64;
    FOR_EACH_WORD(out, among_doubles(m, v[i]));
    mask_and(out, present, cs->block.row_count);
    return ROWS_SOME;
}

// On the distances that the block keeps; false when it keeps none.  Some value is in the range.
static bool near_range_block(struct columns *cs, const struct match *m, uint64_t *out)
{
    struct column *c = m->column;
    const void *v = c->is_near ? column_distances(cs, c) : NULL;
    if (!v || m->hi < c->min || m->lo > c->max)
        return false;
    uint32_t rows = cs->block.row_count;
    uint32_t lo = m->lo > c->min ? (uint32_t)((uint64_t)m->lo - (uint64_t)c->min) : 0;
    uint32_t hi = (uint32_t)((uint64_t)(m->hi < c->max ? m->hi : c->max) - (uint64_t)c->min);
    if (c->distance_width == WIDTH_U16)
        compare_range_u16(v, rows, (uint16_t)lo, (uint16_t)hi, out);
    else
        compare_range_u32(v, rows, lo, hi, out);
    if (!c->is_full)
        mask_and(out, column_present(cs, c), rows);
    return true;
}

static enum match_rows long_range_block(struct columns *cs, struct match *m, uint64_t *out)
{
    struct block_range r;
    if (column_range(cs, m->column, &r)) {
        if (!r.any || r.max < m->lo || r.min > m->hi)
            return ROWS_NONE;
        if (!r.any_missing && r.min >= m->lo && r.max <= m->hi)
            return ROWS_ALL;
    }
    if (near_range_block(cs, m, out))
        return ROWS_SOME;
    column_load(cs, m->column);
    const uint64_t *present = column_present(cs, m->column);
    const int64_t *v = m->column->i64;
    compare_range_i64(v, cs->block.row_count, m->lo, m->hi, out);
    mask_and(out, present, cs->block.row_count);
    return ROWS_SOME;
}

static enum match_rows double_range_block(struct columns *cs, struct match *m, uint64_t *out)
{
    struct block_range r;
    if (column_range(cs, m->column, &r) &&
        (!r.any || r.max_f64 < m->lo_f64 || r.min_f64 > m->hi_f64))
        return ROWS_NONE;
    const uint64_t *present = column_present(cs, m->column);
    const double *v = m->column->f64;
    compare_range_f64(v, cs->block.row_count, m->lo_f64, m->hi_f64, out);
    mask_and(out, present, cs->block.row_count);
    return ROWS_SOME;
}

static enum match_rows exists_block(struct columns *cs, struct match *m, uint64_t *out)
{
    struct block_range r;
    if (column_range(cs, m->column, &r)) {
        if (!r.any)
            return ROWS_NONE;
        if (!r.any_missing)
            return ROWS_ALL;
    }
    memcpy(out, column_present(cs, m->column), BLOCK_WORDS * sizeof *out);
    return ROWS_SOME;
}

static int compare_refs(const void *a, const void *b)
{
    const struct row_ref *x = a;
    const struct row_ref *y = b;
    return (x->block > y->block) - (x->block < y->block);
}

static enum match_rows ids_block(struct columns *cs, struct match *m, uint64_t *out)
{
    if (m->bound_at != cs->at) {
        m->bound_at = cs->at;
        m->ref_count = 0;
        for (uint32_t i = 0; i < m->value_count; i++)
            if (view_find(cs->block.view, m->keys[i], &m->refs[m->ref_count]) == OK)
                m->ref_count++;
        qsort(m->refs, m->ref_count, sizeof *m->refs, compare_refs);
    }
    enum match_rows found = ROWS_NONE;
    for (uint32_t i = 0; i < m->ref_count; i++) {
        if (m->refs[i].block != cs->block.index)
            continue;
        if (found == ROWS_NONE)
            memset(out, 0, BLOCK_WORDS * sizeof *out);
        found = ROWS_SOME;
        bit_set(out, m->refs[i].row);
    }
    return found;
}

static enum match_rows should_one(struct columns *cs, struct match *m, uint64_t *out)
{
    enum match_rows state = ROWS_NONE;
    uint64_t *scratch = m->scratch + BLOCK_WORDS;
    for (uint32_t i = 0; i < m->should_count; i++) {
        enum match_rows got = match_block(cs, &m->should[i], scratch);
        if (got == ROWS_ALL)
            return ROWS_ALL;
        if (got == ROWS_NONE)
            continue;
        if (state == ROWS_NONE)
            memcpy(out, scratch, BLOCK_WORDS * sizeof *out);
        else
            mask_or(out, scratch, cs->block.row_count);
        state = ROWS_SOME;
    }
    return state;
}

static enum match_rows should_many(struct columns *cs, struct match *m, uint64_t *out)
{
    memset(m->hits, 0, BLOCK_ROWS * sizeof *m->hits);
    uint64_t *scratch = m->scratch + BLOCK_WORDS;
    uint32_t sure = 0;
    for (uint32_t i = 0; i < m->should_count; i++) {
        enum match_rows got = match_block(cs, &m->should[i], scratch);
        sure += got == ROWS_ALL;
        if (got != ROWS_SOME)
            continue;
        for (uint32_t r = 0; r < BLOCK_ROWS; r++)
            m->hits[r] = (uint16_t)(m->hits[r] + bit_get(scratch, r));
    }
    if (sure >= m->should_min)
        return ROWS_ALL;
    uint32_t rest = m->should_min - sure;
    compare_range_u16(m->hits, cs->block.row_count, (uint16_t)rest, UINT16_MAX, out);
    return ROWS_SOME;
}

static bool narrow_by_should(struct columns *cs, struct match *m, enum match_rows *state,
                             uint64_t *out)
{
    if (m->should_min == 0)
        return true;
    enum match_rows got =
        m->should_min == 1 ? should_one(cs, m, m->scratch) : should_many(cs, m, m->scratch);
    if (got == ROWS_NONE)
        *state = ROWS_NONE;
    if (got != ROWS_SOME)
        return got == ROWS_ALL;
    if (*state == ROWS_ALL)
        mask_fill(out, cs->block.row_count);
    *state = ROWS_SOME;
    return mask_and(out, m->scratch, cs->block.row_count);
}

static enum match_rows bool_block(struct columns *cs, struct match *m, uint64_t *out)
{
    enum match_rows state = ROWS_ALL;
    if (!match_must(cs, m, &state, out) || !narrow_by_should(cs, m, &state, out))
        return ROWS_NONE;
    for (uint32_t i = 0; i < m->must_not_count; i++)
        if (!match_narrow(cs, &m->must_not[i], true, m->scratch, &state, out))
            return ROWS_NONE;
    return state;
}

enum match_rows match_block(struct columns *cs, struct match *m, uint64_t *out)
{
    switch (m->kind) {
    case MATCH_ALL:
        return ROWS_ALL;
    case MATCH_NONE:
        return ROWS_NONE;
    case MATCH_CODES:
        return codes_block(cs, m, out);
    case MATCH_LONGS:
        return longs_block(cs, m, out);
    case MATCH_DOUBLES:
        return doubles_block(cs, m, out);
    case MATCH_LONG_RANGE:
        return long_range_block(cs, m, out);
    case MATCH_DOUBLE_RANGE:
        return double_range_block(cs, m, out);
    case MATCH_EXISTS:
        return exists_block(cs, m, out);
    case MATCH_IDS:
        return ids_block(cs, m, out);
    case MATCH_TABLES:
        return bit_get(m->set, cs->at) ? ROWS_ALL : ROWS_NONE;
    case MATCH_BOOL:
        return bool_block(cs, m, out);
    }
    return ROWS_NONE;
}

double match_score(const struct query *q)
{
    if (q->kind == QUERY_BOOL && q->bool_.must_count + q->bool_.should_count == 0 &&
        q->bool_.filter_count > 0)
        return 0;
    return q->boost;
}
