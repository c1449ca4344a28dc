// SPDX-License-Identifier: Apache-2.0
#include "policy/name_words.h"

#include "policy/text_scan.h"

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

// A word begins at the start, behind what is no letter, and at a capital behind a small one.
static bool is_edge(struct slice name, size_t at)
{
    uint8_t before = char_before(name, at);
    uint8_t here = char_at(name, at);
    return !is_letter(before) || !is_letter(here) || (is_upper(here) && !is_upper(before));
}

// Where a match of `word` from `at` on ends, over what joins two words; 0 when there is none.
static size_t match(struct slice name, size_t at, const char *word)
{
    while (*word) {
        uint8_t c = char_at(name, at++);
        if (c == '_' || c == '-' || c == ' ')
            c = char_at(name, at++);
        if ((is_upper(c) ? c + ('a' - 'A') : c) != (uint8_t)*word++)
            return 0;
    }
    return at;
}

bool name_has_word(const char *name, const char *word)
{
    struct slice text = slice_text(name);
    for (size_t at = 0; at < text.len; at++) {
        size_t end = is_letter(text.at[at]) && is_edge(text, at) ? match(text, at, word) : 0;
        if (end > 0 && is_edge(text, end))
            return true;
    }
    return false;
}
