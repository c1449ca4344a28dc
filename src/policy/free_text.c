// SPDX-License-Identifier: Apache-2.0
#include "policy/free_text.h"

#include "policy/text_scan.h"

#include <math.h>

// A few hundred distinct values are a dimension's; four of five values different, and three
// of five of them words, are nobody's declaration.
enum { DISTINCT_MIN = 300 };

static const double distinct_share = 0.8;
static const double word_share = 0.6;

static bool is_word_char(uint8_t c)
{
    return is_letter(c) || c >= 0x80 || c == '\'';
}

bool free_text_is_words(struct slice text)
{
    uint32_t words = 0;
    size_t letters = 0;
    size_t start = 0;
    for (size_t at = 0; next_run(text, is_word_char, &at, &start);) {
        bool is_spaced =
            (start == 0 || text.at[start - 1] == ' ') && (at == text.len || !is_alnum(text.at[at]));
        words += is_spaced && at - start >= 2;
        letters += at - start;
    }
    return words >= 2 && letters * 10 >= text.len * 6;
}

void free_text_values(struct free_text *f, uint32_t count)
{
    if (f->value_count >= FREE_TEXT_WINDOW)
        *f = (struct free_text){0};
    f->value_count += count;
}

void free_text_add(struct free_text *f, struct slice text, uint64_t hash)
{
    uint64_t bit = hash % FREE_TEXT_BITS;
    if (f->seen[bit / 64] >> bit % 64 & 1)
        return;
    f->seen[bit / 64] |= (uint64_t)1 << bit % 64;
    f->set_count++;
    f->word_count += free_text_is_words(text);
}

// Linear counting (Whang, Vander-Zanden and Taylor, 1990): texts that share a bit are counted
// by how full the bits are.
bool free_text_holds(const struct free_text *f)
{
    double fill = (double)f->set_count / FREE_TEXT_BITS;
    double distinct = fill < 1 ? -FREE_TEXT_BITS * log1p(-fill) : FREE_TEXT_BITS;
    return f->set_count >= DISTINCT_MIN && distinct >= distinct_share * (double)f->value_count &&
           (double)f->word_count >= word_share * (double)f->set_count;
}
