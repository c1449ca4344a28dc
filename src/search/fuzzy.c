// SPDX-License-Identifier: Apache-2.0
#include "search/fuzzy.h"

#include "json/utf8.h"

struct chars {
    uint32_t count;
    uint32_t at[FUZZY_CHARS_MAX];
};

// False: it has more than there is room for.
static bool take_chars(struct slice text, struct chars *out)
{
    out->count = 0;
    for (size_t pos = 0; pos < text.len;) {
        if (out->count == FUZZY_CHARS_MAX)
            return false;
        out->at[out->count++] = utf8_take(text.at, text.len, &pos);
    }
    return true;
}

static uint32_t edits_of(const struct fuzziness *f, uint32_t chars)
{
    if (!f->by_length)
        return f->edits;
    return chars < f->one_from ? 0 : chars < f->two_from ? 1 : FUZZY_EDITS_MAX;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// Of the table of distances between the first i characters of `a` and the first j of `b` three
// rows: a cell needs the two before its own.
struct rows {
    uint32_t at[3][FUZZY_CHARS_MAX + 1];
};

struct pair {
    const struct chars *a, *b;
    bool swaps;
};

static uint32_t cell(const struct rows *r, const struct pair *p, uint32_t i, uint32_t j)
{
    const uint32_t *a = p->a->at + i - 1;
    const uint32_t *b = p->b->at + j - 1;
    const uint32_t *above = r->at[(i + 2) % 3];
    uint32_t best = above[j - 1] + (*a != *b);
    best = least(best, least(above[j], r->at[i % 3][j - 1]) + 1);
    if (p->swaps && i > 1 && j > 1 && a[0] == b[-1] && a[-1] == b[0])
        best = least(best, r->at[(i + 1) % 3][j - 2] + 1);
    return best;
}

// Ends as soon as no row can come back within the bound; a swap reaches over one row.
static bool are_near(const struct pair *p, uint32_t edits)
{
    struct rows r;
    uint32_t before = 0; // the least of the row before
    for (uint32_t j = 0; j <= p->b->count; j++)
        r.at[0][j] = j;
    for (uint32_t i = 1; i <= p->a->count; i++) {
        uint32_t smallest = r.at[i % 3][0] = i;
        for (uint32_t j = 1; j <= p->b->count; j++) {
            r.at[i % 3][j] = cell(&r, p, i, j);
            smallest = least(smallest, r.at[i % 3][j]);
        }
        if (smallest > edits && before > edits)
            return false;
        before = smallest;
    }
    return r.at[p->a->count % 3][p->b->count] <= edits;
}

bool fuzzy_matches(const struct query_pattern *q, struct slice text)
{
    struct chars wanted;
    struct chars here;
    // A character has 1 to 4 bytes, so most texts are too long at a glance.
    if (text.len > 4 * (q->text.len + FUZZY_EDITS_MAX) || !take_chars(q->text, &wanted) ||
        !take_chars(text, &here))
        return slice_equal(q->text, text);
    uint32_t edits = edits_of(&q->fuzziness, wanted.count);
    uint32_t gap =
        wanted.count > here.count ? wanted.count - here.count : here.count - wanted.count;
    uint32_t same = least(q->same_length, wanted.count);
    if (gap > edits || here.count < same)
        return false;
    for (uint32_t i = 0; i < same; i++) {
        if (wanted.at[i] != here.at[i])
            return false;
    }
    return are_near(&(struct pair){&wanted, &here, !q->keeps_order}, edits);
}
