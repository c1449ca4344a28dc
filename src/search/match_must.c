// SPDX-License-Identifier: Apache-2.0
// must and filter: clauses of which each has to match.
//
// They are gone through in the order that leaves few rows soonest for what it costs, which is
// learnt from the blocks before; once few rows are left, the next clause looks at these only,
// where its values can be had singly.
#include "kernel/mask.h"
#include "search/match_private.h"

enum {
    FEW = 128,         // rows of a block: looking each up costs about what decoding all does
    LEARN_BLOCKS = 32, // after so many the order is made anew
};

bool match_narrow(struct columns *cs, struct match *clause, bool is_not, uint64_t *scratch,
                  enum match_rows *state, uint64_t *out)
{
    bool is_first = *state == ROWS_ALL && !is_not;
    enum match_rows got = match_block(cs, clause, is_first ? out : scratch);
    if (got == ROWS_ALL || got == ROWS_NONE) {
        if ((got == ROWS_ALL) == is_not)
            *state = ROWS_NONE;
        return *state != ROWS_NONE;
    }
    uint32_t rows = cs->block.row_count;
    if (*state == ROWS_ALL && is_not)
        mask_fill(out, rows);
    *state = ROWS_SOME;
    if (is_first)
        return true;
    bool any = is_not ? mask_and_not(out, scratch, rows) : mask_and(out, scratch, rows);
    *state = any ? ROWS_SOME : ROWS_NONE;
    return any;
}

// ---- order ----

// Of a block, in about the time that a plain column of codes takes, halves.
static double cost_of(const struct columns *cs, const struct match *m)
{
    switch (m->kind) {
    case MATCH_ALL:
    case MATCH_NONE:
    case MATCH_TABLES:
        return 0.1;
    case MATCH_IDS:
    case MATCH_EXISTS:
        return 1;
    case MATCH_CODES:
        return m->column->sources[cs->at].target ? 3 : 2;
    case MATCH_LONG_RANGE:
        return 4;
    case MATCH_DOUBLE_RANGE:
    case MATCH_LONGS:
        return 8;
    case MATCH_DOUBLES:
        return 16;
    case MATCH_BOOL:
        break;
    }
    double sum = 1;
    for (uint32_t i = 0; i < m->must_count; i++)
        sum += cost_of(cs, &m->must[i]);
    for (uint32_t i = 0; i < m->should_count; i++)
        sum += cost_of(cs, &m->should[i]);
    for (uint32_t i = 0; i < m->must_not_count; i++)
        sum += cost_of(cs, &m->must_not[i]);
    return sum;
}

// Of the rows that came to the clause, the share that it took out: a half until more is known.
static double taken_out(const struct match *m)
{
    double out = (double)(m->rows_before - m->rows_after) + BLOCK_ROWS / 2.0;
    return out / ((double)m->rows_before + BLOCK_ROWS);
}

static bool goes_before(const struct columns *cs, const struct match *a, const struct match *b)
{
    return cost_of(cs, a) * taken_out(b) < cost_of(cs, b) * taken_out(a);
}

static void put_in_order(const struct columns *cs, struct match *m)
{
    for (uint32_t i = 0; i < m->must_count; i++) {
        struct match *clause = m->blocks == 0 ? &m->must[i] : m->order[i];
        uint32_t at = i;
        for (; at > 0 && goes_before(cs, clause, m->order[at - 1]); at--)
            m->order[at] = m->order[at - 1];
        m->order[at] = clause;
    }
    // What was long ago counts less and less.
    for (uint32_t i = 0; i < m->must_count; i++) {
        m->must[i].rows_before /= 2;
        m->must[i].rows_after /= 2;
    }
}

// ---- few rows ----

static bool few_codes(struct columns *cs, const struct match *m, const struct block_rows *rows,
                      bool *out)
{
    uint32_t codes[FEW];
    if (!column_codes_of(cs, m->column, rows, codes))
        return false;
    for (uint32_t i = 0; i < rows->count; i++)
        out[i] = codes[i] >= m->code_lo && codes[i] <= m->code_hi && bit_get(m->set, codes[i]);
    return true;
}

static bool few_longs(struct columns *cs, const struct match *m, const struct block_rows *rows,
                      bool *out)
{
    int64_t values[FEW];
    if (!column_i64_of(cs, m->column, rows, values, out))
        return false;
    for (uint32_t i = 0; i < rows->count; i++)
        out[i] = out[i] && values[i] >= m->lo && values[i] <= m->hi;
    return true;
}

// mask_rows() goes through each word as if it were full, which these mostly are not.
static uint32_t list_rows(const uint64_t *mask, uint32_t rows, uint16_t *out)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < mask_words(rows); w++)
        for (uint64_t bits = mask[w]; bits; bits &= bits - 1)
            out[count++] = (uint16_t)(64 * w + (uint32_t)__builtin_ctzll(bits));
    return count;
}

// False where the clause has to look at the block as a whole.  How many are left goes to `left`.
static bool narrow_few(struct columns *cs, const struct match *clause, uint64_t *out,
                       uint32_t *left)
{
    uint16_t at[FEW];
    bool stays[FEW];
    if (*left > FEW || (clause->kind != MATCH_CODES && clause->kind != MATCH_LONG_RANGE))
        return false;
    struct block_rows rows = {at, list_rows(out, cs->block.row_count, at)};
    if (!(clause->kind == MATCH_CODES ? few_codes(cs, clause, &rows, stays)
                                      : few_longs(cs, clause, &rows, stays)))
        return false;
    for (uint32_t i = 0; i < rows.count; i++) {
        out[at[i] / 64] &= ~((uint64_t)!stays[i] << at[i] % 64);
        *left -= !stays[i];
    }
    return true;
}

bool match_must(struct columns *cs, struct match *m, enum match_rows *state, uint64_t *out)
{
    uint32_t rows = cs->block.row_count;
    uint32_t left = rows;
    if (m->blocks % LEARN_BLOCKS == 0)
        put_in_order(cs, m);
    m->blocks++;
    for (uint32_t i = 0; i < m->must_count && left > 0; i++) {
        struct match *clause = m->order[i];
        clause->rows_before += left;
        bool is_done = *state == ROWS_SOME && narrow_few(cs, clause, out, &left);
        if (!is_done && !match_narrow(cs, clause, false, m->scratch, state, out))
            left = 0;
        else if (!is_done && *state == ROWS_SOME && m->must_count > 1)
            left = mask_count(out, rows);
        clause->rows_after += left;
    }
    if (left == 0)
        *state = ROWS_NONE;
    return left > 0;
}
