// SPDX-License-Identifier: Apache-2.0
#include "store/rowmap.h"

#include "base/check.h"

#include <stdlib.h>

enum {
    SPARSE_SPAN = 64, // numbers per row above which a list is smaller than the bitmap
    RANK_WORDS = 8,   // words of the bitmap per rank: one cache line
};

struct rowmap {
    uint64_t span;
    uint64_t row_count;
    uint64_t added;
    uint64_t *bits;  // bit per number; NULL when dense or sparse
    uint32_t *ranks; // rows before each group of RANK_WORDS words
    uint64_t *list;  // number of each place; NULL unless sparse
};

static uint64_t words_of(uint64_t span)
{
    uint64_t words = (span + 63) / 64;
    return (words + RANK_WORDS - 1) / RANK_WORDS * RANK_WORDS;
}

struct rowmap *rowmap_new(uint64_t span, uint64_t row_count)
{
    CHECK(row_count <= span && row_count < UINT32_MAX);
    struct rowmap *m = calloc(1, sizeof *m);
    CHECK(m);
    m->span = span;
    m->row_count = row_count;
    if (span == row_count)
        return m;
    if (span / SPARSE_SPAN < row_count) {
        m->bits = calloc(words_of(span), sizeof *m->bits);
        m->ranks = calloc(words_of(span) / RANK_WORDS, sizeof *m->ranks);
        CHECK(m->bits && m->ranks);
    } else {
        m->list = calloc(row_count + 1, sizeof *m->list);
        CHECK(m->list);
    }
    return m;
}

void rowmap_free(struct rowmap *m)
{
    if (!m)
        return;
    free(m->bits);
    free(m->ranks);
    free(m->list);
    free(m);
}

void rowmap_add(struct rowmap *m, uint64_t offset)
{
    CHECK(m->added < m->row_count && offset < m->span);
    if (m->bits)
        m->bits[offset / 64] |= (uint64_t)1 << (offset % 64);
    if (m->list)
        m->list[m->added] = offset;
    m->added++;
}

void rowmap_end(struct rowmap *m)
{
    CHECK(m->added == m->row_count);
    if (!m->bits)
        return;
    uint32_t before = 0;
    for (uint64_t w = 0; w < words_of(m->span); w++) {
        if (w % RANK_WORDS == 0)
            m->ranks[w / RANK_WORDS] = before;
        before += (uint32_t)__builtin_popcountll(m->bits[w]);
    }
    CHECK(before == m->row_count);
}

static bool find_in_bits(const struct rowmap *m, uint64_t offset, uint32_t *out_place)
{
    uint64_t word = offset / 64;
    uint64_t bit = (uint64_t)1 << (offset % 64);
    if (!(m->bits[word] & bit))
        return false;
    uint32_t place = m->ranks[word / RANK_WORDS];
    for (uint64_t w = word / RANK_WORDS * RANK_WORDS; w < word; w++)
        place += (uint32_t)__builtin_popcountll(m->bits[w]);
    *out_place = place + (uint32_t)__builtin_popcountll(m->bits[word] & (bit - 1));
    return true;
}

static bool find_in_list(const struct rowmap *m, uint64_t offset, uint32_t *out_place)
{
    uint64_t low = 0;
    uint64_t high = m->row_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (m->list[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == m->row_count || m->list[low] != offset)
        return false;
    *out_place = (uint32_t)low;
    return true;
}

bool rowmap_find(const struct rowmap *m, uint64_t offset, uint32_t *out_place)
{
    if (offset >= m->span)
        return false;
    if (m->bits)
        return find_in_bits(m, offset, out_place);
    if (m->list)
        return find_in_list(m, offset, out_place);
    *out_place = (uint32_t)offset;
    return true;
}

// The word of the bitmap that has the row of that place, and how many of its rows are before it.
static uint64_t word_of_place(const struct rowmap *m, uint32_t *place)
{
    uint64_t low = 0;
    uint64_t high = words_of(m->span) / RANK_WORDS;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (m->ranks[middle] <= *place)
            low = middle;
        else
            high = middle;
    }
    uint64_t word = low * RANK_WORDS;
    uint32_t left = *place - m->ranks[low];
    for (uint32_t rows; left >= (rows = (uint32_t)__builtin_popcountll(m->bits[word])); word++)
        left -= rows;
    *place = left;
    return word;
}

uint64_t rowmap_at(const struct rowmap *m, uint32_t place)
{
    CHECK(place < m->row_count);
    if (m->list)
        return m->list[place];
    if (!m->bits)
        return place;
    uint64_t word = word_of_place(m, &place);
    uint64_t bits = m->bits[word];
    for (; place > 0; place--)
        bits &= bits - 1;
    return word * 64 + (uint64_t)__builtin_ctzll(bits);
}

uint64_t rowmap_next(struct rowmap_walk *walk)
{
    const struct rowmap *m = walk->map;
    CHECK(walk->place < m->row_count);
    uint64_t place = walk->place++;
    if (m->list)
        return m->list[place];
    if (!m->bits)
        return place;
    uint64_t offset = walk->offset;
    uint64_t left = m->bits[offset / 64] >> (offset % 64);
    while (!left) {
        offset = (offset / 64 + 1) * 64;
        left = m->bits[offset / 64];
    }
    offset += (uint64_t)__builtin_ctzll(left);
    walk->offset = offset + 1;
    return offset;
}

uint64_t rowmap_bytes(const struct rowmap *m)
{
    uint64_t words = m->bits ? words_of(m->span) : 0;
    return sizeof *m + words * 8 + words / RANK_WORDS * 4 + (m->list ? m->row_count * 8 : 0);
}
